"""Guess what a photo shows: the car from outside, its inside, a part of it, a paper or something else."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from models.photo_quality.judgement import Scene
from models.photo_quality.lettering import Lettering
from models.photo_quality.sharpness import Grey
from models.photo_quality.surroundings import Surroundings
from models.plates.finding import LIKELY
from models.plates.text_detector import Pixels

_LINES_ON_PAPER: Final = 4
PLAIN_FROM: Final = 0.82
_BLOCK: Final = 8
_SMOOTH: Final = 1.6
_GREEN_AND_SKY: Final = 0.16
_COLOURFUL: Final = 62.0


@dataclass(frozen=True)
class Looks:
    """Shares of a small picture that are flat or have the colours of plants or sky; and its colourfulness."""

    flat: float
    outdoors: float
    colour: float


def measure_looks(small: Pixels, grey: Grey) -> Looks:
    """Measure a small picture, given in RGB and in grey."""
    given = grey.astype(np.float32)
    high, wide = (max(1, side // _BLOCK) for side in grey.shape)
    mean = cv2.resize(given, (wide, high), interpolation=cv2.INTER_AREA)
    square = cv2.resize(given * given, (wide, high), interpolation=cv2.INTER_AREA)
    flat = float((np.sqrt(np.maximum(square - mean * mean, 0)) < _SMOOTH).mean())
    hsv = cv2.cvtColor(small, cv2.COLOR_RGB2HSV)
    hue, colour, value = (hsv[:, :, each] for each in range(3))
    outdoors = float(((hue >= 36) & (hue <= 125) & (colour > 50) & (value > 50)).mean())
    return Looks(flat, outdoors, float(colour.mean()))


def guess_scene(looks: Looks, lettering: Lettering, seen: Surroundings) -> Scene:
    """Guess the scene; without the car gate it is `other`, unless it is a paper or plain."""
    gated = seen.vehicle is not None and seen.vehicle < LIKELY
    if lettering.on_paper >= _LINES_ON_PAPER and (gated or seen.vehicle is None):
        return "paper"
    if looks.flat >= PLAIN_FROM and (gated or seen.vehicle is None):
        return "plain"
    if seen.vehicle is None:
        return "other"
    if not gated and seen.vehicles:
        return "exterior"
    inside = looks.outdoors < _GREEN_AND_SKY and looks.colour < _COLOURFUL
    return "inside" if inside else "other"


def largest_share(seen: Surroundings, size: tuple[int, int]) -> float:
    """Return the share of a picture of this size that the largest vehicle's box takes; 0 without a box."""
    areas = [(x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in (vehicle.box for vehicle in seen.vehicles)]
    return max(areas, default=0.0) / (size[0] * size[1])
