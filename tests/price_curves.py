"""Measure how much cheaper a newer year of the same car is quoted: for invented and for real ads."""

from collections.abc import Callable

import numpy as np
import polars as pl

from models.price_bands.inputs.columns import Floats

OPTIONAL = ("variant", "mileage_km", "transmission", "fuel", "body", "assembly", "engine_cc", "battery_kwh", "city",
            "province", "registered_in")  # fmt: skip
YEARS = 8


def largest_falls(cars: pl.DataFrame, bands: Callable[[pl.DataFrame], pl.DataFrame], *, newest: int) -> Floats:
    """Return, of each car, the largest share by which the middle of a newer year is below that of an older one.

    Years are those within `YEARS` of the car's own, up to `newest`, that the regression answers for the model.
    """
    apart = pl.DataFrame({"apart": range(-YEARS, YEARS + 1)})
    asked = cars.join(apart, how="cross", maintain_order="left")
    year = pl.col("model_year") + pl.col("apart")
    asked = asked.with_columns(model_year=year.cast(cars.schema["model_year"]), has_come=year <= newest)
    found = bands(asked.select(cars.columns))
    middle = found["mid_pkr"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    known = asked["has_come"].to_numpy() & (found["method"] == "model").to_numpy()
    curves = np.where(known, middle, np.nan).reshape(cars.height, -1)
    dearest = np.fmax.accumulate(np.where(np.isnan(curves), 0.0, curves), axis=1)
    below = 1 - curves / np.maximum(dearest, 1.0)
    falls: Floats = np.where(np.isnan(below), 0.0, below).max(axis=1)
    return falls
