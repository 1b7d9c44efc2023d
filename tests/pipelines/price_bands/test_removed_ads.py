"""Cars that are sold or withdrawn: each teaches once, at the price and on the day that were last asked."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.clock import market_today, utc_now
from core.db.tables import Listing, ListingPrice, PriceBand
from core.prices.models import champion
from core.storage import Storage
from models.price_bands.artifact import dumps, loads
from models.price_bands.boosting.older_ads import FEWEST_OLD, GONE_AFTER_DAYS
from models.price_bands.train import fit
from pipelines.price_bands.refresh import refresh_bands
from pipelines.price_bands.samples.choosing import (
    REMOVED_DAYS,
    SamplesResult,
    build_samples,
    choose_samples,
    read_samples,
)
from pipelines.price_bands.samples.exclusions import mark_exclusions
from pipelines.price_bands.versions.backtest import split_samples
from pipelines.price_bands.versions.training import train_model
from tests.factories.price_bands import fill_database
from tests.models.price_bands.conftest import AS_OF, invented_market


def remove(session: Session, keys: Sequence[str], **columns: Any) -> None:
    """These listings are gone since today, other columns as given."""
    values = {"status": "withdrawn", "removed_at": utc_now()} | columns
    session.execute(update(Listing).where(Listing.source_key.in_(keys)).values(values))


def built(session: Session, storage: Storage) -> tuple[SamplesResult, pl.DataFrame]:
    result = build_samples(session, storage)
    assert (
        result.live + result.removed
        == result.listings
        == result.samples + result.hidden + sum(result.excluded.values())
    )
    return result, read_samples(storage, result.storage_key)


def priced(session: Session, key: str, *prices: tuple[int | None, datetime]) -> None:
    """The prices that a listing has had."""
    listing = session.scalars(select(Listing).where(Listing.source_key == key)).one()
    session.add_all(
        ListingPrice(listing_id=listing.id, price_pkr=price, observed_at=at, file_id=listing.file_id)
        for price, at in prices
    )
    session.flush()


def again(cars: pl.DataFrame, **columns: object) -> pl.DataFrame:
    """The first car once more, under the key `again`."""
    values = {"source_key": "again"} | columns
    return cars[:1].with_columns(**{name: pl.lit(value, cars.schema[name]) for name, value in values.items()})


@pytest.mark.usefixtures("few_folds")
def test_a_removed_car_teaches(filled: Session, storage: Storage, cars: pl.DataFrame) -> None:
    gone = cars["source_key"][:250].to_list()
    remove(filled, gone)
    result, samples = built(filled, storage)
    assert (result.live, result.removed, result.samples) == (150, 250, 400)
    assert set(samples.filter(~pl.col("is_live"))["source_key"]) == set(gone)
    told = samples.drop("is_live", "feed").sort("source_key")
    assert told.equals(choose_samples(cars)[0].select(told.columns).sort("source_key"))  # price and day as when live
    trained = train_model(filled, storage, result.storage_key)  # 150 live ones alone would be too few
    assert (trained.status, trained.samples) == ("champion", 400)


def test_a_removed_ad_passes_the_same_exclusions(filled: Session, storage: Storage, cars: pl.DataFrame) -> None:
    for key, price in zip(cars["source_key"][:2], (None, 100), strict=True):
        remove(filled, [key], price_pkr=price)
    assert built(filled, storage)[0].excluded == {"call_for_price": 1, "implausible_price": 1}


@pytest.mark.parametrize(
    ("day", "price", "gone", "stays"),
    [
        (AS_OF + timedelta(days=1), 2_000_000, "first", "again"),
        (AS_OF + timedelta(days=1), 2_000_000, "again", "again"),  # the removed ad is the newer one
        (date(2024, 1, 1), 2_000_000, "again", "first"),
        (AS_OF + timedelta(days=1), None, "first", "first"),  # the live ad names no price: the last true one wins
        (None, 2_000_000, "first", "again"),  # a live ad without a day is asked now
    ],
)
def test_a_car_of_a_removed_and_a_live_ad_counts_once(
    session: Session, storage: Storage, cars: pl.DataFrame, day: date | None, price: int | None, gone: str, stays: str
) -> None:
    fill_database(session, pl.concat([cars, again(cars, listed_on=day, price_pkr=price)]))
    names = {"first": cars["source_key"][0], "again": "again"}
    remove(session, [names[gone]])
    result, samples = built(session, storage)
    assert (result.samples, sum(result.excluded.values())) == (cars.height, 1)
    assert set(names.values()) & set(samples["source_key"]) == {names[stays]}
    assert result.excluded == ({"repost": 1} if price else {"call_for_price": 1})


def test_on_one_day_the_live_ad_is_the_newer(session: Session, storage: Storage, cars: pl.DataFrame) -> None:
    dearer = again(cars, price_pkr=cars["price_pkr"][0] + 50_000)
    fill_database(session, pl.concat([cars, dearer]))
    remove(session, ["again"])
    assert "again" not in built(session, storage)[1]["source_key"]


def test_weekly_ads_of_unknown_mileage_count_once_when_they_are_gone(cars: pl.DataFrame) -> None:
    unknown = cars[:1].with_columns(mileage_km=pl.lit(None, pl.Int32))
    weekly = pl.concat(
        [again(unknown, source_key=f"week {n}", listed_on=date(2026, 1, 1 + 7 * n)) for n in range(4)]
    ).with_columns(is_live=pl.col("source_key") == "week 0")  # the live one has the oldest day
    other = again(unknown, source_key="cheaper", price_pkr=900_000).with_columns(is_live=pl.lit(value=False))
    marked = mark_exclusions(pl.concat([weekly, other]))
    left = marked.filter(pl.col("excluded").is_null())
    assert sorted(left["source_key"]) == ["cheaper", "week 0"]
    live = weekly.with_columns(is_live=pl.lit(value=True))
    assert mark_exclusions(live)["excluded"].null_count() == 4  # live ads of unknown mileage may be different cars


def test_the_last_price_counts_on_the_day_it_was_first_seen(
    filled: Session, storage: Storage, cars: pl.DataFrame
) -> None:
    changed, plain, named = cars["source_key"][:3]
    asked = cars["price_pkr"][0]
    # Midnight in Karachi is 19:00 UTC: the last price is of 12 February there.
    moments = [
        datetime(2026, 1, 5, 8, tzinfo=UTC),
        datetime(2026, 1, 20, 8, tzinfo=UTC),
        datetime(2026, 2, 11, 20, tzinfo=UTC),
    ]
    prices = (asked * 2, None, asked)
    priced(filled, changed, *zip(prices, moments, strict=True))
    priced(filled, named, (cars["price_pkr"][2], moments[0]))
    remove(filled, [changed], listed_on=None)
    remove(filled, [plain], listed_on=None, created_at=moments[1])
    remove(filled, [named])
    samples = {row["source_key"]: row for row in built(filled, storage)[1].to_dicts()}
    assert (samples[changed]["price_pkr"], samples[changed]["listed_on"]) == (asked, date(2026, 2, 12))
    assert samples[plain]["listed_on"] == date(2026, 1, 20)
    assert samples[named]["listed_on"] == cars["listed_on"][2]


@pytest.mark.usefixtures("few_folds")
def test_a_live_ad_without_a_day_is_of_now_whatever_was_removed(
    session: Session, storage: Storage, cars: pl.DataFrame
) -> None:
    fill_database(session, cars[:240].with_columns(listed_on=pl.lit(None, pl.Date)))
    key = cars["source_key"][0]
    remove(session, [key], created_at=utc_now() - timedelta(days=500))
    result, samples = built(session, storage)
    assert samples.filter(~pl.col("is_live"))["listed_on"].to_list() == [market_today() - timedelta(days=500)]
    assert train_model(session, storage, result.storage_key).status == "champion"
    row = champion(session)
    assert row is not None
    assert loads(storage.get(row.storage_key)).as_of == market_today()


def test_ads_that_were_removed_years_ago_are_not_looked_at(
    filled: Session, storage: Storage, cars: pl.DataFrame
) -> None:
    remove(filled, [cars["source_key"][0]], removed_at=utc_now() - timedelta(days=REMOVED_DAYS + 2))
    remove(filled, [cars["source_key"][1]], removed_at=utc_now() - timedelta(days=REMOVED_DAYS - 2))
    result = built(filled, storage)[0]
    assert (result.live, result.removed, result.samples) == (398, 1, 399)


def aged(count: int) -> pl.DataFrame:
    """Removed ads of 200 days before the market of the tests."""
    old = invented_market(count, seed=9).with_columns(listed_on=pl.col("listed_on") - timedelta(days=200))
    return old.with_columns(is_live=pl.lit(value=False))


@pytest.mark.usefixtures("few_folds")
def test_removed_ads_of_the_past_teach_as_history_and_never_judge(cars: pl.DataFrame) -> None:
    live = cars.with_columns(is_live=pl.lit(value=True))
    gone = invented_market(100, seed=3).with_columns(is_live=pl.lit(value=False))  # lately: as good as live ones
    samples = choose_samples(pl.concat([live, gone, aged(FEWEST_OLD + 200)]))[0]
    split = split_samples(samples)
    assert split.kind == "time"
    assert split.first_test_day is not None
    newest = AS_OF - timedelta(days=GONE_AFTER_DAYS)
    assert split.test["listed_on"].min() == split.first_test_day > newest
    assert 0.15 < split.test.height / 500 < 0.3  # a fifth of the 500 that say what cars cost now
    assert split.test["is_live"].n_unique() == 2
    assert split.training["listed_on"].max() < split.first_test_day
    assert set(split.market["source_key"]).isdisjoint(samples.filter(pl.col("listed_on") < newest)["source_key"])
    regression = fit(split.training, as_of=AS_OF).regression
    assert regression is not None
    assert regression.price.history is not None
    undated = samples.with_columns(listed_on=pl.when(pl.col("listed_on") < newest).then("listed_on"))
    hashed = split_samples(undated)
    assert (hashed.kind, hashed.training.height + hashed.test.height) == ("hash", samples.height)


@pytest.mark.usefixtures("few_folds")
def test_training_depends_on_the_ads_and_not_on_their_order(cars: pl.DataFrame) -> None:
    ads = pl.concat([cars.with_columns(is_live=pl.int_range(pl.len()) % 3 > 0), aged(FEWEST_OLD + 200)])
    one, other = (choose_samples(each)[0] for each in (ads, ads.sample(fraction=1.0, shuffle=True, seed=1)))
    assert one.equals(other)
    assert dumps(fit(one, as_of=AS_OF)) == dumps(fit(other, as_of=AS_OF))


def test_bands_and_their_comparables_are_of_live_listings(
    filled: Session, storage: Storage, cars: pl.DataFrame
) -> None:
    before = refresh_bands(filled, storage)
    gone = cars["source_key"][:100].to_list()
    remove(filled, gone)
    after = refresh_bands(filled, storage)
    assert (after.removed, after.model + after.family + after.comparables + after.none) == (100, 300)
    assert after.model_version != before.model_version  # comparables of the 300 that are left
    left = filled.scalars(select(Listing.source_key).join(PriceBand, PriceBand.listing_id == Listing.id)).all()
    assert set(left).isdisjoint(gone)
