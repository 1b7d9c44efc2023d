"""Judge a model on leads that came later than those it learnt from, beside the share that is won anyway."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.lead_score.train import History, train

HELD_SHARE: Final = 0.25
FEWEST_HELD: Final = 100
_SURE: Final = 1.645
"""Standard errors by which the model must be better: once in twenty a model that knows nothing would pass."""
_BINS: Final = 5


@dataclass(frozen=True)
class CalibrationBin:
    """Leads of like chances: their number, the mean of the chances, and the share that was won."""

    leads: int
    predicted: float
    won: float


@dataclass(frozen=True)
class Evaluation:
    """The mean squared error (Brier score) of the model on later leads, and of the base rate of the earlier ones.

    `beats` says that the model is surely better; else `reason` says why it is not shown.
    """

    learnt: int
    held: int
    base_rate: float
    brier: float | None
    base_brier: float | None
    bins: tuple[CalibrationBin, ...]
    beats: bool
    reason: str | None


def evaluate(history: History) -> Evaluation:
    """Train on the earlier leads and judge on the later ones."""
    total = len(history.won)
    held = int(total * HELD_SHARE)
    earlier, later = history.slice(0, total - held), history.slice(total - held, held)
    base = float(earlier.won.mean()) if len(earlier.won) else 0.0
    if held < FEWEST_HELD or earlier.won.sum() < FEWEST_HELD / 5 or not 0 < later.won.sum() < held:
        return Evaluation(len(earlier.won), held, base, None, None, (), beats=False, reason="too_few_leads")
    chance, won = train(earlier).chances(later.levels), later.won.astype(np.float64)
    ours, usual = (chance - won) ** 2, (base - won) ** 2
    gain = usual - ours
    beats = bool(gain.mean() > _SURE * gain.std(ddof=1) / np.sqrt(held))
    reason = None if beats else "no_better_than_base_rate"
    bins = _bins(chance, won)
    return Evaluation(len(earlier.won), held, base, float(ours.mean()), float(usual.mean()), bins, beats, reason)


def _bins(chance: NDArray[np.float64], won: NDArray[np.float64]) -> tuple[CalibrationBin, ...]:
    order = np.argsort(chance, kind="stable")
    return tuple(
        CalibrationBin(len(part), float(chance[part].mean()), float(won[part].mean()))
        for part in np.array_split(order, _BINS)
        if len(part)
    )
