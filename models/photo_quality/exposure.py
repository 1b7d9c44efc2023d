"""Measure exposure by the ends of the range of light alone, so that black and white cars and nights are no fault.

A photo that is too dark uses none of the upper range, not even where a lamp or the sky is; a dark car does not change
that. A photo that is too bright has a large part in which a channel ran full; a white wall stays just below.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from models.photo_quality.sharpness import Grey
from models.plates.text_detector import Pixels

DIM_FROM, DIM_WORST = 135.0, 45.0
"""Mean of the 97th and 99th percentile of brightness: a fault from here down."""
FULL_FROM, FULL_WORST = 0.11, 0.5
"""Share of pixels of which a channel is full: a fault from here up."""
_FULL: Final = 253


@dataclass(frozen=True)
class Exposure:
    """The brightness of the brightest parts (0 to 255) and the share of overexposed pixels."""

    brightest: float
    full: float


def measure_exposure(small: Pixels, grey: Grey) -> Exposure:
    """Measure a small picture, given in RGB and in grey."""
    brightest = float(np.percentile(grey, (97, 99)).mean())
    full = cv2.max(cv2.max(small[:, :, 0], small[:, :, 1]), small[:, :, 2])
    return Exposure(brightest, float((full >= _FULL).mean()))
