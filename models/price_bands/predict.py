"""Scoring: a band for every row, from the regression where it can answer, else from comparables, else a reason.

The documented steps, told by `method`: (1) `model`: the regression knows the model, at most `YEAR_REACH` years outside
those it saw; (2) `family`: the regression knows the model at other years (`FAR_REACH`) or the model family, from fresh
ads or from older ones; its band is calibrated on cars that it knew as little; (3) `comparables`: the nearest cars of
the make; where there is no regression at all, of the model first; (4) `none`, with a `comparables.NoBandReason`.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from core.vocabulary import BandMethod
from models.price_bands.artifact import PriceBandModel
from models.price_bands.boosting.regressor import BY_MODEL, CANNOT, Regression
from models.price_bands.calibrate import LEVELS, Calibration
from models.price_bands.comparables.bands import NoBandReason
from models.price_bands.inputs.encoder import Floats, Ints
from models.price_bands.inputs.features import CAN_BE_PRICED, build
from models.price_bands.level.correction import Level

BAND_SCHEMA = pl.Schema(
    {
        "low_pkr": pl.Int64,  # the band that holds 80 % of asking prices
        "mid_pkr": pl.Int64,
        "high_pkr": pl.Int64,
        "confidence": pl.Float64,  # 0..1, see models.price_bands.calibrate; 0 where there is no band
        "method": pl.String,  # core.vocabulary.BandMethod
        "reason": pl.String,  # comparables.NoBandReason; null unless the method is "none"
        "low_50_pkr": pl.Int64,
        "high_50_pkr": pl.Int64,
        "low_90_pkr": pl.Int64,
        "high_90_pkr": pl.Int64,
    }
)
"""low_90 <= low <= low_50 <= mid <= high_50 <= high <= high_90; all of them null where the method is "none"."""

MAIN_COLUMNS = tuple(BAND_SCHEMA)
"""What is stored and served, in this order: the band of `BAND_LEVEL`, what is said of it, the other levels."""

PRICE_COLUMNS = ("low_90_pkr", "low_pkr", "low_50_pkr", "mid_pkr", "high_50_pkr", "high_pkr", "high_90_pkr")
"""Whole rupees, ascending."""

_WIDTH = len(LEVELS)
HIGHEST_LOG = float(np.log(1e12))
LOWEST_LOG = float(np.log(1e3))


def predict_bands(model: PriceBandModel | None, frame: pl.DataFrame) -> pl.DataFrame:
    """A band for each car, same order and height as `frame`; columns of `BAND_SCHEMA`.

    Args:
        model: None before the first training: every row gets reason `no_model`.
        frame: canonical listing columns; all but make, model and model_year may be missing.
    """
    prices = np.full((frame.height, 2 * _WIDTH + 1), np.nan)  # log, ascending as PRICE_COLUMNS
    confidence = np.zeros(frame.height)
    if model is None:
        return _assemble([None] * frame.height, prices, confidence, [NoBandReason.NO_MODEL] * frame.height)
    if frame.height == 0:
        return pl.DataFrame(schema=BAND_SCHEMA)
    features = build(frame, as_of=model.as_of)
    methods: list[str | None] = [None] * frame.height
    named = features["is_named"].to_list()
    reasons: list[str] = [NoBandReason.IMPOSSIBLE_YEAR if known else NoBandReason.UNNAMED_CAR for known in named]
    possible = features.select(CAN_BE_PRICED).to_series().to_numpy()
    reach = _reach(model.regression, features)
    rows = np.flatnonzero(possible & (reach != CANNOT))
    if model.regression is not None and model.calibration is not None and len(rows):
        prices[rows], confidence[rows] = _regressed(model.regression, model.calibration, model.level, features[rows])
        for row in rows:
            methods[row] = BandMethod.MODEL if reach[row] == BY_MODEL else BandMethod.FAMILY
    left = np.flatnonzero(possible & np.isnan(prices[:, _WIDTH]))
    for row, comparison in zip(left, model.comparables.compare(features[left]), strict=True):
        if comparison.reason is None:
            prices[row] = *comparison.low[::-1], comparison.middle, *comparison.high
            confidence[row] = comparison.confidence
            methods[row] = BandMethod.COMPARABLES
        else:
            reasons[row] = comparison.reason
    return _assemble(methods, prices, confidence, reasons)


def _reach(regression: Regression | None, features: pl.DataFrame) -> Ints:
    if regression is None:
        return np.full(features.height, CANNOT, dtype=np.int64)
    return regression.price.reach(features)


def _regressed(
    regression: Regression, calibration: Calibration, level: Level | None, features: pl.DataFrame
) -> tuple[Floats, Floats]:
    estimates = regression.estimate(features)
    if level is not None:
        estimates = replace(estimates, middle=estimates.middle + level.shift(features, estimates.middle))
    low, high = calibration.bounds(estimates)
    return np.column_stack([low[:, ::-1], estimates.middle, high]), calibration.confidence(estimates)


def _assemble(methods: list[str | None], prices: Floats, confidence: Floats, reasons: list[str]) -> pl.DataFrame:
    known = pl.Series([method is not None for method in methods], dtype=pl.Boolean)
    rupees = _rupees(prices)
    columns: dict[str, Any] = {name: rupees[:, number] for number, name in enumerate(PRICE_COLUMNS)}
    columns["confidence"] = np.clip(np.nan_to_num(confidence), 0.0, 1.0)
    columns["method"] = [method or BandMethod.NONE for method in methods]
    columns["reason"] = [None if method else str(reason) for method, reason in zip(methods, reasons, strict=True)]
    frame = pl.DataFrame({name: columns[name] for name in BAND_SCHEMA}, schema=BAND_SCHEMA, strict=False)
    return frame.with_columns(pl.when(known).then(pl.col(PRICE_COLUMNS)))


def _rupees(logs: Floats) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Prices to three and a half digits (2,537,480 becomes 2,535,000): lows down, highs up, so that none leaves."""
    prices = np.exp(np.clip(np.nan_to_num(logs), LOWEST_LOG, HIGHEST_LOG))
    step = 5.0 * 10.0 ** (np.floor(np.log10(prices)) - 3)
    units = prices / step
    units[:, :_WIDTH] = np.floor(units[:, :_WIDTH])
    units[:, _WIDTH] = np.round(units[:, _WIDTH])
    units[:, _WIDTH + 1 :] = np.ceil(units[:, _WIDTH + 1 :])
    rounded = units * step
    rounded[:, :_WIDTH] = np.minimum(rounded[:, :_WIDTH], rounded[:, [_WIDTH]])
    rounded[:, _WIDTH + 1 :] = np.maximum(rounded[:, _WIDTH + 1 :], rounded[:, [_WIDTH]])
    return np.round(rounded).astype(np.int64)
