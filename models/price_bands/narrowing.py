"""Find which unstated inputs of a car would narrow its band, if they were stated as cars of the model have them."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from models.price_bands.artifact import PriceBandModel
from models.price_bands.predict import predict_bands
from models.price_bands.shapley import INPUTS

_LEAST: Final = 0.005
"""Less of the middle than this to each side is not worth a question."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Half of the 80 % band's width as a share of its middle: 0.09 is plus or minus 9 %."""

    input: str  # of `INPUTS`
    now: float
    stated: float  # with the input stated


def narrowings(model: PriceBandModel, car: pl.DataFrame, typical: pl.DataFrame) -> list[Narrowing]:
    """Return the unstated inputs that would narrow the band, the most useful first; none for a car without a band.

    Args:
        model: what answers.
        car: one row of canonical columns.
        typical: one row, the usual car of the same make and model.
    """
    open_inputs = {
        name: columns
        for name, inputs in INPUTS.items()
        if (columns := [column for column in inputs if column in car.columns and column in typical.columns])
        and all(car[column][0] is None for column in columns)
        and any(typical[column][0] is not None for column in columns)
    }
    cars = [
        car,
        *(
            car.with_columns(typical[column].cast(car[column].dtype) for column in columns)
            for columns in open_inputs.values()
        ),
    ]
    bands = predict_bands(model, pl.concat(cars))
    now, *stated = bands.select((pl.col("high_pkr") - pl.col("low_pkr")) / pl.col("mid_pkr") / 2).to_series()
    found = [
        Narrowing(name, round(now, 4), round(width, 4))
        for name, width in zip(open_inputs, stated, strict=True)
        if now is not None and width is not None and now - width >= _LEAST
    ]
    return sorted(found, key=lambda each: (each.stated, each.input))
