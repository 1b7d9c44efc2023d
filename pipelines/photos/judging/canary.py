"""Measure on drawn photos whether plates are covered: what the child replaces, beside where plates were drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from models.plates.text_detector import Pixels
from pipelines.photos.judging.worker import JudgingChild
from pipelines.photos.object_keys import ORIGINAL

Box = tuple[float, float, float, float]
COVERED = 0.98
"""Share of a plate's area from which it counts as covered."""


@dataclass(frozen=True)
class Canary:
    """A photo, and the boxes of the plates on it."""

    pixels: Pixels
    plates: Sequence[Box]


@dataclass(frozen=True)
class CanaryReport:
    """How many plates were covered, and whether vehicles were looked for."""

    plates: int
    covered: int
    car_gate_off: bool


def try_canaries(child: JudgingChild, spool: Path, canaries: Sequence[Canary]) -> CanaryReport:
    """Have the photos judged as listings' photos are."""
    plates = covered = 0
    gate_off = False
    for canary in canaries:
        with TemporaryDirectory(dir=spool, prefix="photo-") as name:
            Image.fromarray(canary.pixels).save(Path(name) / ORIGINAL, "JPEG", quality=92)
            answer = child.ask(Path(name), "judge")
        gate_off = gate_off or answer["vehicle"] is None
        found = [tuple(plate["box"]) for plate in answer["plates"]]
        plates += len(canary.plates)
        covered += sum(max((_share(plate, box) for box in found), default=0.0) >= COVERED for plate in canary.plates)
    return CanaryReport(plates, covered, gate_off)


def _share(plate: Box, box: Box) -> float:
    """Return the share of the plate's area that the box covers."""
    across = max(0.0, min(plate[2], box[2]) - max(plate[0], box[0]))
    down = max(0.0, min(plate[3], box[3]) - max(plate[1], box[1]))
    return across * down / max((plate[2] - plate[0]) * (plate[3] - plate[1]), 1.0)
