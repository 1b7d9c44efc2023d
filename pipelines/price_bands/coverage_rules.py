"""Decide whether measured bands keep their promises: the rules behind the checks and recalibration. Pure.

A promise is broken only beyond noise: a share of n ads has a standard error of sqrt(p (1 - p) / n), and three of them
are allowed for beside the tolerance, since a dozen segments are looked at every day.
"""

from collections.abc import Iterable, Mapping
from math import sqrt
from typing import Any

from models.price_bands.calibrate import BAND_LEVEL

COVERAGE_TOLERANCE = 0.03
SEGMENT_TOLERANCE = 0.05
FEWEST_OF_SEGMENT = 100
LEVEL_TOLERANCE = 0.03
"""A market 3 % away from the model's is a month of the market's usual pace: asked prices move some 15 % a year."""
_NOISE_ERRORS = 3.0
_LATEST_WEEKS = 4


def coverage_problems(accuracy: Iterable[Mapping[str, Any]]) -> list[str]:
    """Name the segments whose 80 % bands do not hold 80 %, in sentences; skip thin segments and single weeks."""
    found = []
    for row in accuracy:
        name, count, coverage = row["segment"], row["answered"], row["coverage"]
        if coverage is None or count < FEWEST_OF_SEGMENT or name.startswith("week "):
            continue
        tolerance = COVERAGE_TOLERANCE if name == "all" else SEGMENT_TOLERANCE
        allowed = tolerance + _NOISE_ERRORS * sqrt(BAND_LEVEL * (1 - BAND_LEVEL) / count)
        too_wide = name == "all" and coverage - BAND_LEVEL > allowed
        if BAND_LEVEL - coverage > allowed or too_wide:
            found.append(f"{name}: {coverage:.1%} of {count:,} prices, allowed is {allowed:.1%} off {BAND_LEVEL:.0%}")
    return found


def level_problem(accuracy: Iterable[Mapping[str, Any]]) -> list[str]:
    """Say in a sentence that the market of the latest four weeks is above or below the model beyond noise; else []."""
    rows = {row["segment"]: row for row in accuracy if row["level"] is not None}
    weeks = [rows[name] for name in sorted(name for name in rows if name.startswith("week "))[-_LATEST_WEEKS:]]
    known = [row for row in (weeks or [rows[name] for name in ("all",) if name in rows]) if row["answered"]]
    total = sum(row["answered"] for row in known)
    if total < FEWEST_OF_SEGMENT:
        return []
    level = sum(row["answered"] * row["level"] for row in known) / total
    error = sqrt(sum((row["answered"] * (row["level_error"] or 0.0)) ** 2 for row in known)) / total
    if abs(level) <= LEVEL_TOLERANCE + _NOISE_ERRORS * error:
        return []
    side = "dearer" if level > 0 else "cheaper"
    return [f"the market of the latest weeks is {abs(level):.1%} {side} than the model says ({total:,} prices)"]
