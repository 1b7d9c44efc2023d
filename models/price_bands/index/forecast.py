"""Forecast the level of a segment of the market index, with an interval that its own past forecasts call for. Pure.

Two forecasts are compared on rolling origins, each from the months up to its origin alone: no change, and the mean
monthly move of the last year carried on. No change is given unless the other was better by more than one standard
error. The interval holds four in five: a conformal quantile of the absolute errors of those same past forecasts
(Vovk et al. 2005, section 2). Forecasts from neighbouring months share most of their time, so `h` months ahead `n`
origins count as `n / h`, and with few of them the interval is as wide as the largest past error.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import numpy as np

from models.price_bands.inputs.columns import Floats

MONTHS_AHEAD: Final = (3, 6)
INTERVAL: Final = 0.8
FEWEST_ORIGINS: Final = 12
_MOVES_OF: Final = 12
"""Months whose mean move is carried on."""
_FEWEST_MOVES: Final = 6


class ForecastMethod(StrEnum):
    """Name the ways in which a forecast is made."""

    NO_CHANGE = "no_change"
    DRIFT = "drift"


@dataclass(frozen=True, slots=True)
class Forecast:
    """The level of a later month, and how far past forecasts of as many months ahead were off."""

    months_ahead: int
    month: date
    level: float
    low: float  # of four in five
    high: float
    method: ForecastMethod
    origins: int  # past months from which the same was forecast
    error: float  # their mean absolute error as a share of the level, by the method that is given
    error_no_change: float
    error_drift: float


def forecast(months: Sequence[date], levels: Sequence[float]) -> list[Forecast]:
    """Forecast `MONTHS_AHEAD` from the newest month; horizons with fewer than `FEWEST_ORIGINS` are left out.

    Args:
        months: first days, ascending; months without ads enough may be absent.
        levels: of each, above 0.
    """
    if not months:
        return []
    place = np.array([month.year * 12 + month.month - 1 for month in months])
    by_month = np.full(place[-1] - place[0] + 1, np.nan)
    by_month[place - place[0]] = np.log(levels)
    found = (_ahead(by_month, months[-1], horizon) for horizon in MONTHS_AHEAD)
    return [each for each in found if each is not None]


def _ahead(level: Floats, newest: date, horizon: int) -> Forecast | None:
    """Forecast so many months ahead of the last of `level`: logarithms by month, NaN where there is none."""
    moves = np.array([_mean_move(level[: end + 1]) for end in range(len(level))]) * horizon
    actual = level[horizon:] - level[:-horizon]
    drifts = moves[:-horizon]
    known = ~np.isnan(actual) & ~np.isnan(drifts)
    errors = {ForecastMethod.NO_CHANGE: np.abs(actual[known]), ForecastMethod.DRIFT: np.abs((actual - drifts)[known])}
    origins = int(known.sum())
    if origins < FEWEST_ORIGINS:
        return None
    gain = errors[ForecastMethod.NO_CHANGE] - errors[ForecastMethod.DRIFT]
    # A year without a month has no mean move to carry on; else the gain is measured in independent origins.
    noise = float(gain.std(ddof=1)) / np.sqrt(origins / horizon)
    method = ForecastMethod.DRIFT if gain.mean() > noise and not np.isnan(moves[-1]) else ForecastMethod.NO_CHANGE
    middle = float(level[-1] + (moves[-1] if method is ForecastMethod.DRIFT else 0.0))
    independent = origins / horizon
    reach = float(np.quantile(errors[method], min(1.0, INTERVAL * (independent + 1) / independent)))
    later = newest.year * 12 + newest.month - 1 + horizon
    low, high = float(np.exp(middle - reach)), float(np.exp(middle + reach))
    mean = {name: float(np.expm1(found.mean())) for name, found in errors.items()}
    return Forecast(
        horizon, date(later // 12, later % 12 + 1, 1), float(np.exp(middle)), low, high, method, origins,
        mean[method], mean[ForecastMethod.NO_CHANGE], mean[ForecastMethod.DRIFT],
    )  # fmt: skip


def _mean_move(level: Floats) -> float:
    """Compute the mean monthly move of the last year up to the last month; NaN where too little of it is known."""
    year = level[-_MOVES_OF - 1 :]
    known = np.flatnonzero(~np.isnan(year))
    if np.isnan(year[-1]) or len(known) < 2 or known[-1] - known[0] < _FEWEST_MOVES:
        return float("nan")
    return float((year[known[-1]] - year[known[0]]) / (known[-1] - known[0]))
