"""Whatever changes a listing, by whatever statement, is told once; what changes nothing visible is not told."""

import time
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.outbox.audience import may_know
from core.vocabulary import Channel, Visibility
from tests.factories.listings import add_listing, add_many, dealer

BOOKKEEPING = {
    "state_by",
    "origin",
    "renewed_at",
    "content_hash",
    "content_hash_version",
    "file_id",
    "row_number",
    "created_at",
    "updated_at",
    "sequence",
}


NEEDED = (
    "id, org_id, source_key, visibility, channels, title, make, model, model_year, content_hash, content_hash_version,"
    " file_id, row_number"
)


def told(session: Session) -> list[Any]:
    """Kind, sequence, old and new facts since this was last asked."""
    rows = session.execute(
        text("SELECT kind, sequence, payload->'old', payload->'new' FROM outbox_changes ORDER BY id, place")
    ).all()
    session.execute(text("DELETE FROM outbox_events"))
    return [tuple(row) for row in rows]


def facts(price: int | None, state: str = "live", visibility: str = "public") -> dict[str, Any]:
    return {"price_pkr": price, "state": state, "visibility": visibility}


def test_life_of_a_listing_is_told_with_what_was_and_what_is(session: Session) -> None:
    car = add_listing(session, price_pkr=3_500_000)
    assert told(session) == [("created", 1, None, facts(3_500_000))]
    for change in ("price_pkr = NULL", "visibility = 'private'", "status = 'withdrawn'", "status = 'live'"):
        session.execute(text(f"UPDATE listings SET {change} WHERE id = :id"), {"id": car})
    session.execute(text("DELETE FROM listing_prices WHERE listing_id = :id"), {"id": car})
    session.execute(text("DELETE FROM listings WHERE id = :id"), {"id": car})
    assert told(session) == [
        ("updated", 2, facts(3_500_000), facts(None)),
        ("updated", 3, facts(None), facts(None, visibility="private")),
        ("removed", 4, facts(None, visibility="private"), facts(None, "withdrawn", "private")),
        ("updated", 5, facts(None, "withdrawn", "private"), facts(None, visibility="private")),
        ("deleted", 6, facts(None, visibility="private"), None),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE listings SET price_pkr = price_pkr + 1",
        "MERGE INTO listings l USING listings s ON s.id = l.id WHEN MATCHED THEN UPDATE SET city = 'X'",
        f"INSERT INTO listings ({NEEDED}) SELECT {NEEDED} FROM listings ON CONFLICT (id) DO UPDATE SET city = 'Quetta'",
        "WITH gone AS (UPDATE listings SET status = 'withdrawn' RETURNING id) SELECT count(*) FROM gone",
    ],
)
def test_hand_made_statements_are_told_once_for_each_listing(session: Session, statement: str) -> None:
    add_many(session, 5)
    told(session)
    session.execute(text(statement))
    assert [(kind in ("updated", "removed"), sequence) for kind, sequence, _, _ in told(session)] == [(True, 2)] * 6


def test_statement_that_creates_and_changes_tells_of_both(session: Session) -> None:
    car = add_listing(session)
    told(session)
    session.execute(
        text("""
        INSERT INTO listings (org_id, source_key, visibility, channels, title, make, model, model_year, content_hash,
          content_hash_version, file_id, row_number)
        SELECT org_id, unnest(ARRAY[source_key, 'new']), visibility, channels, title, make, model, model_year,
          content_hash, content_hash_version, file_id, row_number FROM listings WHERE id = :id
        ON CONFLICT (org_id, source_key) DO UPDATE SET city = 'Multan'
        """),
        {"id": car},
    )
    assert sorted(row[:2] for row in told(session)) == [("created", 1), ("updated", 2)]


def test_emptying_the_table_is_told(admin_engine: Engine) -> None:
    with Session(admin_engine) as session:  # never committed
        add_many(session, 3)
        told(session)
        session.execute(text("TRUNCATE listings CASCADE"))
        assert [row[:2] for row in told(session)] == [("deleted", 2)] * 4


