"""The same car with more kilometres is never worth more in the middle."""

from dataclasses import replace

import numpy as np
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.price_bands.artifact import PriceBandModel
from models.price_bands.inputs.columns import CarColumns
from models.price_bands.inputs.encoder import Encoder
from models.price_bands.inputs.features import read_features
from models.price_bands.linear.ridge import fit_linear
from models.price_bands.predict import predict_bands
from tests.examples import examples
from tests.models.price_bands.conftest import AS_OF, MODELS, invented_market

KILOMETRES = [0, 1, 999, 3_000, 12_000, 12_345, 40_000, 77_777, 100_000, 155_000, 230_000, 410_000, 1_000_000]


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    named=st.sampled_from([*MODELS, ("Toyota", "Premio")]),
    year=st.integers(1985, 2026),
    variant=st.sampled_from(["GLi", "VXR 1.3", None, "Turbo"]),
    kilometres=st.lists(st.integers(0, 1_000_000), max_size=8),
)
def test_the_estimate_never_rises_with_mileage(
    model: PriceBandModel, named: tuple[str, str], year: int, variant: str | None, kilometres: list[int]
) -> None:
    ladder = sorted({*KILOMETRES, *kilometres})
    cars = pl.DataFrame(
        {"mileage_km": ladder}, schema_overrides={"mileage_km": pl.Int32}
    ).with_columns(
        make=pl.lit(named[0]), model=pl.lit(named[1]), variant=pl.lit(variant), model_year=pl.lit(year, pl.Int16),
        listed_on=pl.lit(AS_OF),
    )  # fmt: skip
    middles = predict_bands(model, cars)["mid_pkr"].drop_nulls()
    assert (middles.diff().drop_nulls() <= 0).all()


def test_a_market_where_prices_rise_with_mileage_gives_no_rising_estimate() -> None:
    """Odometers that say 1 km on old cars would teach the opposite."""
    market = invented_market(600, seed=9)
    cars = read_features(CarColumns.from_frame(market), as_of=AS_OF)
    encoder = Encoder.fit(cars)
    encoded = encoder.encode(cars)
    backwards = np.log(market["price_pkr"].to_numpy()) + 0.1 * encoded.km
    linear = fit_linear(encoded, backwards, encoder.sizes)
    few = cars.take(slice(40))
    ladder = [encoder.encode(replace(few, km=np.full(40, km / 10))) for km in range(0, 400, 7)]
    found = np.array([linear.predict(each).mileage for each in ladder])
    assert (np.diff(found, axis=0) <= 1e-12).all()
