"""Labels that are true: rows as real feeds send them, and why each of them teaches nothing."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from core.listing_frame import LISTING_SCHEMA
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.price_bands.samples.exclusions import mark_exclusions
from tests.models.price_bands.conftest import invented_market


def ads(*rows: dict[str, Any]) -> pl.DataFrame:
    """Ads in canonical columns; what a row does not say is that of a plain Corolla."""
    plain: dict[str, Any] = {
        "make": "Toyota", "model": "Corolla", "variant": "GLi 1.3 VVTi", "model_year": 2018, "mileage_km": 84_000,
        "price_pkr": 3_550_000, "color": "white", "engine_cc": 1300, "city": "Lahore", "registered_in": "Lahore",
        "listed_on": date(2026, 3, 1), "title": "Toyota Corolla GLi 1.3 VVTi 2018",
    }  # fmt: skip
    return pl.DataFrame(
        [{"source_key": f"ad-{number}"} | plain | row for number, row in enumerate(rows)], schema=LISTING_SCHEMA
    )


def reasons(frame: pl.DataFrame) -> dict[str, str]:
    """Reason by source key, of the excluded."""
    return dict(mark_exclusions(frame).drop_nulls("excluded").select("source_key", "excluded").iter_rows())


@pytest.mark.parametrize(
    "row",
    [
        {"make": "Honda", "model": "CD 70", "variant": None, "engine_cc": 70, "price_pkr": 157_900},
        {"make": "Yamaha", "model": "Ray", "variant": None, "engine_cc": 110, "price_pkr": 300_000},
        {"make": "Road Prince", "model": "Auto", "variant": "Loader Rickshaw", "engine_cc": 200},
        {"make": "Toyota", "model": "Coaster", "variant": "29 Seater F/L", "price_pkr": 11_000_000},
        {"make": "Massey", "model": "Tractor 385"},
        {"title": "Engine for sale Corolla 2NZ"},
    ],
)
def test_what_is_no_car_is_no_sample(row: dict[str, Any]) -> None:
    assert reasons(ads(row, {"mileage_km": 61_230})) == {"ad-0": "not_a_car"}


@pytest.mark.parametrize(
    "row",
    [
        {"make": "Suzuki", "model": "Alto", "engine_cc": 100},  # a slip of the pen: an Alto is a car
        {"make": "MINI", "model": "Cooper", "variant": "S"},
        {"make": "Daihatsu", "model": "Move", "variant": "Canbus X"},
        {"make": "Isuzu", "model": "D-Max", "variant": "V-Cross Automatic 3.0"},
        {"title": "Corolla, all genuine parts, exchange with bike possible"},
    ],
)
def test_a_car_with_a_strange_word_stays(row: dict[str, Any]) -> None:
    assert reasons(ads(row)) == {}


@pytest.mark.parametrize(("price", "reason"), [(25, "implausible_price"), (355_000_000, "slipped_unit")])
def test_lakh_and_crore_taken_for_each_other(price: int, reason: str) -> None:
    """ "25" for 25 lakh, and 35.5 lakh read as 35.5 crore."""
    others = [{"mileage_km": 60_000 + 1_111 * number} for number in range(10)]
    assert reasons(ads({"price_pkr": price}, *others)) == {"ad-0": reason}


def test_a_slip_in_a_rare_model_shows_beside_its_make() -> None:
    rare = {"model": "Mark X", "mileage_km": 91_234, "price_pkr": 4_500_000 * 100}
    others = [{"mileage_km": 60_000 + 1_111 * number} for number in range(25)]
    assert reasons(ads(rare, *others)) == {"ad-0": "slipped_unit"}
    assert reasons(ads(rare | {"price_pkr": 4_500_000}, *others)) == {}


def test_a_price_that_was_filled_in_is_found_and_a_popular_one_is_not() -> None:
    market = invented_market(1_500, seed=8).with_columns(
        price_pkr=(pl.col("price_pkr") / 50_000).round().cast(pl.Int64) * 50_000
    )
    middle = int(market["price_pkr"].median())  # type: ignore[arg-type]
    assert "imputed_price" not in mark_exclusions(market)["excluded"]
    chosen = pl.int_range(pl.len()) % 25 == 3
    filled = market.with_columns(price_pkr=pl.when(chosen).then(middle + 25_000).otherwise("price_pkr"))
    found = mark_exclusions(filled).filter(pl.col("excluded") == "imputed_price")
    assert set(found["source_key"]) == set(market.filter(chosen)["source_key"])


def test_one_car_of_two_dealers_is_known_by_its_odometer() -> None:
    again = {"mileage_km": 119_083, "variant": "GLI", "color": None, "city": "Gujranwala", "registered_in": None}
    first = {"mileage_km": 119_083, "listed_on": date(2026, 1, 5), "price_pkr": 3_700_000}
    assert reasons(ads(first, again)) == {"ad-0": "repost"}


@pytest.mark.parametrize("kilometres", [100_000, 45_200, 12, 123_456])
def test_a_round_or_made_up_odometer_tells_nothing_by_itself(kilometres: int) -> None:
    assert reasons(ads({"mileage_km": kilometres}, {"mileage_km": kilometres, "city": "Multan"})) == {}


def test_the_first_reason_holds() -> None:
    row = {"make": "Yamaha", "model": "YBR 125", "model_year": 2060, "price_pkr": None}
    assert reasons(ads(row)) == {"ad-0": "call_for_price"}
    assert reasons(ads(row | {"price_pkr": 1})) == {"ad-0": "not_a_car"}


def test_filled_in_prices_of_real_ads_are_found_to_the_last_and_no_other(real_data: Path) -> None:
    raw = pl.read_csv(real_data / "ads_2022.csv.gz", schema_overrides={"variant_code": pl.String})
    frame = raw.with_row_index().select(
        pl.col("index").cast(pl.String).alias("source_key"),
        "make", "model", "city", "registered_in", "price_imputed",
        variant="variant_code",
        color="colour",
        **{new: pl.col(old).cast(LISTING_SCHEMA[new]) for new, old in {
            "model_year": "year", "mileage_km": "mileage_km", "price_pkr": "price_pkr", "engine_cc": "engine_cc"
        }.items()},
        listed_on=pl.lit(date(2022, 10, 15)),
    )  # fmt: skip
    marked = mark_exclusions(frame)
    found = marked["excluded"] == "imputed_price"
    truth = marked["price_imputed"] == 1
    assert np.array_equal(found.fill_null(value=False).to_numpy(), truth.to_numpy())
    assert int(truth.sum()) == 1_550


def test_exclusions_of_real_raw_ads(real_data: Path) -> None:
    frame = parse_feed((real_data / "ads_2025_raw.csv").read_bytes(), load_mapping("classifieds")).listings
    counts = dict(mark_exclusions(frame)["excluded"].value_counts().iter_rows())
    assert counts["call_for_price"] == 137
    assert counts["repost"] >= 20
    assert set(counts) == {None, "call_for_price", "repost"}
