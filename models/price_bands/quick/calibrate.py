"""Widths and confidence for one car: the segments' quantiles, computed once by `Calibration` itself."""

import math
from bisect import bisect_right

import numpy as np

from models.price_bands.boosting.regressor import Estimates
from models.price_bands.calibrate import (
    AGE_EDGES,
    BAND_LEVEL,
    CLOSE,
    COUNT_EDGES,
    DAMPING,
    LEVELS,
    Calibration,
)
from models.price_bands.predict import HIGHEST_LOG, LOWEST_LOG

Row = tuple[int, int, int, float, str, None, int, int, int, int]
"""A row of `predict.BAND_SCHEMA` that has a band."""

_ABOVE, _BELOW = float(np.log(1 + CLOSE)), float(np.log(1 - CLOSE))
_MAIN = LEVELS.index(BAND_LEVEL)
_WIDTH = len(LEVELS)
_LEAST_WIDTH = 1e-6
_STEPS: list[float] = (5.0 * 10.0 ** (np.arange(16, dtype=np.float64) - 3)).tolist()
"""What prices are rounded to, by the whole part of their decimal logarithm."""


class QuickCalibration:
    """The quantiles of each pair of age and count of peers."""

    def __init__(self, calibration: Calibration) -> None:
        ages, counts = [AGE_EDGES[0] - 1, *AGE_EDGES], [COUNT_EDGES[0] - 1, *COUNT_EDGES]
        pairs = np.array([(age, count) for age in ages for count in counts])
        # A middle of 0 and a spread of 1: the bounds are the quantiles.
        plain = Estimates(np.zeros(len(pairs)), np.ones(len(pairs)), pairs[:, 1], pairs[:, 0])
        low, high = calibration.bounds(plain)
        width = (high - low)[:, _MAIN] / (calibration.upper[""][_MAIN] - calibration.lower[""][_MAIN])
        # As predict.PRICE_COLUMNS: from the widest low over the middle to the widest high.
        quantiles = np.column_stack([low[:, ::-1], np.zeros(len(pairs)), high])
        self._segments = list(zip(quantiles, np.maximum(width, _LEAST_WIDTH).tolist(), strict=True))
        self._table: list[float] = calibration.table.tolist()
        self._shares: list[float] = np.linspace(0.0, 1.0, len(self._table)).tolist()

    def row(self, middle: float, spread: float, peers: float, age: float, method: str) -> Row:
        """The band of an estimate."""
        quantiles, width = self._segments[
            bisect_right(AGE_EDGES, age) * (len(COUNT_EDGES) + 1) + bisect_right(COUNT_EDGES, peers)
        ]
        scale = np.power(spread, DAMPING)
        logs = middle + quantiles * scale
        if not (logs[0] > LOWEST_LOG and logs[-1] < HIGHEST_LOG):  # they ascend
            logs = np.clip(logs, LOWEST_LOG, HIGHEST_LOG)
        prices = np.exp(logs)
        low_90, low, low_50, mid, high_50, high, high_90 = _rounded(prices.tolist(), np.log10(prices).tolist())
        confidence = self._confidence(float(scale) * width)
        return low, mid, high, confidence, method, None, low_50, high_50, low_90, high_90

    def _confidence(self, scale: float) -> float:
        return min(max(self._share_below(_ABOVE / scale) - self._share_below(_BELOW / scale), 0.0), 1.0)

    def _share_below(self, residual: float) -> float:
        """As `np.interp`."""
        table, shares = self._table, self._shares
        if residual >= table[-1]:
            return shares[-1]
        if residual < table[0]:
            return shares[0]
        at = bisect_right(table, residual) - 1
        return (shares[at + 1] - shares[at]) / (table[at + 1] - table[at]) * (residual - table[at]) + shares[at]


def _rounded(prices: list[float], logs: list[float]) -> list[int]:
    """As `predict_bands` rounds: lows down, highs up, none beyond the middle."""
    steps = [_STEPS[int(log)] for log in logs]
    mid = round(prices[_WIDTH] / steps[_WIDTH]) * steps[_WIDTH]
    lows = [min(math.floor(price / step) * step, mid) for price, step in zip(prices[:_WIDTH], steps, strict=False)]
    above = zip(prices[_WIDTH + 1 :], steps[_WIDTH + 1 :], strict=True)
    highs = [max(math.ceil(price / step) * step, mid) for price, step in above]
    return [round(price) for price in (*lows, mid, *highs)]
