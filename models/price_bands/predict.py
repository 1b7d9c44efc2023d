"""Scoring: a band for every car, from the regression where it can answer, else from comparables, else a reason.

The documented steps, told by `method`: (1) `model`: the regression knows the model, at most `YEAR_REACH` years outside
those it saw; (2) `family`: the regression knows the model at other years (`FAR_REACH`) or the model family, from fresh
ads or from older ones; its band is calibrated on cars that it knew as little; (3) `comparables`: the nearest cars of
the make; where there is no regression at all, of the model first; (4) `none`, with a `comparables.NoBandReason`.

One car and a million take the same way: columns in, arrays of bands out (`predict`). A frame is converted at the door.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from core.vocabulary import BandMethod
from models.price_bands.artifact import PriceBandModel
from models.price_bands.boosting.regressor import BY_MODEL, CANNOT
from models.price_bands.calibrate import LEVELS
from models.price_bands.comparables.bands import Comparables, NoBandReason
from models.price_bands.inputs.columns import CarColumns, Floats, Ints
from models.price_bands.inputs.features import CarFeatures, read_features

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
"""The columns that are stored and served, in this order."""

PRICE_COLUMNS = ("low_90_pkr", "low_pkr", "low_50_pkr", "mid_pkr", "high_50_pkr", "high_pkr", "high_90_pkr")
"""Whole rupees, ascending."""

HIGHEST_LOG = float(np.log(1e12))
LOWEST_LOG = float(np.log(1e3))
_WIDTH = len(LEVELS)
_METHODS = (BandMethod.NONE.value, BandMethod.MODEL.value, BandMethod.FAMILY.value, BandMethod.COMPARABLES.value)
_NONE, _MODEL, _FAMILY, _COMPARABLES = range(4)
_REASONS = (*(reason.value for reason in NoBandReason), None)
_NO_REASON = len(_REASONS) - 1
_CODE_OF_REASON = {reason: code for code, reason in enumerate(NoBandReason)}


@dataclass(frozen=True)
class Bands:
    """Bands of cars as arrays; prices as logarithms until `rupees`."""

    log_prices: Floats  # (cars, PRICE_COLUMNS); NaN where there is no band
    confidence: Floats
    method: Ints  # place in `_METHODS`
    reason: Ints  # place in `_REASONS`

    @classmethod
    def empty(cls, height: int, reason: NoBandReason) -> "Bands":
        """Make bands of cars of which nothing can be said, for one reason."""
        return cls(
            np.full((height, len(PRICE_COLUMNS)), np.nan),
            np.zeros(height),
            np.full(height, _NONE, dtype=np.int64),
            np.full(height, _CODE_OF_REASON[reason], dtype=np.int64),
        )

    def rupees(self) -> Ints:
        """Round to three and a half digits (2,537,480 becomes 2,535,000): lows down, highs up, so that none leaves."""
        prices = np.exp(np.fmin(np.fmax(self.log_prices, LOWEST_LOG), HIGHEST_LOG))  # NaN becomes the lowest
        step = 5.0 * 10.0 ** (np.floor(np.log10(prices)) - 3)
        units = prices / step
        units[:, :_WIDTH] = np.floor(units[:, :_WIDTH])
        units[:, _WIDTH] = np.round(units[:, _WIDTH])
        units[:, _WIDTH + 1 :] = np.ceil(units[:, _WIDTH + 1 :])
        rounded = units * step
        middle = rounded[:, [_WIDTH]]
        rounded[:, :_WIDTH] = np.minimum(rounded[:, :_WIDTH], middle)
        rounded[:, _WIDTH + 1 :] = np.maximum(rounded[:, _WIDTH + 1 :], middle)
        return np.round(rounded).astype(np.int64)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield the band of each car as plain values in the order of `MAIN_COLUMNS`."""
        cars = zip(
            self.rupees().tolist(), self.confidence.tolist(), self.method.tolist(), self.reason.tolist(), strict=True
        )
        for prices, confidence, method, reason in cars:
            if method == _NONE:
                yield None, None, None, confidence, _METHODS[_NONE], _REASONS[reason], None, None, None, None
            else:
                low_90, low, low_50, mid, high_50, high, high_90 = prices
                yield low, mid, high, confidence, _METHODS[method], None, low_50, high_50, low_90, high_90

    def to_frame(self) -> pl.DataFrame:
        """Convert to a frame of `BAND_SCHEMA`."""
        known = pl.Series(self.method != _NONE)
        rupees = self.rupees()
        columns: dict[str, Any] = {name: rupees[:, place] for place, name in enumerate(PRICE_COLUMNS)}
        columns["confidence"] = self.confidence
        columns["method"] = pl.Series(_METHODS, dtype=pl.String).gather(self.method)
        columns["reason"] = pl.Series(_REASONS, dtype=pl.String).gather(self.reason)
        frame = pl.DataFrame({name: columns[name] for name in BAND_SCHEMA}, schema=BAND_SCHEMA)
        return frame.with_columns(pl.when(known).then(pl.col(PRICE_COLUMNS)))


