"""Estimate the sale price for an asking price: a share of it, with a band that is calibrated on unseen sales.

The logarithm of sale price / asking price is a sum of a few weights (`sales.INPUTS`), fitted by a robust ridge; the
band runs between quantiles of what the fit missed on other sales (split conformal), which need no assumption about
how buyers bargain.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from models.price_bands.inputs.columns import Floats
from models.price_bands.linear.robust_ridge import StudentNoise, fit
from models.sale_prices.sales import Offers

LEVEL = 0.8
"""The share of sale prices that the band is to hold."""
_SCALES = np.array([1.0, 1.0, 0.05, 0.05])  # prior standard deviations of the weights of `INPUTS`
_NOISE = StudentNoise(deviation=0.04, freedom=3.0, rounds=8, tolerance=1e-8)


@dataclass(frozen=True)
class Discount:
    """Weights of `INPUTS`, and quantiles of the residuals: the log of sale price / asking price."""

    weights: tuple[float, ...]
    low: float
    high: float

    def shares(self, offers: Offers) -> Floats:
        """Compute the expected share of the asking price, and the ends of its band: (cars, low-mid-high)."""
        middle = offers.inputs @ np.array(self.weights)
        shares: Floats = np.exp(np.column_stack([middle + self.low, middle, middle + self.high]))
        return shares

    def state(self) -> dict[str, Any]:
        """Return the state as JSON values."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Discount":
        """Restore what `state` described."""
        return cls(tuple(state["weights"]), state["low"], state["high"])


def fit_discount(offers: Offers, log_share: Floats, weight: Floats, calibrating: int) -> Discount:
    """Fit the weights to the first sales and the band to the last ones.

    Args:
        offers: of sales.
        log_share: log(sale price / asking price) of each.
        weight: of each, at most 1.
        calibrating: the number of sales, from the last, that the band is calibrated on.
    """
    first = len(log_share) - calibrating
    root = np.sqrt(weight[:first] / weight[:first].mean())
    design = sparse.csr_array(offers.inputs[:first] * root[:, None])
    weights = fit(design, _SCALES, log_share[:first] * root, _NOISE).weights
    residual = log_share[first:] - offers.inputs[first:] @ weights
    inner = min(1.0, (1 - (1 - LEVEL) / 2) * (calibrating + 1) / calibrating)
    low, high = -float(np.quantile(-residual, inner)), float(np.quantile(residual, inner))
    return Discount(tuple(weights.tolist()), min(low, 0.0), max(high, 0.0))
