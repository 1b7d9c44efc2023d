"""The index in the database: what each price counts for, and one table that is replaced as a whole."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.clock import market_today
from core.db.tables import Listing, ListingPrice, MarketIndex
from pipelines.price_bands.market_index import WATCHED_DAYS, read_market_index, refresh_market_index
from tests.factories.listings import add_listing
from tests.factories.price_bands import fill_database
from tests.models.price_bands.conftest import invented_market

THIS_MONTH = market_today().replace(day=1)
LAST_MONTH = (THIS_MONTH - timedelta(days=1)).replace(day=1)
NOT_ABSOLUTE = 4.0


def fill(session: Session, *, factor: float = 1.0, count: int = 500) -> pl.DataFrame:
    """A market whose ads of this month are dearer by a factor than those of last month."""
    cars = invented_market(count, seed=7)
    now = pl.int_range(pl.len()) % 2 == 0
    cars = cars.with_columns(
        listed_on=pl.when(now).then(pl.lit(THIS_MONTH)).otherwise(pl.lit(LAST_MONTH)),
        price_pkr=pl.when(now).then(pl.col("price_pkr") * factor).otherwise("price_pkr").cast(pl.Int64),
        model_year=pl.col("model_year") + THIS_MONTH.year - 2026,
    )
    fill_database(session, cars)
    return cars


def test_the_table_holds_the_market_its_makes_and_models(session: Session) -> None:
    fill(session, factor=1.2)
    result = refresh_market_index(session)
    assert result.observations == result.samples + result.excluded == 500
    assert result.samples > 450
    assert (result.months, result.newest_month) == (2, THIS_MONTH)
    assert result.change == pytest.approx(0.2, abs=0.04)
    table = read_market_index(session)
    assert table.height == result.rows == session.scalar(select(func.count()).select_from(MarketIndex))
    assert table.filter(pl.col("segment") == "toyota|corolla").select("make", "model").unique().rows() == [
        ("Toyota", "Corolla")
    ]
    market = table.filter(pl.col("segment_kind") == "market")
    assert market["month"].to_list() == [LAST_MONTH, THIS_MONTH]
    assert market["level"][1] == pytest.approx(120, abs=NOT_ABSOLUTE)
    assert market["make"].null_count() == 2
    sellers = session.scalars(select(MarketIndex.sellers).order_by(MarketIndex.segment, MarketIndex.month)).all()
    assert set(sellers) == {1}  # all cars are one dealer's


@pytest.mark.slow
def test_refreshing_again_replaces_the_table(session: Session) -> None:
    fill(session)
    first = refresh_market_index(session)
    before = read_market_index(session)
    assert refresh_market_index(session) == first
    assert read_market_index(session).equals(before)
    for listing in session.scalars(select(Listing)):
        listing.price_pkr = None
    session.flush()
    assert refresh_market_index(session).rows == 0
    assert read_market_index(session).is_empty()


@pytest.mark.slow
def test_a_removed_car_and_an_earlier_price_are_part_of_history(session: Session) -> None:
    fill(session)
    plain = refresh_market_index(session)
    session.execute(update(Listing).values(status="withdrawn"))
    assert refresh_market_index(session) == plain
    listing = session.scalars(select(Listing).where(Listing.listed_on == THIS_MONTH).limit(1)).one()
    earlier = datetime.combine(LAST_MONTH, datetime.min.time(), UTC) + timedelta(days=3)
    for days, price in ((0, listing.price_pkr), (1, 1_000_000), (60, listing.price_pkr)):
        session.add(
            ListingPrice(
                listing_id=listing.id, price_pkr=price, observed_at=earlier + timedelta(days=days),
                file_id=listing.file_id,
            )
        )  # fmt: skip
        session.flush()
    assert refresh_market_index(session).observations == plain.observations + 1  # the last price of last month


def test_ads_of_the_far_past_and_of_the_future_are_left_out(session: Session) -> None:
    fill(session, count=60)
    plain = refresh_market_index(session).observations
    days = [date(2001, 1, 1), market_today() + timedelta(days=40)]
    for listing, day in zip(session.scalars(select(Listing).limit(2)), days, strict=True):
        listing.listed_on = day
    session.flush()
    assert refresh_market_index(session).observations == plain - 2


def join_undated(session: Session, dealer: str, *, since: date, seed: int) -> None:
    """A dealer without dates, whose cars ask 30 % more, is first seen on a day."""
    cars = invented_market(120, seed=seed).with_columns(
        listed_on=pl.lit(None, pl.Date), price_pkr=(pl.col("price_pkr") * 1.3).cast(pl.Int64)
    )
    fill_database(session, cars, dealer=dealer)
    moment = datetime.combine(since, datetime.min.time(), UTC)
    mine = Listing.source_key.in_(cars["source_key"].to_list())
    session.execute(update(Listing).where(mine).values(created_at=moment, updated_at=moment))


@pytest.mark.slow
def test_dealers_without_dates_that_join_do_not_move_the_index(session: Session) -> None:
    fill(session)
    plain, before = refresh_market_index(session), read_market_index(session)
    join_undated(session, "new-1", since=market_today(), seed=8)
    join_undated(session, "new-2", since=market_today() - timedelta(days=5), seed=9)
    assert refresh_market_index(session) == plain
    assert read_market_index(session).equals(before)


@pytest.mark.slow
def test_undated_ads_count_after_a_month_of_watching_their_dealer(session: Session) -> None:
    fill(session)
    plain = refresh_market_index(session).observations
    joined = market_today() - timedelta(days=WATCHED_DAYS + 1)
    join_undated(session, "watched", since=joined, seed=8)
    assert refresh_market_index(session).observations == plain  # the stock it came with
    new, changed = session.scalars(select(Listing.id).where(Listing.listed_on.is_(None)).limit(2))
    now = datetime.combine(market_today(), datetime.min.time(), UTC)
    session.execute(update(Listing).where(Listing.id == new).values(created_at=now, updated_at=now))
    assert refresh_market_index(session).observations == plain + 1
    session.execute(update(Listing).where(Listing.id == changed).values(updated_at=now, price_pkr=3_000_000))
    assert refresh_market_index(session).observations == plain + 2


@pytest.mark.parametrize("columns", [{"visibility": "private"}, {"channels": ["autotrader"]}])
@pytest.mark.slow
def test_hidden_prices_enter_in_cells_of_five_cars_of_three_dealers(session: Session, columns: dict[str, Any]) -> None:
    fill(session)
    plain, before = refresh_market_index(session), read_market_index(session)
    car = {"make": "Honda", "model": "Civic", "model_year": 2019, "mileage_km": None, "listed_on": THIS_MONTH} | columns
    for number in range(4):
        add_listing(session, org=f"dealer-{number % 2}", price_pkr=4_000_000 + number, **car)
    assert refresh_market_index(session) == plain
    assert read_market_index(session).equals(before)
    add_listing(session, org="dealer-3", price_pkr=4_100_000, **car | {"listed_on": LAST_MONTH})
    assert refresh_market_index(session) == plain  # the fifth is of another month
    add_listing(session, org="dealer-3", price_pkr=4_100_000, **car)
    assert refresh_market_index(session).observations == plain.observations + 5