def predict_bands(model: PriceBandModel | None, frame: pl.DataFrame) -> pl.DataFrame:
    """Predict a band for each car, same order and height as `frame`; columns of `BAND_SCHEMA`.

    Args:
        model: None before the first training: every row gets reason `no_model`.
        frame: canonical listing columns; all but make, model and model_year may be missing.
    """
    return predict(model, CarColumns.from_frame(frame)).to_frame()


def predict(model: PriceBandModel | None, cars: CarColumns) -> Bands:
    """Predict a band for each car, in order.

    Args:
        model: None before the first training: every car gets reason `no_model`.
        cars: canonical columns.
    """
    if model is None:
        return Bands.empty(cars.height, NoBandReason.NO_MODEL)
    bands = Bands.empty(cars.height, NoBandReason.UNNAMED_CAR)
    features = read_features(cars, as_of=model.as_of)
    bands.reason[features.is_named] = _CODE_OF_REASON[NoBandReason.IMPOSSIBLE_YEAR]
    possible = features.can_be_priced
    if model.regression is not None and model.calibration is not None:
        tier = np.where(possible, model.regression.price.answer_tier(features), CANNOT)
        rows = np.flatnonzero(tier != CANNOT)
        if len(rows):
            asked = features if len(rows) == cars.height else features.take(rows)
            found = _regress(model, asked, tier[rows])
            bands.log_prices[rows], bands.confidence[rows] = found
            bands.method[rows] = np.where(tier[rows] == BY_MODEL, _MODEL, _FAMILY)
    left = np.flatnonzero(possible & np.isnan(bands.log_prices[:, _WIDTH]))
    if len(left):
        _compare(model.comparables, features.take(left), left, bands)
    bands.reason[bands.method != _NONE] = _NO_REASON
    return bands


def _regress(model: PriceBandModel, features: CarFeatures, tier: Ints) -> tuple[Floats, Floats]:
    """Bands and confidence of cars that the regression knows."""
    regression, calibration = model.regression, model.calibration
    assert regression is not None and calibration is not None  # noqa: S101, PT018  (asked for nothing else)
    cars = regression.fill(features)
    estimates = regression.estimate(cars, tier)
    if model.level is not None:
        shift = model.level.shift(cars.features, estimates.log_price)
        estimates = replace(estimates, log_price=estimates.log_price + shift)
    low, high, confidence = calibration.bands(estimates)
    return np.concatenate([low[:, ::-1], estimates.log_price[:, None], high], axis=1), confidence


def _compare(comparables: Comparables, features: CarFeatures, rows: Ints, bands: Bands) -> None:
    """Put bands of comparable cars, or the reason why there are none, into `rows` of `bands`."""
    for row, comparison in zip(rows.tolist(), comparables.compare(features), strict=True):
        if comparison.reason is None:
            bands.log_prices[row] = *comparison.low[::-1], comparison.estimate, *comparison.high
            bands.confidence[row] = comparison.confidence
            bands.method[row] = _COMPARABLES
        else:
            bands.method[row] = _NONE
            bands.reason[row] = _CODE_OF_REASON[comparison.reason]
