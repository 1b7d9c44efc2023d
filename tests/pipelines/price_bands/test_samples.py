"""Labels that are true: what is excluded, and why."""

from datetime import date

import polars as pl
import pytest
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.storage import Storage
from pipelines.price_bands.samples.choosing import build_samples, choose_samples, read_exclusions, read_samples


def first(cars: pl.DataFrame, **columns: object) -> pl.DataFrame:
    return cars[:1].with_columns(**{name: pl.lit(value, cars.schema[name]) for name, value in columns.items()})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"price_pkr": None}, "call_for_price"),
        ({"price_pkr": 4_999}, "implausible_price"),
        ({"price_pkr": 25_000_000_000}, "implausible_price"),
        ({"model_year": 2060}, "impossible_car"),
        ({"make": "-"}, "impossible_car"),
        ({"listed_on": date(2026, 1, 1), "price_pkr": 2_000_000}, "repost"),
    ],
)
def test_what_is_no_true_price_of_a_new_car_is_excluded_and_counted(
    cars: pl.DataFrame, change: dict[str, object], reason: str
) -> None:
    other = first(cars, source_key="other", **change)
    samples, excluded = choose_samples(pl.concat([cars, other]))
    assert excluded == {reason: 1}
    assert "other" not in samples["source_key"]
    assert samples.height == cars.height


@pytest.mark.parametrize("factor", [10, 0.1])
def test_a_price_that_slipped_a_zero_is_excluded(cars: pl.DataFrame, factor: float) -> None:
    slipped = first(cars, source_key="slipped", mileage_km=1).with_columns(
        price_pkr=(pl.col("price_pkr") * factor).cast(pl.Int64)
    )
    samples, excluded = choose_samples(pl.concat([cars, slipped]))
    assert (excluded, "slipped" in samples["source_key"]) == ({"slipped_unit": 1}, False)


def test_the_newest_of_reposts_stays(cars: pl.DataFrame) -> None:
    newer = first(cars, source_key="newer", listed_on=date(2026, 4, 1), make=cars["make"][0].upper())
    samples, excluded = choose_samples(pl.concat([cars, newer]))
    assert excluded == {"repost": 1}
    assert "newer" in samples["source_key"]
    assert cars["source_key"][0] not in samples["source_key"]


def test_cars_of_unknown_mileage_are_never_called_reposts(cars: pl.DataFrame) -> None:
    unknown = cars[:5].with_columns(mileage_km=pl.lit(None, pl.Int32))
    assert choose_samples(pl.concat([unknown, unknown]))[1] == {}


def test_samples_depend_on_content_and_not_on_order(cars: pl.DataFrame) -> None:
    assert choose_samples(cars)[0].equals(choose_samples(cars.reverse())[0])


def test_samples_and_exclusions_are_the_live_listings(filled: Session, storage: Storage, cars: pl.DataFrame) -> None:
    result = build_samples(filled, storage)
    assert result.listings == cars.height == result.samples + result.hidden + sum(result.excluded.values())
    read = read_samples(storage, result.storage_key)
    assert read.height == result.samples
    expected = choose_samples(cars.with_columns(feed=pl.lit("khan-motors")))[0]
    assert read.equals(expected.select(read.columns))  # nothing was lost on the way through the table
    assert build_samples(filled, storage) == result
    assert sorted(storage.keys("price_bands/samples")) == [
        result.storage_key.replace(".parquet", ".excluded.json"),
        result.storage_key,
    ]
    assert read_exclusions(storage, result.storage_key) == result.excluded


def test_no_listings_are_no_samples(session: Session, storage: Storage) -> None:
    assert build_samples(session, storage).samples == 0


def test_samples_that_were_never_built_are_not_found(storage: Storage) -> None:
    for key in ("", "price_bands/samples/none.parquet"):
        with pytest.raises(NotFoundError, match="import listings"):
            read_samples(storage, key)
