"""The trained model: weights of levels, which are written as JSON and read without any library of models."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.lead_score import VERSION
from models.lead_score.inputs import INPUTS, UNKNOWN, inputs_of

FEWEST_KNOWN: Final = 6
"""Inputs that must be known, and known to the model, for a lead to have a score."""


@dataclass(frozen=True)
class LeadScoreModel:
    """The chance of the usual lead in log odds, and what each level adds to it."""

    usual: float
    weights: Mapping[str, Mapping[str, float]]

    def chances(self, levels: pl.DataFrame) -> NDArray[np.float64]:
        """Return the chance of each lead to be won, from 0 to 1; levels that the model does not know add nothing."""
        return np.array([self._chance(row) for row in levels.select(INPUTS).iter_rows()], np.float64)

    def scores(self, leads: pl.DataFrame) -> list[float | None]:
        """Return the chance of each lead from its facts (COLUMNS of the inputs); None where too little is known."""
        rows = list(inputs_of(leads).iter_rows())
        return [round(self._chance(row), 4) if self._known(row) >= FEWEST_KNOWN else None for row in rows]

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"version": VERSION, "usual": self.usual, "weights": self.weights}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self | None:
        """Read it; None where it is of another version."""
        return cls(stored["usual"], stored["weights"]) if stored.get("version") == VERSION else None

    def _chance(self, row: tuple[str, ...]) -> float:
        odds = self.usual + sum(self.weights[name].get(level, 0.0) for name, level in zip(INPUTS, row, strict=True))
        return 1 / (1 + math.exp(-odds))

    def _known(self, row: tuple[str, ...]) -> int:
        return sum(level != UNKNOWN and level in self.weights[name] for name, level in zip(INPUTS, row, strict=True))
