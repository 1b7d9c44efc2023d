"""Estimate the days until a car sells at an asking price, from sold cars and from those that did not sell yet.

Sold cars alone would say too few days, since the slow ones are still on offer: these count as cars that took longer
than they were seen (censored). The logarithm of the time is a sum of a few weights plus logistic noise (log-logistic
accelerated failure time), fitted by maximum likelihood. Quantiles are then read from the Kaplan-Meier curve of
unseen cars' residuals, so they hold whatever the true distribution is.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize  # type: ignore[import-untyped]  # it ships no types
from scipy.special import expit, log_expit  # type: ignore[import-untyped]

from models.price_bands.inputs.columns import Booleans, Floats
from models.sale_prices.sales import Offers

QUANTILES = (0.25, 0.5, 0.75)
"""Shares of the cars that are sold within the days that are told."""
_PRIOR = np.array([1e-6, 1e-2, 1.0, 1.0])  # of `INPUTS`: how strongly each weight is pulled to 0


@dataclass(frozen=True)
class Waiting:
    """Weights of `INPUTS` in log days, and the residual at each of `QUANTILES`; None where too few sold so late."""

    weights: tuple[float, ...]
    residuals: tuple[float | None, ...]

    def days(self, offers: Offers) -> Floats:
        """Compute the days within which each of `QUANTILES` of such cars sells: (cars, quantiles); NaN if unknown."""
        middle = offers.inputs @ np.array(self.weights)
        added = np.array([np.nan if each is None else each for each in self.residuals])
        days: Floats = np.maximum(np.expm1(middle[:, None] + added), 0.0)
        return days

    def state(self) -> dict[str, Any]:
        """Return the state as JSON values."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Waiting":
        """Restore what `state` described."""
        return cls(tuple(state["weights"]), tuple(state["residuals"]))


def fit_waiting(offers: Offers, days: Floats, sold: Booleans, weight: Floats) -> Waiting:
    """Fit the weights to two cars of three, and the quantiles to the third, which the fit has not seen.

    Args:
        offers: of cars, in the order in which they came on offer.
        days: on offer.
        sold: whether a sale ended them; else the car took longer.
        weight: of each car.
    """
    log_days = np.log1p(days)
    held = np.arange(len(days)) % 3 == 2
    weights = _fitted(offers.inputs[~held], log_days[~held], sold[~held], weight[~held])
    residual = log_days[held] - offers.inputs[held] @ weights
    found = tuple(quantile(residual, sold[held], weight[held], share) for share in QUANTILES)
    return Waiting(tuple(weights.tolist()), found)


def _fitted(inputs: Floats, log_days: Floats, sold: Booleans, weight: Floats) -> Floats:
    """Maximise the likelihood of the log-logistic model; its scale is fitted as well, and left out."""

    def loss(unknown: Floats) -> tuple[float, Floats]:
        weights, scale = unknown[:-1], np.exp(unknown[-1])
        z = (log_days - inputs @ weights) / scale
        later = expit(z)
        # Density of a sale: e^z / (scale (1 + e^z)²). Still on offer: 1 / (1 + e^z).
        likelihood = log_expit(-z) + np.where(sold, log_expit(z) - unknown[-1], 0.0)
        by_z = np.where(sold, 1.0 - 2 * later, -later) * weight
        value = -float(weight @ likelihood) + float(_PRIOR @ weights**2) / 2
        slope = inputs.T @ by_z / scale + _PRIOR * weights
        by_scale = float(by_z @ z) + float(weight @ sold)
        return value, np.append(slope, by_scale)

    start = np.zeros(inputs.shape[1] + 1)
    start[0] = float(np.median(log_days))
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B").x[:-1], dtype=np.float64)


def curve(values: Floats, sold: Booleans, weight: Floats) -> tuple[Floats, Floats]:
    """Compute the Kaplan-Meier curve: ascending values, and the share of cars that are sold up to each."""
    order = np.lexsort((~sold, values))  # of equal values the sold come first: a car on offer took longer
    values, sold, weight = values[order], sold[order], weight[order]
    at_risk = np.cumsum(weight[::-1])[::-1]
    left = np.cumprod(1 - np.where(sold, weight / at_risk, 0.0))
    return values, 1 - left


def quantile(values: Floats, sold: Booleans, weight: Floats, share: float) -> float | None:
    """Find the value up to which this share of the cars is sold; None where the cars on offer leave it open."""
    ascending, gone = curve(values, sold, weight)
    reached = np.flatnonzero(gone >= share)
    return float(ascending[reached[0]]) if len(reached) else None


def share_sold(values: Floats, sold: Booleans, weight: Floats) -> float:
    """Compute the share of cars that are sold up to 0, counting those on offer for as long as they were seen."""
    ascending, gone = curve(values, sold, weight)
    place = int(np.searchsorted(ascending, 0.0, side="right"))
    return float(gone[place - 1]) if place else 0.0
