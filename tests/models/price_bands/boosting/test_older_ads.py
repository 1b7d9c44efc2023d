"""Older ads teach how cars compare, not what they cost today."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from models.price_bands.artifact import dumps, loads
from models.price_bands.boosting.older_ads import FEWEST_OLD, GONE_AFTER_DAYS, HISTORY_INPUTS, is_old, older_ads
from models.price_bands.evaluation.metrics import measure
from models.price_bands.inputs.columns import CarColumns
from models.price_bands.inputs.features import read_features
from models.price_bands.predict import predict_bands
from models.price_bands.train import fit, market_day, split_history
from tests.models.price_bands.conftest import AS_OF, YEARS_AGO, aged_market, invented_market
from tests.trained_models import TrainedModels

AGED = aged_market()


def test_only_ads_with_an_old_date_are_old() -> None:
    days = pl.Series([AS_OF, AS_OF - timedelta(days=365), AS_OF - timedelta(days=366), None], dtype=pl.Date)
    assert is_old(days, as_of=AS_OF).to_list() == [False, False, True, False]


def test_a_removed_ad_is_old_sooner() -> None:
    days = [AS_OF - timedelta(days=age) for age in (GONE_AFTER_DAYS, GONE_AFTER_DAYS + 1, 366)]
    ads = pl.DataFrame({"listed_on": [*days, None]}, schema={"listed_on": pl.Date})
    gone, live = (ads.with_columns(is_live=pl.lit(value=value)) for value in (False, True))
    assert older_ads(gone, as_of=AS_OF).to_list() == [False, True, True, False]
    assert older_ads(live, as_of=AS_OF).to_list() == [False, False, True, False]
    assert older_ads(ads, as_of=AS_OF).to_list() == [False, False, True, False]


def test_the_market_day_is_today_where_most_ads_have_no_day() -> None:
    today, none = AS_OF + timedelta(days=9), [None] * 2
    for days, day in (([AS_OF, AS_OF, *none], AS_OF), ([AS_OF, *none], today), (none, today), ([], today)):
        ads = pl.DataFrame({"listed_on": days}, schema={"listed_on": pl.Date})
        assert market_day(ads, otherwise=today) == day


def test_older_ads_set_no_level_and_make_estimates_better(trained_models: TrainedModels) -> None:
    unseen = invented_market(1_500, seed=7)

    def error(market: pl.DataFrame) -> float:
        model = trained_models.model(market, as_of=AS_OF)
        return measure(unseen["price_pkr"], predict_bands(model, unseen)).median_ape

    assert error(AGED) < error(AGED[:250]) < 0.25


def test_history_estimates_the_same_year_and_the_same_age() -> None:
    fresh, history = split_history(AGED, as_of=AS_OF)
    assert fresh.height == 250
    assert history is not None
    assert history.years_ago == pytest.approx(YEARS_AGO, abs=0.2)
    car = pl.DataFrame(
        [{"make": "Toyota", "model": "Corolla", "model_year": AS_OF.year - 10, "engine_cc": 1800, "listed_on": AS_OF}]
    )
    (inputs,) = history.inputs(read_features(CarColumns.from_frame(car), as_of=AS_OF))
    found = dict(zip(HISTORY_INPUTS, inputs, strict=True))
    assert found["then_same_year"] > found["then_same_age"]  # it was three years younger then
    assert found["then_family_count"] > np.log(100)


@pytest.mark.usefixtures("few_folds")
def test_too_few_older_ads_are_left_out_altogether(trained_models: TrainedModels) -> None:
    few = AGED[: 250 + FEWEST_OLD - 1]
    assert split_history(few, as_of=AS_OF)[1] is None
    assert dumps(fit(few, as_of=AS_OF)) == trained_models.artefact(AGED[:250], as_of=AS_OF)


def test_a_market_that_is_old_throughout_is_taken_as_it_is() -> None:
    old = AGED[250:]
    frame, history = split_history(old, as_of=date(2030, 1, 1))
    assert history is None
    assert_frame_equal(frame, old)


def test_the_artefact_keeps_the_history(trained_models: TrainedModels) -> None:
    model = trained_models.model(AGED, as_of=AS_OF)
    data = dumps(model)
    assert data == trained_models.artefact(AGED, as_of=AS_OF)
    cars = invented_market(50, seed=8)
    assert_frame_equal(predict_bands(loads(data), cars), predict_bands(model, cars))
