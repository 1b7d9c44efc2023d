"""Measure bands on cars whose asking price is known, and the plain heuristic to compare them with."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from core.vocabulary import BandMethod
from models.price_bands.calibrate import CLOSE
from models.price_bands.inputs.features import fold
from models.price_bands.inputs.segments import segment_masks
from models.price_bands.predict import BAND_SCHEMA


@dataclass(frozen=True)
class Metrics:
    """Errors as shares of the asking price; coverage and width of the band; all over answered rows."""

    rows: int
    answered: int
    mape: float
    median_ape: float
    coverage: float | None = None
    mean_width: float | None = None  # share of the middle
    mean_confidence: float | None = None
    within_close: float | None = None  # share of prices within 15 % of the middle: what confidence foretells
    within_5: float | None = None  # share of middles within 5 % of the price
    within_10: float | None = None
    within_20: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values, shares to four digits; what nothing was measured of is left out (JSON knows no NaN)."""
        return {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in vars(self).items()
            if value is not None and value == value
        }


def measure(price: pl.Series, bands: pl.DataFrame) -> Metrics:
    """Measure bands (columns of `BAND_SCHEMA`) against asking prices; rows without either do not count."""
    both = bands.select(BAND_SCHEMA.names()).with_columns(price=price.cast(pl.Float64)).filter(pl.col("price") > 0)
    known = both.filter(pl.col("method") != BandMethod.NONE)
    if not known.height:
        return Metrics(both.height, 0, float("nan"), float("nan"))
    error = ((known["mid_pkr"] - known["price"]) / known["price"]).abs()
    inside = (known["price"] >= known["low_pkr"]) & (known["price"] <= known["high_pkr"])
    close = ((known["price"] - known["mid_pkr"]) / known["mid_pkr"]).abs() <= CLOSE
    width = (known["high_pkr"] - known["low_pkr"]) / known["mid_pkr"]
    return Metrics(
        rows=both.height,
        answered=known.height,
        mape=_mean(error),
        median_ape=float(np.median(error.to_numpy())),
        coverage=_mean(inside),
        mean_width=_mean(width),
        mean_confidence=_mean(known["confidence"]),
        within_close=_mean(close),
        **{f"within_{percent}": _mean(error <= percent / 100) for percent in (5, 10, 20)},
    )


def measure_middle(price: pl.Series, middle: pl.Series) -> Metrics:
    """Metrics of point estimates alone."""
    both = pl.DataFrame({"price": price.cast(pl.Float64), "middle": middle.cast(pl.Float64)}).filter(
        pl.col("price") > 0
    )
    known = both.drop_nulls()
    error = ((known["middle"] - known["price"]) / known["price"]).abs()
    if not known.height:
        return Metrics(both.height, 0, float("nan"), float("nan"))
    return Metrics(both.height, known.height, _mean(error), float(np.median(error.to_numpy())))


def by_segment(frame: pl.DataFrame, training: pl.DataFrame, bands: pl.DataFrame) -> dict[str, Metrics]:
    """Measure each of the segments in which bands tend to fail (`inputs.segments`)."""
    masks = segment_masks(frame, training)
    return {name: measure(frame["price_pkr"].filter(mask), bands.filter(mask)) for name, mask in masks.items()}


def median_heuristic(training: pl.DataFrame, frame: pl.DataFrame) -> pl.Series:
    """Estimate by the median price of the same make, model and year; else of make and model; of the make; of all."""
    keys = [fold("make").alias("make"), fold("model").alias("model"), pl.col("model_year").alias("year")]
    known = training.filter(pl.col("price_pkr") > 0).select(*keys, price="price_pkr")
    cars = frame.select(keys)
    for depth in (3, 2, 1):
        by = ["make", "model", "year"][:depth]
        medians = known.group_by(by).agg(pl.col("price").median().alias(f"at{depth}"))
        cars = cars.join(medians, on=by, how="left", maintain_order="left")
    return cars.select(pl.coalesce("at3", "at2", "at1", pl.lit(known["price"].median()))).to_series().alias("middle")


def _mean(values: pl.Series) -> float:
    return float(values.cast(pl.Float64).to_numpy().mean())
