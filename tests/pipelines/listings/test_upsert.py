"""The effects of one file on a dealer's listings, their prices and the outbox."""

from typing import Literal
from uuid import UUID

import polars as pl
import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from core.db.tables import Branch, Listing, Org
from pipelines.listings.upsert import UpsertResult
from tests.factories.listings import CHANGES, PRICES
from tests.pipelines.listings.conftest import MakeFile, cars, stock, upsert


def counts(result: UpsertResult) -> tuple[int, int, int]:
    return result.created, result.updated, result.unchanged


def events(session: Session) -> dict[str, int]:
    return dict(session.execute(select(CHANGES.c.kind, func.count()).group_by(CHANGES.c.kind)).all())


def row_versions(session: Session) -> dict[str, str]:
    """Return the place of each row version: any write, even of equal values, changes it."""
    return dict(session.execute(text("SELECT source_key, ctid::text FROM listings")).all())


def listing(session: Session, key: str) -> Listing:
    return session.scalars(
        select(Listing).where(Listing.source_key == key).execution_options(populate_existing=True)
    ).one()


def prices(session: Session, listing_id: UUID) -> list[int | None]:
    query = select(PRICES.c.price_pkr).where(PRICES.c.listing_id == listing_id)
    return list(session.scalars(query.order_by(PRICES.c.observed_at, PRICES.c.id)))


def test_new_cars_are_created_with_first_price_and_event(session: Session, org: Org, new_file: MakeFile) -> None:
    file = new_file()
    result = upsert(session, org.id, file, stock(3), delivery="partial")
    assert counts(result) == (3, 0, 0)
    assert events(session) == {"created": 3}
    car = listing(session, "K1")
    assert (car.title, car.status, car.file_id, car.row_number) == ("Toyota Corolla 2018", "live", file.id, 2)
    assert prices(session, car.id) == [4_000_000]


def test_same_rows_again_write_nothing(session: Session, org: Org, new_file: MakeFile) -> None:
    upsert(session, org.id, new_file(), stock(20), delivery="full")
    before = row_versions(session)
    result = upsert(session, org.id, new_file(), stock(20).reverse(), delivery="full")
    assert counts(result) == (0, 0, 20)
    assert row_versions(session) == before
    assert events(session) == {"created": 20}
    assert session.scalar(select(func.count()).select_from(PRICES)) == 20


def test_changed_cars_are_updated_and_only_new_prices_recorded(session: Session, org: Org, new_file: MakeFile) -> None:
    upsert(session, org.id, new_file(), stock(4), delivery="partial")
    changed = cars(
        {"source_key": "K0", "price_pkr": 3_900_000},
        {"source_key": "K1", "mileage_km": 50_000},
        {"source_key": "K2", "price_pkr": None},
        {"source_key": "K3"},
    )
    result = upsert(session, org.id, new_file(), changed, delivery="partial")
    assert counts(result) == (0, 3, 1)
    assert events(session) == {"created": 4, "updated": 3}
    history = {key: prices(session, listing(session, key).id) for key in ("K0", "K1", "K2", "K3")}
    assert history == {
        "K0": [4_000_000, 3_900_000],
        "K1": [4_000_000],
        "K2": [4_000_000, None],
        "K3": [4_000_000],
    }
    assert listing(session, "K1").updated_at > listing(session, "K3").updated_at


def test_text_is_stored_unchanged(session: Session, org: Org, new_file: MakeFile) -> None:
    awkward = ["", "\\N", 'a "quoted", comma', "two\nlines\r\n", "ٹویوٹا", "{}", "\\.", "'; DROP TABLE listings; --"]
    frame = cars(
        *(
            {"source_key": f"A{at}", "title": value, "description": value, "photos": [value, "b,c"]}
            for at, value in enumerate(awkward)
        )
    )
    upsert(session, org.id, new_file(), frame, delivery="partial")
    stored = session.scalars(select(Listing).order_by(Listing.source_key)).all()
    assert [car.title for car in stored] == awkward
    assert [car.description for car in stored] == awkward
    assert [car.photos for car in stored] == [[value, "b,c"] for value in awkward]


def test_full_feed_removes_cars_that_it_lacks(session: Session, org: Org, new_file: MakeFile) -> None:
    upsert(session, org.id, new_file(), stock(20), delivery="full")
    result = upsert(session, org.id, new_file(), stock(20).head(16), delivery="full")
    assert (result.removed, result.removals_held, result.unchanged) == (4, 0, 16)
    assert events(session) == {"created": 20, "removed": 4}
    gone = listing(session, "K19")
    assert gone.status == "withdrawn"
    assert gone.removed_at is not None


def test_partial_feed_removes_nothing(session: Session, org: Org, new_file: MakeFile) -> None:
    upsert(session, org.id, new_file(), stock(20), delivery="partial")
    result = upsert(session, org.id, new_file(), stock(1), delivery="partial")
    assert (result.removed, result.removals_held) == (0, 0)


def test_feed_that_halved_removes_nothing(session: Session, org: Org, new_file: MakeFile) -> None:
    upsert(session, org.id, new_file(), stock(40), delivery="full")
    result = upsert(session, org.id, new_file(), stock(20), delivery="full")
    assert (result.removed, result.removals_held) == (0, 20)
    assert set(session.scalars(select(Listing.status))) == {"live"}
    believed = upsert(session, org.id, new_file(), stock(20), delivery="full", accept_removals=True)
    assert (believed.removed, believed.removals_held) == (20, 0)


