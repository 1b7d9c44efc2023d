"""Fit a logistic regression on levels, and calibrate it on leads that it was not fitted on."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]
from scipy.special import expit  # type: ignore[import-untyped]

from models.lead_score.artifact import LeadScoreModel
from models.lead_score.inputs import INPUTS

Array = NDArray[np.float64]
FEWEST_LEADS: Final = 20
"""A level of fewer leads, or of fewer organisations than the next number, teaches nothing: it would tell of these."""
FEWEST_ORGS: Final = 3
_RIDGE: Final = 4.0
_FOLDS: Final = 5


@dataclass(frozen=True)
class History:
    """Leads whose end is known, in the order in which they came: their levels, organisations, and which were won."""

    levels: pl.DataFrame
    orgs: pl.Series
    won: NDArray[np.bool_]

    def slice(self, first: int, length: int) -> "History":
        """Return a part of it."""
        return History(self.levels.slice(first, length), self.orgs.slice(first, length), self.won[first:][:length])


def train(history: History) -> LeadScoreModel:
    """Fit the weights of levels; slope and shift come from leads that a fit had not seen, so that chances are true."""
    known = _known_levels(history)
    rows, won = _matrix(history.levels, known), history.won.astype(np.float64)
    weights = _fit(rows, won, _RIDGE)
    folds = np.arange(len(won)) % _FOLDS
    unseen = np.zeros(len(won))
    for fold in range(_FOLDS):
        unseen[folds == fold] = rows[folds == fold] @ _fit(rows[folds != fold], won[folds != fold], _RIDGE)
    shift, slope = _fit(np.column_stack([np.ones(len(won)), unseen]), won, 0.0)
    weights = weights * slope
    weights[0] += shift
    named: dict[str, dict[str, float]] = {name: {} for name in INPUTS}
    for (name, level), weight in zip(known, weights[1:], strict=True):
        named[name][level] = float(weight)
    return LeadScoreModel(float(weights[0]), named)


def _known_levels(history: History) -> list[tuple[str, str]]:
    """Return the levels that enough leads of enough organisations have; the rest stand for the usual lead."""
    found = []
    for name in INPUTS:
        counts = (
            pl.DataFrame({"level": history.levels[name], "org": history.orgs})
            .group_by("level")
            .agg(leads=pl.len(), orgs=pl.col("org").n_unique())
            .filter((pl.col("leads") >= FEWEST_LEADS) & (pl.col("orgs") >= FEWEST_ORGS))
        )
        found += [(name, level) for level in sorted(counts["level"])]
    return found


def _matrix(levels: pl.DataFrame, known: list[tuple[str, str]]) -> Array:
    columns = [np.ones(levels.height)] + [
        (levels[name] == level).to_numpy().astype(np.float64) for name, level in known
    ]
    return np.column_stack(columns)


def _fit(rows: Array, won: Array, ridge: float) -> Array:
    """Fit a logistic regression, with a ridge on all weights but the first."""
    penalty = np.full(rows.shape[1], ridge)
    penalty[0] = 1e-9

    def loss(weights: Array) -> tuple[float, Array]:
        odds = rows @ weights
        value = np.logaddexp(0, odds).sum() - won @ odds + penalty @ weights**2 / 2
        return float(value), rows.T @ (expit(odds) - won) + penalty * weights

    start = np.zeros(rows.shape[1])
    found: Array = minimize(loss, start, jac=True, method="L-BFGS-B", options={"ftol": 1e-14, "gtol": 1e-8}).x
    return found
