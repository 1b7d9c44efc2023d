"""Scoring: a band for every row, from the regression where it can answer, else from comparables, else a reason.

The documented steps: (1) the regression answers for a model of which training saw at least `FEWEST_OF_MODEL` cars, at
most `YEAR_REACH` years outside the years it saw (knowing one car it is still half as far off as comparables are);
(2) comparables of the model, then of the make; (3) no band, with one of `comparables.NoBandReason`.
"""

import numpy as np
import polars as pl

from core.vocabulary import BandMethod
from models.price_bands.artifact import PriceBandModel
from models.price_bands.calibrate import Calibration
from models.price_bands.comparables import NoBandReason
from models.price_bands.encode import Floats
from models.price_bands.features import CAN_BE_PRICED, build
from models.price_bands.regression import Regression

FEWEST_OF_MODEL = 1
YEAR_REACH = 5

BAND_SCHEMA = pl.Schema(
    {
        "low_pkr": pl.Int64,
        "mid_pkr": pl.Int64,
        "high_pkr": pl.Int64,
        "confidence": pl.Float64,  # 0..1, see models.price_bands.calibrate; 0 where there is no band
        "method": pl.String,  # core.vocabulary.BandMethod
        "reason": pl.String,  # comparables.NoBandReason; null unless the method is "none"
    }
)
_HIGHEST_LOG = float(np.log(1e12))
_LOWEST_LOG = float(np.log(1e3))


def predict_bands(model: PriceBandModel | None, frame: pl.DataFrame) -> pl.DataFrame:
    """A band for each car, same order and height as `frame`; columns of `BAND_SCHEMA`.

    Args:
        model: None before the first training: every row gets reason `no_model`.
        frame: canonical listing columns; all but make, model and model_year may be missing.
    """
    if model is None:
        return _assemble([None] * frame.height, np.full((frame.height, 4), np.nan), NoBandReason.NO_MODEL)
    if frame.height == 0:
        return pl.DataFrame(schema=BAND_SCHEMA)
    features = build(frame, as_of=model.as_of)
    numbers = np.full((frame.height, 4), np.nan)  # low, middle, high as log price; confidence
    methods: list[str | None] = [None] * frame.height
    named = features["is_named"].to_list()
    reasons: list[str] = [NoBandReason.IMPOSSIBLE_YEAR if known else NoBandReason.UNNAMED_CAR for known in named]
    possible = features.select(CAN_BE_PRICED).to_series().to_numpy()
    rows = np.flatnonzero(possible & _answerable(model.regression, features))
    if model.regression is not None and model.calibration is not None and len(rows):
        numbers[rows] = _regressed(model.regression, model.calibration, features[rows])
        for row in rows:
            methods[row] = BandMethod.MODEL
    left = np.flatnonzero(possible & np.isnan(numbers[:, 1]))
    for row, comparison in zip(left, model.comparables.compare(features[left]), strict=True):
        if comparison.reason is None:
            numbers[row] = comparison.low, comparison.middle, comparison.high, comparison.confidence
            methods[row] = BandMethod.COMPARABLES
        else:
            reasons[row] = comparison.reason
    return _assemble(methods, numbers, reasons)


def _answerable(regression: Regression | None, features: pl.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    if regression is None:
        return np.zeros(features.height, dtype=np.bool_)
    first, last, count = regression.price.encoder.years_of_model(features)
    year = features["model_year"].cast(pl.Float64).fill_null(0.0).to_numpy()
    return (count >= FEWEST_OF_MODEL) & (year >= first - YEAR_REACH) & (year <= last + YEAR_REACH)


def _regressed(regression: Regression, calibration: Calibration, features: pl.DataFrame) -> Floats:
    estimates = regression.estimate(features)
    low, high = calibration.bounds(estimates)
    return np.column_stack([low, estimates.middle, high, calibration.confidence(estimates)])


def _assemble(methods: list[str | None], numbers: Floats, reasons: list[str] | str) -> pl.DataFrame:
    known = np.array([method is not None for method in methods], dtype=np.bool_)
    if isinstance(reasons, str):
        reasons = [reasons] * len(methods)
    low, mid, high = _rupees(numbers[:, :3]).T
    columns = {
        "low_pkr": low,
        "mid_pkr": mid,
        "high_pkr": high,
        "confidence": np.clip(np.nan_to_num(numbers[:, 3]), 0.0, 1.0),
        "method": [method or BandMethod.NONE for method in methods],
        "reason": [None if method else str(reason) for method, reason in zip(methods, reasons, strict=True)],
    }
    frame = pl.DataFrame(columns, schema=BAND_SCHEMA, strict=False)
    return frame.with_columns(pl.when(pl.Series(known)).then(pl.col("low_pkr", "mid_pkr", "high_pkr")))


def _rupees(logs: Floats) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Prices to three and a half digits (2,537,480 becomes 2,535,000): low down, high up, so that none leaves."""
    prices = np.exp(np.clip(np.nan_to_num(logs), _LOWEST_LOG, _HIGHEST_LOG))
    step = 5.0 * 10.0 ** (np.floor(np.log10(prices)) - 3)
    units = prices / step
    rounded = np.column_stack([np.floor(units[:, 0]), np.round(units[:, 1]), np.ceil(units[:, 2])]) * step
    rounded[:, 0] = np.minimum(rounded[:, 0], rounded[:, 1])
    rounded[:, 2] = np.maximum(rounded[:, 2], rounded[:, 1])
    return np.round(rounded).astype(np.int64)
