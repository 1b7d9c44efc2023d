"""Real ads: train on April, judge on the week after."""

from datetime import date
from pathlib import Path

import polars as pl

from models.price_bands.artifact import PriceBandModel
from models.price_bands.evaluation.drift import profile
from models.price_bands.evaluation.metrics import by_segment, measure, measure_middle, median_heuristic
from models.price_bands.inputs.features import build
from models.price_bands.predict import predict_bands
from models.price_bands.train import fit, market_day
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.price_bands.monitoring import input_warnings, level_warnings
from pipelines.price_bands.samples.choosing import choose_samples
from tests.price_curves import OPTIONAL, largest_falls

FIRST_TEST_DAY = date(2025, 4, 28)


def test_bands_of_real_ads_are_close_and_cover_what_they_say(real_data: Path) -> None:
    ads = parse_feed((real_data / "ads_2025_raw.csv").read_bytes(), load_mapping("classifieds")).listings
    training, excluded = choose_samples(ads.filter(pl.col("listed_on") < FIRST_TEST_DAY))
    assert excluded["call_for_price"] == 80
    test = ads.filter((pl.col("listed_on") >= FIRST_TEST_DAY) & pl.col("price_pkr").is_not_null())
    as_of = market_day(training, otherwise=FIRST_TEST_DAY)
    model = fit(training, as_of=as_of, card={"inputs": profile(build(training, as_of=as_of))})
    bands = predict_bands(model, test)
    true = choose_samples(test)[0]  # the week after is no disaster
    assert (input_warnings(model, true), level_warnings(model, true)) == ([], [])
    metrics, plain = (
        measure(test["price_pkr"], bands),
        measure_middle(test["price_pkr"], median_heuristic(training, test)),
    )
    assert metrics.answered >= 0.98 * test.height
    assert metrics.median_ape <= 0.062 < plain.median_ape
    assert metrics.mape <= 0.106 < plain.mape
    assert metrics.coverage is not None
    assert 0.79 <= metrics.coverage <= 0.82
    assert metrics.mean_width is not None
    assert metrics.mean_width <= 0.35
    for name, segment in by_segment(test, training, bands).items():
        assert (segment.coverage or 0) >= 0.77, name
    assert_newer_years_are_hardly_ever_cheaper(model, test)


def assert_newer_years_are_hardly_ever_cheaper(model: PriceBandModel, test: pl.DataFrame) -> None:
    """Of 150 cars at most so many have a year around theirs that is over 2 % cheaper than an older one."""
    cars = test.drop_nulls(["variant", "mileage_km"]).sample(150, seed=3)
    named = cars.with_columns(pl.lit(None, cars.schema[name]).alias(name) for name in OPTIONAL)
    for asked, most in ((cars, 0.1), (named, 0.05)):
        falls = largest_falls(asked, lambda years: predict_bands(model, years), newest=FIRST_TEST_DAY.year)
        assert (falls > 0.02).mean() <= most