@pytest.mark.parametrize(("live", "lacking", "removed"), [(20, 6, 6), (20, 7, 0), (5, 4, 4), (10, 5, 5), (10, 6, 0)])
def test_guard_holds_removals_beyond_the_limits(
    session: Session, org: Org, new_file: MakeFile, live: int, lacking: int, removed: int
) -> None:
    upsert(session, org.id, new_file(), stock(live), delivery="full")
    result = upsert(session, org.id, new_file(), stock(live - lacking), delivery="full")
    assert result.removed == removed


def test_empty_frame_removes_nothing_from_the_smallest_dealer(session: Session, org: Org, new_file: MakeFile) -> None:
    upsert(session, org.id, new_file(), stock(2), delivery="full")
    result = upsert(session, org.id, new_file(), stock(2).clear(), delivery="full", accept_removals=True)
    assert (result.removed, result.removals_held) == (0, 2)


def test_rejected_rows_are_not_missing(session: Session, org: Org, new_file: MakeFile) -> None:
    upsert(session, org.id, new_file(), stock(10), delivery="full")
    result = upsert(session, org.id, new_file(), stock(8), delivery="full", kept_keys=["K8"])
    assert result.removed == 1
    assert listing(session, "K8").status == "live"


@pytest.mark.parametrize("delivery", ["full", "partial"])
def test_cars_called_sold_are_removed(
    session: Session, org: Org, new_file: MakeFile, delivery: Literal["full", "partial"]
) -> None:
    upsert(session, org.id, new_file(), stock(10), delivery=delivery)
    sold = [f"K{number}" for number in range(1, 10)]
    result = upsert(session, org.id, new_file(), stock(2), delivery=delivery, sold_keys=sold)
    assert (counts(result), result.removed, result.removals_held) == ((0, 0, 2), 8, 0)
    assert listing(session, "K1").status == "live"  # a later row of the file offers it


def test_guard_counts_sold_cars_among_the_live_ones(session: Session, org: Org, new_file: MakeFile) -> None:
    upsert(session, org.id, new_file(), stock(40), delivery="full")
    sold = [f"K{number}" for number in range(20)]
    result = upsert(session, org.id, new_file(), stock(40)[27:], delivery="full", sold_keys=sold)
    assert (result.removed, result.removals_held) == (20 + 7, 0)  # 7 of 40 are missing, not 7 of 20


def test_full_feed_removes_no_cars_of_other_mappings_or_dealers(session: Session, org: Org, new_file: MakeFile) -> None:
    other = Org(code="other-motors", name="Other Motors")
    session.add(other)
    session.flush()
    upsert(session, other.id, new_file(org_id=other.id), stock(3), delivery="full")
    by_hand = cars({"source_key": "hand-1"})
    upsert(session, org.id, new_file(mapping="by-hand"), by_hand, delivery="full")
    upsert(session, org.id, new_file(), stock(3), delivery="full")
    result = upsert(session, org.id, new_file(), stock(2), delivery="full")
    assert result.removed == 1
    assert session.scalar(select(func.count()).where(Listing.status == "live")) == 3 + 1 + 2


def test_returning_car_updates_the_removed_listing(session: Session, org: Org, new_file: MakeFile) -> None:
    upsert(session, org.id, new_file(), stock(3), delivery="full")
    first = listing(session, "K2").id
    upsert(session, org.id, new_file(), stock(2), delivery="full")
    result = upsert(session, org.id, new_file(), stock(3), delivery="full")
    assert counts(result) == (0, 1, 2)
    back = listing(session, "K2")
    assert (back.id, back.status, back.removed_at) == (first, "live", None)
    assert prices(session, back.id) == [4_000_000]
    assert events(session) == {"created": 3, "removed": 1, "updated": 1}


def test_branch_added_later_gets_its_cars_with_the_next_file(session: Session, org: Org, new_file: MakeFile) -> None:
    frame = cars({"source_key": "K0", "branch_code": "dha"}, {"source_key": "K1"})
    result = upsert(session, org.id, new_file(), frame, delivery="full")
    assert result.unknown_branches == 1
    assert listing(session, "K0").branch_id is None
    branch = Branch(org_id=org.id, code="dha", name="DHA Phase 5", city="Lahore")
    session.add(branch)
    session.flush()
    result = upsert(session, org.id, new_file(), frame, delivery="full")
    assert (counts(result), result.unknown_branches) == ((0, 1, 1), 0)
    assert listing(session, "K0").branch_id == branch.id


def test_new_digest_version_is_stored_without_an_update(session: Session, org: Org, new_file: MakeFile) -> None:
    rich = {"battery_kwh": 61.44, "photos": ["a", "b"], "listed_on": None, "description": "x"}
    upsert(session, org.id, new_file(), stock(3, **rich), delivery="full")
    session.execute(update(Listing).values(content_hash=b"an older form", content_hash_version=0))
    frame = stock(3, **rich).with_columns(
        price_pkr=pl.when(pl.col("source_key") == "K0").then(1).otherwise("price_pkr")
    )
    result = upsert(session, org.id, new_file(), frame, delivery="full")
    assert counts(result) == (0, 1, 2)
    assert events(session) == {"created": 3, "updated": 1}
    assert set(session.scalars(select(Listing.content_hash_version))) == {1}