def test_update_that_changes_nothing_visible_is_not_told(session: Session) -> None:
    car = add_listing(session)
    told(session)
    session.execute(text("UPDATE listings SET price_pkr = price_pkr, updated_at = clock_timestamp()"))
    session.execute(text("UPDATE listings SET content_hash = '\\x01', content_hash_version = 9, row_number = 77"))
    assert told(session) == []
    assert session.scalar(text("SELECT sequence FROM listings WHERE id = :id"), {"id": car}) == 1


def test_every_other_column_is_told_when_it_changes(session: Session) -> None:
    """Columns that come later too: the trigger compares whole rows."""
    car = add_listing(session)
    columns = inspect(session.connection()).get_columns("listings")
    others = {column["name"] for column in columns if "computed" not in column} - BOOKKEEPING - {"id"}
    special = {
        "status": "'withdrawn'",
        "visibility": "'private'",
        "source": "'form'",
        "seller_id": f"'{session.scalar(text('INSERT INTO users DEFAULT VALUES RETURNING id'))}'",
        "org_id": f"'{dealer(session, 'other').id}', branch_id = NULL, file_id = NULL, source = 'api'",
    }
    typed = {
        "text": "'Other'", "integer": "4711", "smallint": "1999", "bigint": "4711", "real": "7", "date": "'2020-01-01'",
        "text[]": "ARRAY['x']", "timestamp with time zone": "now()", "boolean": "true",
    }  # fmt: skip
    branch = "INSERT INTO branches (org_id, code, name) SELECT org_id, 'x', 'X' FROM listings RETURNING id"
    special["branch_id"] = f"'{session.scalar(text(branch))}'"
    types = dict(session.execute(text("SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
                                      " WHERE attrelid = 'listings'::regclass AND attnum > 0")).all())  # fmt: skip
    for name in sorted(others):
        told(session)
        session.execute(text(f"UPDATE listings SET {name} = {special.get(name) or typed[types[name]]}"))
        assert len(told(session)) == 1, name
    assert session.scalar(text("SELECT sequence FROM listings WHERE id = :id"), {"id": car}) == len(others) + 1


def test_id_of_a_listing_cannot_be_changed(session: Session) -> None:
    add_listing(session)
    with pytest.raises(DBAPIError, match="a listing keeps its id"):
        session.execute(text("UPDATE listings SET id = uuidv7()"))


def test_first_load_is_a_few_rows_and_as_many_events_as_cars(session: Session) -> None:
    add_many(session, 12_000)
    rows, size = session.execute(text("SELECT count(*), sum(size) FROM outbox_events")).one()
    assert (rows, size) == (4, 12_001)  # three parts, and the car that add_many begins with
    wrong = session.scalar(
        text("""
        SELECT count(*) FROM listings l FULL JOIN outbox_changes e ON e.subject_id = l.id
        WHERE l.id IS NULL OR e.kind <> 'created' OR e.org_id <> l.org_id OR e.sequence <> 1
          OR e.payload->'new' <> jsonb_build_object('price_pkr', l.price_pkr, 'state', 'live', 'visibility', 'public')
        """)
    )
    assert wrong == 0


def test_price_of_a_first_load_is_that_of_its_transaction(session: Session) -> None:
    add_many(session, 10)
    before = dict(session.execute(text("SELECT id, price_pkr FROM listings")).all())
    session.execute(text("UPDATE listings SET price_pkr = NULL, visibility = 'private'"))
    found = session.execute(
        text("SELECT subject_id, payload->'new'->>'price_pkr', payload->'new'->>'visibility' FROM outbox_changes"
             " WHERE kind = 'created'")
    ).all()  # fmt: skip
    assert {row[0]: int(row[1]) for row in found} == before
    assert {row[2] for row in found} == {"public"}


@pytest.mark.slow
def test_large_update_after_a_small_one_of_the_same_connection_is_not_quadratic(session: Session) -> None:
    """The trigger's plan is kept: one that was made for one row must do for many."""
    car = add_listing(session)
    session.execute(text("UPDATE listings SET city = 'Multan' WHERE id = :id"), {"id": car})
    add_many(session, 30_000)
    began = time.monotonic()
    session.execute(text("UPDATE listings SET mileage_km = mileage_km + 1"))
    assert time.monotonic() - began < 60  # a nested loop takes a billion comparisons, many minutes


