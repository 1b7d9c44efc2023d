"""Measure a model on prices that are newer than it. Pure."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from models.price_bands.artifact import PriceBandModel
from models.price_bands.evaluation.drift import FEWEST_CARS, drift
from models.price_bands.evaluation.metrics import measure
from models.price_bands.inputs.columns import Floats
from models.price_bands.inputs.features import build
from models.price_bands.inputs.segments import segment_masks
from models.price_bands.predict import predict_bands

_MEDIAN_NOISE = 1.2533  # standard error of a median beside that of a mean, in normal noise
_MAD_TO_DEVIATION = 1.4826
MOST_WEEKS = 12


@dataclass(frozen=True)
class Measured:
    """Rows for `price_accuracy` and `price_drift`, without day and version."""

    accuracy: list[dict[str, Any]]
    drift: list[dict[str, Any]]


def measure_model(model: PriceBandModel, fresh: pl.DataFrame, training: pl.DataFrame) -> Measured:
    """Measure coverage, width, errors and level of each segment and week, and drift of each input.

    Args:
        model: the champion.
        fresh: priced cars whose price the model has not seen.
        training: what the model learnt from, or what is nearest to it; says which models are rare.
    """
    if fresh.is_empty():
        return Measured([], [])
    bands = predict_bands(model, fresh)
    masks = {"all": pl.Series([True] * fresh.height)} | segment_masks(fresh, training) | _weeks(fresh)
    accuracy = [_measures(name, fresh.filter(mask), bands.filter(mask)) for name, mask in masks.items()]
    inputs = model.card.get("inputs", {})
    if fresh.height < FEWEST_CARS:
        inputs = {}
    found = drift(inputs, build(fresh, as_of=model.as_of))
    return Measured(
        accuracy, [{"input": name, "rows": fresh.height, "psi": round(psi, 4)} for name, psi in found.items()]
    )


def _measures(name: str, cars: pl.DataFrame, bands: pl.DataFrame) -> dict[str, Any]:
    metrics = measure(cars["price_pkr"], bands).as_json()
    asked = cars["price_pkr"].cast(pl.Float64).to_numpy()
    middle = bands["mid_pkr"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    level, error = level_of(np.log(asked / middle))
    wanted = ("rows", "answered", "coverage", "mean_width", "median_ape", "mape")
    return {"segment": name, **{key: metrics.get(key) for key in wanted}, "level": level, "level_error": error}


def level_of(residual: Floats) -> tuple[float | None, float | None]:
    """Compute the median of log(asked / middle) and its standard error; None where nothing was answered."""
    known = residual[~np.isnan(residual)]
    if not len(known):
        return None, None
    level = float(np.median(known))
    deviation = _MAD_TO_DEVIATION * float(np.median(np.abs(known - level)))
    return round(level, 5), round(_MEDIAN_NOISE * deviation / float(np.sqrt(len(known))), 5)


def _weeks(fresh: pl.DataFrame) -> dict[str, pl.Series]:
    """Mark the newest weeks of the ads: `week 2026-W45`; ads without a day are in none."""
    weeks = fresh.select(pl.col("listed_on").dt.strftime("week %G-W%V").alias("week")).to_series()
    newest = sorted(set(weeks.drop_nulls().to_list()))[-MOST_WEEKS:]
    return {week: (weeks == week).fill_null(value=False) for week in newest}
