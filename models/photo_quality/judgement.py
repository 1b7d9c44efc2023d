"""Represent the judgement of one photo. Imports no engine, so that passing it on loads none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from models.photo_quality import VERSION

Scene = Literal["exterior", "inside", "paper", "plain", "other"]


@dataclass(frozen=True)
class Judgement:
    """A score of 0 to 100, and the codes of what it lost points for, the dearest first; `ADVICE` says what to do.

    `measures` are numbers by name; `blur`, `motion` and `exposure` run from 0 (good) to 1 (bad).
    """

    score: int
    codes: tuple[str, ...]
    measures: Mapping[str, float]
    scene: Scene
    version: int = VERSION