def test_audience_is_who_may_see_the_listing_after_the_change(session: Session) -> None:
    car = add_listing(session, visibility="wholesale_public", channels=["autotrader"])
    org, words = session.execute(text("SELECT org_id, audience FROM outbox_events")).one()
    assert words == ["autotrader:wholesale_public"]
    own, other = Audience.dealer(org), Audience.dealer(UUID(int=1))
    assert [may_know(each, words, org) for each in (own, other, Audience.anonymous())] == [True, True, False]
    session.execute(text("UPDATE listings SET visibility = 'private' WHERE id = :id"), {"id": car})
    words = session.scalar(text("SELECT audience FROM outbox_events ORDER BY id DESC LIMIT 1"))
    assert [may_know(each, words, org) for each in (own, other, Audience.anonymous())] == [True, False, False]
    everybody = Audience(Channel.AUTOTRADER, frozenset(Visibility))
    assert may_know(everybody, words, None)


FORMER = {
    "channels": (["automart", "autotrader"], "'{automart}'"),
    "make": ("Toyota", "'Honda'"),
    "model": ("Corolla", "'Civic'"),
    "model_year": (2018, "2019"),
    "mileage_km": (80_000, "NULL"),
    "fuel": ("petrol", "'hybrid'"),
    "transmission": (None, "'manual'"),
    "body": ("sedan", "NULL"),
    "assembly": (None, "'local'"),
    "color": (None, "'white'"),
    "engine_cc": (None, "1300"),
    "registered_in": (None, "'Lahore'"),
    "city": ("Lahore", "'Multan'"),
    "province": ("Punjab", "NULL"),
    "has_good_photos": (False, "true"),
    "title": ("Toyota Corolla GLi 2018", "'Corolla'"),
    "variant": ("GLi", "NULL"),
    "color_raw": (None, "'Super White'"),
    "area": (None, "'Gulberg'"),
    "photo_count": (0, "3"),
}


def test_columns_that_changed_are_told_as_they_were(session: Session) -> None:
    """A null is written, so that it differs from a column that did not change."""
    add_listing(session)
    told(session)
    for name, (old, new) in FORMER.items():
        session.execute(text(f"UPDATE listings SET {name} = {new}"))
        [(_, _, before, after)] = told(session)
        assert before == facts(3_500_000) | {name: old}
        assert after == facts(3_500_000)
    session.execute(text("UPDATE listings SET photos = '{a,b,c,d}', description = 'sunroof', url = 'x'"))
    assert [row[2] for row in told(session)] == [facts(3_500_000) | {"photo_count": 3}]


def test_columns_of_a_car_that_was_off_offer_are_not_told(session: Session) -> None:
    add_listing(session)
    for change in ("status = 'withdrawn', city = 'A'", "city = 'B'", "status = 'live', city = 'C'"):
        told(session)
        session.execute(text(f"UPDATE listings SET {change}"))
        [(_, _, before, _)] = told(session)
        assert set(before) == {"price_pkr", "state", "visibility"}


def test_texts_of_private_ads_are_not_told(session: Session) -> None:
    """A person's erasure takes them away, and nothing else keeps them."""
    seller = session.scalar(text("INSERT INTO users DEFAULT VALUES RETURNING id"))
    add_listing(session, seller_id=seller)
    told(session)
    session.execute(
        text("UPDATE listings SET title = 'a', variant = 'b', color_raw = 'c', area = 'd', city = 'Multan'")
    )
    [(_, _, before, _)] = told(session)
    assert before == facts(3_500_000) | {"city": "Lahore"}


def test_texts_too_long_for_an_event_are_left_out(session: Session) -> None:
    long = "\U0001f697" * 2_000
    add_listing(session, title=long, area=long)
    told(session)
    session.execute(text("UPDATE listings SET title = 'a', area = 'b', city = 'Multan'"))
    assert [row[2] for row in told(session)] == [facts(3_500_000)]
