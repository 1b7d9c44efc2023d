"""Levels may move as markets move: what goes farther is named, with the feed that moved it."""

import numpy as np
import polars as pl
import pytest

from models.price_bands.evaluation.level_limits import FEWEST_ADS, LevelChange, level_violations
from models.price_bands.inputs.encoder import Floats
from tests.models.price_bands.conftest import invented_market

FEEDS = ("a1", "b2", "c3")
CARS = invented_market(600, seed=21).with_columns(feed=pl.Series([FEEDS[number % 3] for number in range(600)]))


def change(factor: float, where: pl.Expr, *, market: float = 1.0, noise: float = 0.12) -> Floats:
    """Log changes with noise: `market` times everywhere, and `factor` times more where asked."""
    random = np.random.default_rng(3)
    moved = CARS.select(where).to_series().to_numpy()
    return np.log(market) + np.where(moved, np.log(factor), 0.0) + random.normal(0, noise, CARS.height)


def violations(change: Floats, months: float = 1.0) -> list[LevelChange]:
    return level_violations(CARS, change, months=months)


EVERYWHERE = pl.lit(value=True)
HONDA = pl.col("make") == "Honda"


@pytest.mark.parametrize("market", [0.85, 1.0, 1.05, 1.08, 1.25])
def test_market_that_moves_as_a_whole_is_honest(market: float) -> None:
    assert violations(change(1.0, EVERYWHERE, market=market)) == []


@pytest.mark.parametrize("factor", [10.0, 0.1, 100.0, 0.01, 1.6])
def test_make_in_another_unit_is_named(factor: float) -> None:
    found = violations(change(factor, HONDA, market=1.07))
    assert {(each.kind, each.name) for each in found} == {
        ("make", "honda"), ("model", "honda civic"), ("model", "honda city"),
    }  # fmt: skip
    assert all("beside the market" in each.sentence() for each in found)


@pytest.mark.parametrize("factor", [0.6, 1.4])
def test_feed_that_asks_otherwise_than_all_others_is_named(factor: float) -> None:
    found = violations(change(factor, pl.col("feed") == "b2"))
    assert [each.name for each in found if each.kind == "feed"] == ["b2"]
    assert "The feed b2 is at" in found[0].sentence()


def test_model_is_named_with_the_feed_that_moved_it() -> None:
    alto = CARS.with_columns(feed=pl.when(pl.col("model") == "Alto").then(pl.lit("alto-dealer")).otherwise("feed"))
    found = level_violations(alto, change(10.0, pl.col("model") == "Alto"), months=1.0)
    (model,) = [each for each in found if each.kind == "model"]
    assert (model.name, model.feed) == ("suzuki alto", "alto-dealer")
    assert model.sentence().endswith("mostly by ads of the feed alto-dealer.")


def test_whole_market_in_another_unit_is_named() -> None:
    assert [each.kind for each in violations(change(1.0, EVERYWHERE, market=10.0))] == ["market"]
    assert "The market is at 10 times" in violations(change(1.0, EVERYWHERE, market=10.0))[0].sentence()


def test_limits_widen_with_the_months_since_the_champion() -> None:
    moved = change(1.0, EVERYWHERE, market=1.5)
    assert violations(moved) != []
    assert violations(moved, months=6.0) == []


def test_makes_without_a_past_and_few_ads_are_not_compared() -> None:
    moved = change(10.0, HONDA)
    assert level_violations(CARS, moved, months=1.0, known=frozenset({"toyota"})) == []
    assert level_violations(CARS[: FEWEST_ADS - 1], moved[: FEWEST_ADS - 1] + 5.0, months=1.0) == []
    assert level_violations(CARS, np.full(CARS.height, np.nan), months=1.0) == []
