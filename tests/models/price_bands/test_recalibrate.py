"""Between trainings: a market that moved is followed without new trees, and bands cover again."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from models.price_bands.artifact import PriceBandModel, dumps, loads
from models.price_bands.evaluation.metrics import measure
from models.price_bands.predict import predict_bands
from models.price_bands.recalibrate import recalibrate
from tests.models.price_bands.conftest import AS_OF, invented_market

LATER = AS_OF + timedelta(days=21)


def later_market(count: int, *, factor: float, noise: float = 0.0, seed: int = 31) -> pl.DataFrame:
    """Three weeks later: all prices times `factor`, with more noise."""
    more = np.exp(np.random.default_rng(seed).normal(0, noise, count)) if noise else np.ones(count)
    return invented_market(count, seed=seed).with_columns(
        price_pkr=(pl.col("price_pkr") * factor * pl.Series(more)).cast(pl.Int64), listed_on=pl.lit(LATER)
    )


def adapted(model: PriceBandModel, fresh: pl.DataFrame) -> PriceBandModel:
    return recalibrate(model, fresh, fresh, as_of=LATER, card={"parent": "v1"})


def test_a_market_that_rose_is_followed(model: PriceBandModel) -> None:
    after = adapted(model, later_market(300, factor=1.25))
    unseen = later_market(1_500, factor=1.25, seed=32)
    before = measure(unseen["price_pkr"], predict_bands(model, unseen))
    now = measure(unseen["price_pkr"], predict_bands(after, unseen))
    assert before.coverage is not None
    assert before.coverage < 0.6
    assert now.coverage is not None
    assert 0.75 < now.coverage < 0.88  # three hundred ads leave it three points of noise
    assert now.median_ape < 0.65 * before.median_ape
    assert after.level is not None
    assert after.regression is model.regression


def test_a_market_that_became_noisier_widens_the_bands(model: PriceBandModel) -> None:
    after = adapted(model, later_market(600, factor=1.0, noise=0.25))
    unseen = later_market(1_500, factor=1.0, noise=0.25, seed=33)
    before, now = (measure(unseen["price_pkr"], predict_bands(each, unseen)) for each in (model, after))
    assert before.coverage is not None
    assert before.coverage < 0.65
    assert now.coverage == pytest.approx(0.8, abs=0.06)


def test_an_unchanged_market_changes_little_and_nothing_for_the_worse(model: PriceBandModel) -> None:
    """Of twelve draws of 400 ads each made the error smaller, by 0.3 to 1.1 points, and moved bands by 2 to 5 %."""
    after, unseen = adapted(model, later_market(400, factor=1.0, seed=35)), later_market(1_500, factor=1.0, seed=34)
    before, now = (predict_bands(each, unseen) for each in (model, after))
    moved = now["mid_pkr"].to_numpy() / before["mid_pkr"].to_numpy() - 1
    assert float(np.nanmedian(np.abs(moved))) < 0.06
    assert measure(unseen["price_pkr"], now).median_ape < measure(unseen["price_pkr"], before).median_ape + 0.001


def test_a_make_that_moved_alone_is_followed_alone(model: PriceBandModel) -> None:
    dearer = pl.when(pl.col("make") == "Suzuki").then(1.3).otherwise(1.0)
    fresh = later_market(500, factor=1.0).with_columns(price_pkr=(pl.col("price_pkr") * dearer).cast(pl.Int64))
    unseen = invented_market(400, seed=39)
    moved = np.log(
        predict_bands(adapted(model, fresh), unseen)["mid_pkr"].to_numpy()
        / predict_bands(model, unseen)["mid_pkr"].to_numpy()
    )
    suzuki = (unseen["make"] == "Suzuki").to_numpy()
    assert np.nanmedian(moved[suzuki]) > 0.15
    assert abs(np.nanmedian(moved[~suzuki])) < 0.1


def test_recalibrating_twice_starts_from_the_trees_again_and_comes_back_from_bytes(model: PriceBandModel) -> None:
    once = adapted(model, later_market(300, factor=1.2))
    twice = adapted(once, later_market(300, factor=1.44, seed=36))
    assert twice.level is not None
    read = loads(dumps(twice))
    assert dumps(read) == dumps(twice)
    cars = invented_market(200, seed=37)
    moved = predict_bands(twice, cars)["mid_pkr"].to_numpy() / predict_bands(model, cars)["mid_pkr"].to_numpy()
    assert float(np.nanmedian(moved)) == pytest.approx(1.44, abs=0.06)
    assert predict_bands(read, cars).equals(predict_bands(twice, cars))


def test_bands_stay_ordered_after_recalibration(model: PriceBandModel) -> None:
    bands = predict_bands(adapted(model, later_market(200, factor=0.8, noise=0.3)), invented_market(300, seed=38))
    known = bands.drop_nulls("mid_pkr")
    names = ["low_90_pkr", "low_pkr", "low_50_pkr", "mid_pkr", "high_50_pkr", "high_pkr", "high_90_pkr"]
    assert (np.diff(known.select(names).to_numpy(), axis=1) >= 0).all()


def test_a_model_without_a_regression_is_refused(model: PriceBandModel) -> None:
    plain = PriceBandModel(AS_OF, model.comparables)
    with pytest.raises(ValueError, match="regression"):
        adapted(plain, later_market(100, factor=1.0))
