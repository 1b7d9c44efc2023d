"""A single car and a frame of cars are two doors to one predictor: the same car has the same band by both."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.listing_frame import LISTING_SCHEMA
from core.vocabulary import Assembly, Body, Fuel, Transmission
from models.price_bands.artifact import PriceBandModel, dumps, loads
from models.price_bands.inputs.columns import CarColumns, CarDescription
from models.price_bands.inputs.features import read_features
from models.price_bands.level.correction import fit_level
from models.price_bands.predict import BAND_SCHEMA, predict, predict_bands
from models.price_bands.train import fit_comparables_only
from tests.examples import examples
from tests.models.price_bands.conftest import AS_OF, MODELS, aged_market, invented_market
from tests.trained_models import TrainedModels

Forms = dict[str, PriceBandModel]
COROLLA = CarDescription("Toyota", "Corolla", 2016, "GLi", 90_000, engine_cc=1300)
NAMES = st.sampled_from([*MODELS, ("Toyota", "Corolla Fielder X"), ("HONDA ", "ci-ty"), ("Honda", "Civic.2"),
                         ("Toyota", "Premio"), ("Lada", "Niva"), ("Toyota", "Çorolla"), ("?", "-")])  # fmt: skip
TEXT = st.none() | st.sampled_from(
    ["GLi", "vxr 1.3", "Oriel VXR", "Lahore", "Multan ", "unregistered", "Punjab", "نئی"]
)


def one_of(words: Any) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from([str(word) for word in words])


CARS = st.builds(
    lambda names, **rest: CarDescription(*names, **rest),
    names=NAMES,
    model_year=st.integers(1985, 2030),
    variant=TEXT,
    mileage_km=st.none() | st.integers(0, 300_000) | st.integers(0, 2_000_000),
    fuel=one_of(Fuel) | st.just("petrol"),
    transmission=one_of(Transmission),
    body=one_of(Body),
    assembly=one_of(Assembly),
    engine_cc=st.none() | st.integers(600, 3_000) | st.integers(1, 20_000),
    battery_kwh=st.none() | st.none() | st.floats(1, 300),
    city=TEXT,
    province=TEXT,
    registered_in=TEXT,
)


def by_frame(model: PriceBandModel, cars: list[CarDescription]) -> list[tuple[Any, ...]]:
    schema = {name: LISTING_SCHEMA[name] for name in COROLLA.__dict__}
    return predict_bands(model, pl.DataFrame([car.__dict__ for car in cars], schema=schema)).rows()


def by_cars(model: PriceBandModel, cars: list[CarDescription]) -> list[tuple[Any, ...]]:
    return list(predict(model, CarColumns.from_cars(cars)).rows())


def with_level(model: PriceBandModel, caution: float) -> PriceBandModel:
    """The model after a market that moved by a fifth, more for old cars."""
    assert model.regression is not None
    features = read_features(CarColumns.from_frame(invented_market(150, seed=9)), as_of=AS_OF)
    cars = model.regression.fill(features)
    estimate = model.regression.estimate(cars).log_price
    moved = 0.2 + 0.01 * features.age + 0.001 * (features.cc / 100)
    return replace(model, level=fit_level(cars.features, estimate, moved, caution=caution))


@pytest.fixture(scope="module")
def forms(model: PriceBandModel, market: pl.DataFrame, trained_models: TrainedModels) -> Forms:
    """Models with and without the parts that not all have, as an artefact brings them."""
    history = trained_models.model(aged_market(), as_of=AS_OF)
    assert history.regression is not None
    assert history.regression.price.history is not None
    comparables = fit_comparables_only(market[:50], as_of=AS_OF)
    whole = {"plain": model, "level": with_level(model, 0.0), "history": history, "comparables": comparables}
    return {name: loads(dumps(one)) for name, one in (whole | {"both": with_level(history, 0.5)}).items()}


@pytest.mark.slow
@pytest.mark.parametrize("form", ["plain", "level", "history", "both", "comparables"])
@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(car=CARS)
def test_a_car_has_the_same_band_alone_and_in_a_frame(forms: Forms, form: str, car: CarDescription) -> None:
    assert by_cars(forms[form], [car]) == by_frame(forms[form], [car])


@pytest.mark.slow
def test_cars_of_the_market_have_the_same_band_alone_and_in_a_crowd(forms: Forms) -> None:
    rows = invented_market(150, seed=11).select(COROLLA.__dict__.keys()).iter_rows(named=True)
    cars = [CarDescription(**row) for row in rows]
    for model in forms.values():
        alone = [by_cars(model, [car])[0] for car in cars]
        assert alone == by_cars(model, cars) == by_frame(model, cars)


def test_no_cars_have_no_bands(forms: Forms) -> None:
    assert by_cars(forms["both"], []) == []


def test_a_band_names_its_columns(forms: Forms) -> None:
    named: Mapping[str, Any] = dict(zip(BAND_SCHEMA, by_cars(forms["plain"], [COROLLA])[0], strict=True))
    assert named["method"] == "model"
    assert named["low_pkr"] < named["mid_pkr"] < named["high_pkr"]


def test_threads_do_not_mix_up_their_cars(forms: Forms) -> None:
    model = forms["both"]
    cars = [replace(COROLLA, mileage_km=km) for km in range(0, 300_000, 20_000)]
    expected = by_cars(model, cars)
    assert len(set(expected)) > 5
    wrong: list[CarDescription] = []

    def ask(start: int) -> None:
        for number in range(100):
            at = (start + number) % len(cars)
            if by_cars(model, [cars[at]]) != [expected[at]]:
                wrong.append(cars[at])

    threads = [threading.Thread(target=ask, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
