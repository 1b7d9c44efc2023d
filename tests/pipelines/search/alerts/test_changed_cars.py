"""Cars that begin to match a saved search are told of, whatever of them changed, and told once."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.tables import Listing
from core.db.tables.saved_searches import SavedSearch, SavedSearchMatch
from core.outbox.events import Event
from core.search import ListingFilters
from core.search.filters import Near
from core.states.listings import is_in
from core.vocabulary import Body, Channel, Color
from pipelines.search.alerts.canonical import seen_by
from pipelines.search.alerts.following import FORMER, UNCHANGED, changed_cars, earliest, keeping_matches
from pipelines.search.alerts.matching import matching_pairs
from tests.conftest import SLOW_IS_FINE
from tests.core.outbox.test_triggers import FORMER as WRITTEN
from tests.examples import examples
from tests.factories.listings import add_listing, change_listing
from tests.pipelines.search.alerts.test_conformance import owner_of, saved

EDITS: dict[str, list[Any]] = {
    "mileage_km": [None, 40_000, 90_000],
    "city": [None, "Lahore", "Multan"],
    "color": ["white", None],
    "body": ["sedan", "suv", None],
    "model": ["Corolla", "Civic"],
    "price_pkr": [None, 3_000_000, 3_500_000, 5_000_000],
    "title": ["Toyota Corolla GLi sunroof", "car"],
    "variant": ["GLi", None],
    "status": ["live", "reserved", "withdrawn"],
    "visibility": ["public", "wholesale_public", "private"],
    "channels": [["automart"], ["autotrader"], ["automart", "autotrader"]],
    "photo_count": [0, 2],
    "description": ["a word"],
}
SEARCHES = [
    (ListingFilters(make=("Toyota",), mileage_max=50_000), "", Channel.AUTOMART),
    (ListingFilters(city=("Lahore",), price_max=4_000_000), "", Channel.AUTOMART),
    (ListingFilters(color=(Color.WHITE,), body=(Body.SEDAN,)), "", Channel.AUTOTRADER),
    (ListingFilters(has_photos=True, model=("Corolla",)), "gli", Channel.AUTOMART),
    (ListingFilters(near=Near.city("Lahore", 30)), "sunroof", Channel.AUTOTRADER),
]
edit = st.sampled_from(sorted(EDITS)).flatmap(lambda name: st.tuples(st.just(name), st.sampled_from(EDITS[name])))
batches = st.lists(st.lists(st.tuples(st.integers(0, 1), edit), min_size=1, max_size=6), min_size=1, max_size=5)
Pair = tuple[UUID, UUID]


def events_of(session: Session) -> list[Event]:
    """Return the events that wait, and take them away."""
    rows = session.execute(
        text(
            "SELECT *, coalesce(audience, '{}') AS seen FROM outbox_changes WHERE topic = 'listing' ORDER BY id, place"
        )
    ).all()
    session.execute(text("DELETE FROM outbox_events"))
    return [
        Event(
            row.id, row.place, row.topic, row.subject_id, row.sequence, row.kind, row.org_id, row.person_id,
            tuple(row.seen), row.payload, row.created_at,
        )
        for row in rows
    ]  # fmt: skip


def meeting(session: Session, cars: list[UUID]) -> set[Pair]:
    return set(matching_pairs(session, changed_cars(session, dict.fromkeys(cars, UNCHANGED))))


def rows_of(session: Session) -> dict[Pair, tuple[str, int | None]]:
    session.expire_all()
    kept = session.scalars(select(SavedSearchMatch).order_by(SavedSearchMatch.search_id, SavedSearchMatch.listing_id))
    return {(row.search_id, row.listing_id): (row.kind, row.price_pkr) for row in kept}


def state_of(session: Session, car: UUID) -> Mapping[str, Any]:
    names = ("status", "price_pkr", "channels", "visibility")
    return {name: getattr(session.get_one(Listing, car), name) for name in names}


def expected(
    pair: Pair, channel: Channel, was: Mapping[str, Any], now: Mapping[str, Any], *, met: bool, left: bool,
    row: tuple[str, int | None] | None,
) -> tuple[str, int | None] | None:  # fmt: skip
    """Judge a car that meets a search now by its whole states before and after the batch."""
    off = left or not is_in(was["status"], "searched")
    arrived = off or channel not in seen_by(was["channels"], was["visibility"])
    begins = not met or off or (was["status"] == "reserved" and now["status"] == "live")
    price = now["price_pkr"]
    if row is None and (arrived or begins):
        return ("new" if arrived else "now_matches"), price
    before = was["price_pkr"] if row is None or row[1] is None else row[1]
    if price is not None and before is not None and price < before:
        return (row[0] if row else "price_drop"), price  # what waits keeps its kind
    return row


@settings(suppress_health_check=[*SLOW_IS_FINE, HealthCheck.function_scoped_fixture], max_examples=examples(25))
@given(batches=batches)
def test_alerts_are_those_of_the_states_before_and_after(session: Session, batches: list[list[Any]]) -> None:
    session.execute(delete(SavedSearchMatch))
    session.execute(delete(SavedSearch))
    owner = owner_of(session)
    channels = {saved(session, owner, *each): each[2] for each in SEARCHES}
    cars = [add_listing(session), add_listing(session, city="Multan", color="white", mileage_km=90_000)]
    session.execute(text("UPDATE saved_searches SET since = :now"), {"now": utc_now() + timedelta(seconds=1)})
    events_of(session)
    handle = keeping_matches()
    for batch in batches:
        was, met, rows = {car: state_of(session, car) for car in cars}, meeting(session, cars), rows_of(session)
        for at, (name, value) in batch:
            change_listing(session, cars[at], **{name: value})
        events = events_of(session)
        left = {one.subject_id for one in events if not is_in(one.payload["old"]["state"], "searched")}
        handle(session, events)
        for pair in meeting(session, cars):
            car = pair[1]
            judged = expected(
                pair, channels[pair[0]], was[car], state_of(session, car), met=pair in met, left=car in left,
                row=rows.get(pair),
            )  # fmt: skip
            if judged is not None and any(event.subject_id == car for event in events):
                rows[pair] = judged
        assert rows_of(session) == rows


@pytest.mark.parametrize(
    ("column", "old", "new", "search"),
    [
        ("mileage_km", 90_000, 40_000, ListingFilters(mileage_max=50_000)),
        ("mileage_km", None, 40_000, ListingFilters(mileage_max=50_000)),
        ("city", "Multan", "Lahore", ListingFilters(city=("Lahore",))),
        ("city", None, "Lahore", ListingFilters(near=Near.city("Lahore", 10))),
        ("color", None, "white", ListingFilters(color=(Color.WHITE,))),
        ("transmission", "manual", "automatic", ListingFilters(transmission=("automatic",))),  # type: ignore[arg-type]
        ("variant", None, "GLi", ListingFilters(variant=("GLi",))),
        ("photo_count", 0, 4, ListingFilters(has_photos=True)),
        ("status", "reserved", "live", ListingFilters(make=("Toyota",))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_change_of_a_column_is_told(
    session: Session, column: str, old: object, new: object, search: ListingFilters
) -> None:
    saved(session, owner_of(session), search, "", Channel.AUTOMART)
    session.flush()
    car = add_listing(session, **{column: old})
    session.execute(text("UPDATE saved_searches SET since = :now"), {"now": utc_now() + timedelta(seconds=1)})
    events_of(session)
    change_listing(session, car, **{column: new})
    keeping_matches()(session, events_of(session))
    assert [kind for kind, _ in rows_of(session).values()] == ["now_matches"]


def test_word_that_comes_into_the_title_is_told_and_one_that_stood_there_is_not(session: Session) -> None:
    for words in ("sunroof", "corolla"):
        saved(session, owner_of(session), ListingFilters(), words, Channel.AUTOMART)
    car = add_listing(session)
    session.execute(text("UPDATE saved_searches SET since = :now"), {"now": utc_now() + timedelta(seconds=1)})
    events_of(session)
    change_listing(session, car, title="Corolla with sunroof")
    keeping_matches()(session, events_of(session))
    told = select(SavedSearch.words).join(SavedSearchMatch, SavedSearchMatch.search_id == SavedSearch.id)
    assert session.scalars(told.order_by(SavedSearch.words)).all() == ["sunroof"]


def test_earliest_word_of_before_stands() -> None:
    first = {"price_pkr": 1, "state": "live", "visibility": "public", "city": None}
    later = {"price_pkr": 2, "state": "reserved", "visibility": "private", "city": "Lahore", "body": "suv"}
    assert earliest(first, later) == first | {"body": "suv"}
    assert earliest(first, later | {"state": "withdrawn"}) == first | {"body": "suv", "state": "withdrawn"}
    assert earliest(UNCHANGED, later) == later
    assert earliest(first, UNCHANGED) == first
    assert earliest(None, later) is None
    assert earliest(UNCHANGED, None) is None


def test_columns_that_the_trigger_writes_are_read() -> None:
    assert set(FORMER) == {*WRITTEN, "price_pkr", "visibility"}
