"""A newer year of the same car is hardly ever cheaper by over 2 %, whatever is left unstated."""

import numpy as np
import polars as pl
import pytest

from models.price_bands.artifact import PriceBandModel
from models.price_bands.boosting.other_years import YEARS_APART, other_years
from models.price_bands.inputs.columns import CarColumns, Floats
from models.price_bands.inputs.features import read_features
from models.price_bands.predict import predict_bands
from tests.models.price_bands.conftest import AS_OF, invented_market
from tests.price_curves import OPTIONAL, largest_falls

ALLOWED = 0.02


def falls(model: PriceBandModel, cars: pl.DataFrame) -> Floats:
    """Measure how much cheaper a newer year of each car gets at most, within eight years of its own."""
    return largest_falls(cars, lambda asked: predict_bands(model, asked), newest=AS_OF.year)


def quoted(count: int, *left_out: str) -> pl.DataFrame:
    """Make cars as quotes ask about them: today, with some inputs left out."""
    cars = invented_market(count, seed=9)
    return cars.with_columns(pl.lit(None, cars.schema[name]).alias(name) for name in ("listed_on", *left_out))


@pytest.mark.parametrize(
    "left_out",
    [(), ("mileage_km",), ("variant",), ("variant", "mileage_km"), ("transmission",), ("engine_cc",),
     ("variant", "transmission"), ("variant", "engine_cc"), OPTIONAL],
)  # fmt: skip
def test_hardly_any_car_has_a_newer_year_that_is_cheaper(model: PriceBandModel, left_out: tuple[str, ...]) -> None:
    assert (falls(model, quoted(100, *left_out)) > ALLOWED).mean() <= 0.03  # 0.09 to 0.42 without `smooth_years`


def test_copies_are_the_same_car_at_other_years_that_have_come() -> None:
    cars = read_features(CarColumns.from_frame(invented_market(300)), as_of=AS_OF)
    found = other_years(cars, seed=1)
    assert (found.row[: cars.height] == np.arange(cars.height)).all()
    assert found.features.height > 3 * cars.height
    older, newer = found.pairs.T
    year, age = found.features.year, found.features.age
    assert (found.row[older] == found.row[newer]).all()
    assert (year[older] < year[newer]).all()
    assert year[older] + age[older] == pytest.approx(year[newer] + age[newer])
    assert (age >= 0).all()
    assert np.abs(year - cars.year[found.row]).max() == YEARS_APART
    assert (found.features.km[cars.height :] == cars.km[found.row[cars.height :]]).all()
