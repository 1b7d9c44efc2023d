"""The index measures prices of like cars: not which cars were on offer, nor in which order they were read."""

from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.price_bands.index.market_index import INDEX_SCHEMA, market_index
from tests.models.price_bands.conftest import invented_market

JANUARY, FEBRUARY, APRIL = date(2026, 1, 1), date(2026, 2, 1), date(2026, 4, 1)
_MONTHS = (JANUARY, FEBRUARY, APRIL)


def dated(count: int = 600, seed: int = 3, months: tuple[date, ...] = _MONTHS) -> pl.DataFrame:
    """An invented market without inflation whose cars were advertised in these months by turns."""
    days = [months[number % len(months)].replace(day=1 + number % 28) for number in range(count)]
    return invented_market(count, seed).with_columns(listed_on=pl.Series(days))


def inflated(frame: pl.DataFrame, month: date, factor: float, **only: str) -> pl.DataFrame:
    """The prices of one month (of one make, if given) times a factor."""
    rows = pl.col("listed_on").dt.truncate("1mo") == month
    for name, value in only.items():
        rows &= pl.col(name) == value
    price = pl.when(rows).then(pl.col("price_pkr") * factor).otherwise(pl.col("price_pkr"))
    return frame.with_columns(price_pkr=price.cast(pl.Int64))


def levels(index: pl.DataFrame, segment: str = "") -> dict[date, float]:
    rows = index.filter(pl.col("segment") == segment)
    return dict(zip(rows["month"].to_list(), rows["level"].to_list(), strict=True))


def test_a_steady_market_stays_at_100_and_an_absent_month_is_absent() -> None:
    index = market_index(dated())
    assert index.schema == INDEX_SCHEMA
    market = levels(index)
    assert list(market) == [JANUARY, FEBRUARY, APRIL]  # no March: nothing is made up
    assert market[JANUARY] == 100.0
    assert list(market.values()) == pytest.approx([100, 100, 100], abs=2.5)
    assert index.filter(pl.col("low") > pl.col("level")).is_empty()
    assert index.filter(pl.col("high") < pl.col("level")).is_empty()


@pytest.mark.slow
@settings(max_examples=8)
@given(factor=st.floats(0.3, 3.0), month=st.sampled_from([FEBRUARY, APRIL]))
def test_multiplying_the_prices_of_a_month_multiplies_its_levels(factor: float, month: date) -> None:
    frame = dated(300)
    before, after = market_index(frame), market_index(inflated(frame, month, factor))
    ratio = (after["level"] / before["level"]).to_numpy()
    assert after.select("month", "segment", "samples").equals(before.select("month", "segment", "samples"))
    expected = np.where(before["month"].to_numpy() == np.datetime64(month), factor, 1.0)
    np.testing.assert_allclose(ratio, expected, rtol=1e-4)  # prices are whole rupees


@pytest.mark.slow
@settings(max_examples=8)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(random: Any) -> None:
    frame = dated(200)
    rows = list(range(frame.height))
    random.shuffle(rows)
    assert market_index(frame[rows]).equals(market_index(frame))


def test_dearer_cars_on_offer_are_not_a_dearer_market() -> None:
    frame = dated(900, months=(JANUARY, FEBRUARY))
    cheap = pl.col("price_pkr") < frame["price_pkr"].median()
    first = pl.col("listed_on") < FEBRUARY
    shifted = frame.filter((first & cheap) | (~first & ~cheap) | (pl.col("source_key").str.ends_with("7")))
    plain = shifted.group_by(first.alias("first")).agg(pl.col("price_pkr").median()).sort("first")["price_pkr"]
    assert plain[0] > 2 * plain[1]
    assert levels(market_index(shifted))[FEBRUARY] == pytest.approx(100, abs=12)


def test_a_make_that_moves_alone_is_seen_to_move() -> None:
    index = market_index(inflated(dated(1500, months=(JANUARY, FEBRUARY)), FEBRUARY, 1.3, make="Toyota"))
    assert levels(index, "toyota")[FEBRUARY] == pytest.approx(130, abs=7)
    assert levels(index, "honda")[FEBRUARY] == pytest.approx(100, abs=5)
    assert levels(index, "toyota|corolla")[FEBRUARY] == pytest.approx(130, abs=8)
    assert 100 < levels(index)[FEBRUARY] < 130


def test_prices_ten_times_too_high_hardly_change_the_index() -> None:
    frame = dated(600)
    slipped = frame.with_columns(
        price_pkr=pl.when((pl.col("listed_on") >= APRIL) & pl.col("source_key").str.ends_with("1"))
        .then(pl.col("price_pkr") * 10)
        .otherwise("price_pkr")
    )
    assert (slipped["price_pkr"] != frame["price_pkr"]).sum() >= 10
    assert levels(market_index(slipped))[APRIL] == pytest.approx(levels(market_index(frame))[APRIL], abs=2.5)


def test_segments_and_months_with_too_few_ads_are_absent() -> None:
    few = dated(600).filter((pl.col("make") != "BMW") | (pl.col("listed_on") < FEBRUARY)).head(500)
    lone = few.head(1).with_columns(make=pl.lit("Lada"), model=pl.lit("Niva"), listed_on=pl.lit(date(2026, 3, 5)))
    index = market_index(pl.concat([few, lone]))
    assert index.filter(pl.col("segment").str.starts_with("lada")).is_empty()
    assert date(2026, 3, 1) not in levels(index)
    assert market_index(few.head(3)).is_empty()
    assert market_index(few.with_columns(listed_on=pl.lit(None, pl.Date))).is_empty()
