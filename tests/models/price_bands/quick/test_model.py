"""The quick form answers what `predict_bands` answers, or leaves the car to it."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.listing_frame import LISTING_SCHEMA
from core.vocabulary import Assembly, Body, Fuel, Transmission
from models.price_bands.artifact import PriceBandModel, dumps, loads
from models.price_bands.inputs.features import build
from models.price_bands.level.correction import fit_level
from models.price_bands.predict import BAND_SCHEMA, predict_bands
from models.price_bands.quick.car import AskedCar
from models.price_bands.quick.model import QuickModel
from models.price_bands.train import fit, fit_comparables_only
from tests.models.price_bands.conftest import AS_OF, MODELS, invented_market

Forms = dict[str, tuple[PriceBandModel, QuickModel]]
COROLLA = AskedCar("Toyota", "Corolla", 2016, "GLi", 90_000, engine_cc=1300)
NAMES = st.sampled_from([*MODELS, ("Toyota", "Corolla Fielder X"), ("HONDA ", "ci-ty"), ("Honda", "Civic.2"),
                         ("Toyota", "Premio"), ("Lada", "Niva"), ("Toyota", "Çorolla"), ("?", "-")])  # fmt: skip
TEXT = st.none() | st.sampled_from(
    ["GLi", "vxr 1.3", "Oriel VXR", "Lahore", "Multan ", "unregistered", "Punjab", "نئی"]
)


def one_of(words: Any) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from([str(word) for word in words])


CARS = st.builds(
    lambda names, **rest: AskedCar(*names, **rest),
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


def slow(model: PriceBandModel, car: AskedCar) -> Mapping[str, Any]:
    schema = {name: LISTING_SCHEMA[name] for name in car.__dict__}
    return predict_bands(model, pl.DataFrame([car.__dict__], schema=schema)).row(0, named=True)


def with_level(model: PriceBandModel, caution: float) -> PriceBandModel:
    """The model after a market that moved by a fifth, more for old cars."""
    assert model.regression is not None
    fresh = invented_market(150, seed=9)
    features = build(fresh, as_of=AS_OF)
    middle = model.regression.estimate(features).middle
    moved = 0.2 + 0.01 * features["age"].to_numpy() + 0.001 * (features["cc"].to_numpy() / 100)
    return replace(model, level=fit_level(features, middle, moved, caution=caution))


def with_history() -> PriceBandModel:
    old = invented_market(1_500, seed=5).with_columns(
        (pl.col("price_pkr") / 2).cast(pl.Int64), pl.col("model_year") - 3, pl.col("listed_on") - timedelta(days=1_096),
        model=pl.col("model") + " GLX",
    )  # fmt: skip
    found = fit(pl.concat([invented_market(250, seed=6), old]), as_of=AS_OF)
    assert found.regression is not None
    assert found.regression.price.history is not None
    return found


@pytest.fixture(scope="module")
def forms(model: PriceBandModel) -> Forms:
    """Models with and without the parts that not all have, as an artefact brings them, and their quick forms."""
    plain = {"plain": model, "level": with_level(model, 0.0), "history": with_history()}
    whole = plain | {"both": with_level(plain["history"], 0.5)}
    loaded = {name: loads(dumps(one)) for name, one in whole.items()}
    return {name: (one, quick(one)) for name, one in loaded.items()}


def quick(model: PriceBandModel) -> QuickModel:
    found = QuickModel.of(model)
    assert found is not None
    return found


@pytest.mark.parametrize("form", ["plain", "level", "history", "both"])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(car=CARS)
def test_a_quick_band_is_the_band(forms: Forms, form: str, car: AskedCar) -> None:
    model, quick_form = forms[form]
    found, expected = quick_form.band(car), slow(model, car)
    ascii_only = all(str(value).isascii() for value in car.__dict__.values())
    assert (found is not None) == (ascii_only and expected["method"] in ("model", "family"))
    if found is not None:
        named = dict(zip(BAND_SCHEMA, found, strict=True))
        assert named.pop("confidence") == pytest.approx(expected["confidence"], abs=1e-9)
        assert named == {name: value for name, value in expected.items() if name != "confidence"}


def test_cars_of_the_market_are_answered_quickly_to_the_last_rupee(
    forms: Forms,
) -> None:
    cars = invented_market(300, seed=11).drop("listed_on")
    for model, quick_form in forms.values():
        asked = [AskedCar(**row) for row in cars.select(COROLLA.__dict__.keys()).iter_rows(named=True)]
        expected = predict_bands(model, cars).drop("confidence").rows()
        found = [quick_form.band(car) for car in asked]
        assert [None if row is None else (*row[:3], *row[4:]) for row in found] == expected


def test_a_model_of_comparables_alone_has_no_quick_form(market: pl.DataFrame) -> None:
    assert QuickModel.of(fit_comparables_only(market[:50], as_of=AS_OF)) is None


def test_threads_do_not_mix_up_their_cars(forms: Forms) -> None:
    quick_form = forms["plain"][1]
    cars = [replace(COROLLA, mileage_km=km) for km in range(0, 300_000, 20_000)]
    expected = [quick_form.band(car) for car in cars]
    assert len(set(expected)) > 5
    wrong: list[AskedCar] = []

    def ask(start: int) -> None:
        for number in range(400):
            at = (start + number) % len(cars)
            if quick_form.band(cars[at]) != expected[at]:
                wrong.append(cars[at])

    threads = [threading.Thread(target=ask, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
