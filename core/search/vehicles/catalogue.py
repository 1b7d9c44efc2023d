"""Derive seats and driven wheels from what a listing says, and else from a small catalogue of models.

The title is believed first ("7-seater", "4x4"); then a line of `catalogue.toml`; unknown is None, never a guess.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from core.search.words.folding import fold
from core.vocabulary import Drive

_SEATS = re.compile(r"(?<!\d)(\d{1,2})[ -]?seat(?:s|er|ers)?\b")
_MOST_SEATS = 60
_FOUR_WHEELS = re.compile(r"\b(?:4x4|4wd|awd|e-?four)\b")
_TWO_WHEELS = re.compile(r"\b(?:4x2|2wd|fwd|rwd)\b")


@dataclass(frozen=True)
class ModelFacts:
    """The facts that all cars of a model have in common; None where they differ."""

    seats: int | None = None
    drive: Drive | None = None


@lru_cache(maxsize=16_384)
def seats_of(make: str, model: str, said: str) -> int | None:
    """Return the number of seats; `said` is the title and the variant.

    >>> seats_of("Changan", "Oshan X7", "Oshan X7 FutureSense 7 Seat"), seats_of("Honda", "BR-V", "BR-V 2018")
    (7, 7)
    """
    written = _SEATS.search(fold(said))
    if written is not None and 0 < int(written[1]) <= _MOST_SEATS:
        return int(written[1])
    return _facts(make, model).seats


@lru_cache(maxsize=16_384)
def drive_of(make: str, model: str, said: str) -> Drive | None:
    """Return the driven wheels; `said` is the title and the variant.

    >>> str(drive_of("Daihatsu", "Terios", "Daihatsu Terios 4x4 2011")), drive_of("Daihatsu", "Terios", "Terios")
    ('4wd', None)
    """
    folded = fold(said)
    if _FOUR_WHEELS.search(folded):
        return Drive.FOUR
    return Drive.TWO if _TWO_WHEELS.search(folded) else _facts(make, model).drive


@lru_cache(maxsize=1)
def catalogue() -> dict[tuple[str, str], ModelFacts]:
    """Return the facts by folded make and model; several lines about a model add up."""
    listed = tomllib.loads((files("core.search.vehicles") / "catalogue.toml").read_text(encoding="utf-8"))
    merged: dict[tuple[str, str], dict[str, Any]] = {}
    for line in listed["models"]:
        facts = {name: line[name] for name in ("seats", "drive") if name in line}
        for model in line["models"]:
            merged.setdefault((fold(line["make"]), fold(model)), {}).update(facts)
    return {key: ModelFacts(one.get("seats"), Drive(one["drive"]) if "drive" in one else None)
            for key, one in merged.items()}  # fmt: skip


def _facts(make: str, model: str) -> ModelFacts:
    return catalogue().get((fold(make), fold(model)), ModelFacts())
