"""Popular listings are ranked by what shoppers open where it is shown, and told to search where their rank changes."""

from datetime import timedelta
from uuid import UUID

import polars as pl
import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.tables.engagement_aggregates import EngagementAggregate
from core.db.tables.listing_popularity import ListingPopularity
from pipelines.engagement.aggregates.measures import COUNTS
from pipelines.engagement.days import day_of, start_of
from pipelines.engagement.popularity import keep_popularity, popularity_steps, renew_popularity
from pipelines.search.repository import ListingDocumentRepository
from tests.factories.listings import add_listing

NOW = utc_now()
YESTERDAY = start_of(day_of(NOW) - timedelta(days=1))


def counts(*rows: tuple[int, int, int, float]) -> dict[int, float]:
    names = ("clicks", "contacts", "devices", "seen")
    frame = pl.DataFrame([dict(zip(names, row, strict=True)) for row in rows], schema_overrides={"seen": pl.Float64})
    ids = [str(UUID(int=number)) for number in range(len(rows))]
    return {one.int: steps for one, steps in popularity_steps(frame.with_columns(listing_id=pl.Series(ids))).items()}


def told(session: Session) -> list[UUID]:
    found = text("SELECT subject_id FROM outbox_events WHERE topic = 'popularity' ORDER BY id")
    return list(session.scalars(found))


def steps_of(session: Session) -> dict[UUID, int]:
    rows = select(ListingPopularity.listing_id, ListingPopularity.steps)
    return {row.listing_id: row.steps for row in session.execute(rows)}


def seen(session: Session, listing: UUID, ago: int = 0, **figures: int | bytes) -> None:
    zero = dict.fromkeys((*COUNTS, "sessions"), 0) | {"examined": 100_000_000}
    row = {
        "grain": "day",
        "starts": YESTERDAY - timedelta(days=ago),
        "dimension": "listing",
        "key": str(listing),
        "org_id": None,
    }
    session.execute(insert(EngagementAggregate).values(row | zero | figures))


def test_cars_that_are_opened_more_than_others_in_their_place_are_popular() -> None:
    plain = [(10, 0, 200, 100.0)] * 20
    found = counts((5, 0, 200, 100.0), (30, 0, 200, 100.0), (400, 0, 400, 100.0), (10, 20, 200, 100.0), *plain)
    assert found[0] == found[9] == 0
    assert 0 < found[1] < found[3] < found[2] == 7


def test_a_place_high_in_the_list_makes_no_car_popular() -> None:
    high, low = (100, 0, 200, 1_000.0), (10, 0, 200, 100.0)
    assert counts(high, low) == {0: 0.0, 1: 0.0}


def test_few_views_make_no_car_popular() -> None:
    many = [(20, 0, 100, 100.0)] * 20
    assert counts((3, 0, 19, 1.0), *many).keys() == set(range(1, 21))
    assert counts((3, 0, 20, 1.0), *many)[0] < 2
    assert counts((0, 0, 50, 0.0), (0, 0, 50, 10.0)) == {1: 0.0}
    assert counts((0, 0, 0, 0.0)) == {}


def test_few_devices_that_come_back_every_day_make_no_car_popular(session: Session) -> None:
    """One phone that opened a car on each of 28 days counted as 28 visitors and lifted it by a week."""
    few, many, plain = (add_listing(session) for _ in range(3))
    for ago in range(28):
        for listing, devices in ((few, range(9)), (many, range(ago, ago + 9))):
            sketch = b"".join(number.to_bytes(8, "little") for number in devices)
            seen(
                session,
                listing,
                ago,
                placed_clicks=9,
                contacts=9,
                visitors=9,
                examined=1_000_000,
                visitor_sketch=sketch,
            )
        seen(session, plain, ago, placed_clicks=30, visitors=30)
    renew_popularity(session, NOW)
    assert steps_of(session) == {many: 7}


def test_one_device_counts_once_a_day_and_a_hidden_car_never(session: Session) -> None:
    wanted, clicked, hidden, sold, plain = (
        add_listing(session, **values) for values in ({}, {}, {"visibility": "private"}, {"status": "sold"}, {})
    )
    seen(session, wanted, placed_clicks=90, visitors=90, contacts=30)
    seen(session, clicked, placed_clicks=9_000, visitors=21, contacts=500)
    for listing in (hidden, sold):
        seen(session, listing, placed_clicks=90, visitors=90, contacts=30)
    seen(session, plain, placed_clicks=30, visitors=30, contacts=0)
    assert renew_popularity(session, NOW) == 1
    found = steps_of(session)
    assert found.keys() == {wanted}
    assert told(session) == [wanted]
    (document,) = ListingDocumentRepository(session).live([wanted])
    assert document.popularity == found[wanted] > 0
    assert document.ranked_day - document.fresh_on.toordinal() == found[wanted]


def test_listings_are_ranked_once_a_day_and_only_changes_are_told(session: Session) -> None:
    one, other, third = (add_listing(session) for _ in range(3))
    assert keep_popularity(session, {one: 3.2, other: 6.9, third: 0.6}, NOW - timedelta(hours=23)) == 2
    assert renew_popularity(session, NOW) is None
    assert steps_of(session) == {one: 3, other: 7}
    assert keep_popularity(session, {one: 3.7, other: 5.0}, NOW) == 1  # 3.7 is not off enough from 3
    assert steps_of(session) == {one: 3, other: 5}
    assert keep_popularity(session, {one: 3.7}, NOW) == 1  # of the other nothing is known any more
    assert steps_of(session) == {one: 3}
    assert told(session)[2:] == [other, other]
    assert renew_popularity(session, NOW + timedelta(hours=25)) == 1
    assert steps_of(session) == {}


@pytest.mark.parametrize("steps", [0, 8])
def test_the_database_refuses_other_steps(session: Session, steps: int) -> None:
    listing = add_listing(session)
    with pytest.raises(Exception, match="ck_listing_popularity_steps"), session.begin_nested():
        session.execute(insert(ListingPopularity).values(listing_id=listing, steps=steps, made_at=NOW))
