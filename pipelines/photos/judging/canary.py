"""Measure on drawn photos whether plates are covered: what the child replaces, beside where plates were drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from models.plates.text_detector import Pixels
from pipelines.photos.judging.worker import JudgingChild
from pipelines.photos.object_keys import ORIGINAL

Box = tuple[float, float, float, float]
COVERED = 0.85
"""Share of a plate's area from which it counts as covered: letters do not reach its edge."""


@dataclass(frozen=True)
class Canary:
    """A photo, and the boxes of the plates on it."""

    pixels: Pixels
    plates: Sequence[Box]


@dataclass(frozen=True)
class CanaryReport:
    """The number of plates covered, and whether vehicles were looked for; `pictures` are each before and after."""

    plates: int
    covered: int
    car_gate_off: bool
    pictures: tuple[Image.Image, ...]


def try_canaries(child: JudgingChild, spool: Path, canaries: Sequence[Canary]) -> CanaryReport:
    """Have the photos judged as listings' photos are."""
    plates = covered = 0
    gate_off, pictures = False, list[Image.Image]()
    for canary in canaries:
        before = Image.fromarray(canary.pixels)
        with TemporaryDirectory(dir=spool, prefix="photo-") as name:
            before.save(Path(name) / ORIGINAL, "JPEG", quality=92)
            answer = child.ask(Path(name), "judge")
            pictures += [before, _opened(Path(name) / "320.jpg") or before]
        gate_off = gate_off or answer["vehicle"] is None
        found = [tuple(plate["box"]) for plate in answer["plates"]]
        plates += len(canary.plates)
        covered += sum(_share(plate, found) >= COVERED for plate in canary.plates)
    return CanaryReport(plates, covered, gate_off, tuple(pictures))


def _opened(variant: Path) -> Image.Image | None:
    """Return the smallest covered variant; None where nothing was covered."""
    if not variant.exists():
        return None
    with Image.open(variant, formats=["JPEG"]) as opened:
        return opened.convert("RGB")


def _share(plate: Box, boxes: Sequence[Box]) -> float:
    """Return the share of the plate's area that the boxes cover together; a plate of two lines has a box for each."""
    left, top = (int(side) for side in plate[:2])
    covered = np.zeros((max(1, round(plate[3]) - top), max(1, round(plate[2]) - left)), np.bool_)
    for x1, y1, x2, y2 in boxes:
        across = slice(max(0, round(x1) - left), max(0, round(x2) - left))
        covered[max(0, round(y1) - top) : max(0, round(y2) - top), across] = True
    return float(covered.mean())
