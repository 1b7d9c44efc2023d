"""Measure how far the camera was held askew, by lines that should be upright."""

from typing import Final

import cv2
import numpy as np

from models.photo_quality.sharpness import Grey

_WIDEST: Final = 20.0  # degrees from upright that are looked at
_STEEPEST: Final = 13.0  # a peak beyond is a slope of the car or a roof
_BIN: Final = 0.5
_STRONG: Final = 24.0
_PEAK: Final = 2  # bins on each side that belong to a peak
_SHARE: Final = 0.14
TILT_FROM, TILT_WORST = 3.5, 10.0
"""Degrees."""


def measure_tilt(grey: Grey) -> float:
    """Return the tilt in degrees, clockwise above 0; 0 where too few upright lines agree."""
    given = grey.astype(np.float32)
    across = cv2.Sobel(given, cv2.CV_32F, 1, 0, scale=1 / 4)
    down = cv2.Sobel(given, cv2.CV_32F, 0, 1, scale=1 / 4)
    size = np.abs(across) + np.abs(down)
    angle = np.degrees(np.arctan(down / np.where(np.abs(across) < 1e-3, 1e-3, across)))
    seen = (size > _STRONG) & (np.abs(angle) <= _WIDEST)
    weights = np.minimum(size[seen], 80.0)
    if seen.sum() < grey.size * 0.004:
        return 0.0
    edges = np.arange(-_WIDEST, _WIDEST + _BIN, _BIN)
    counts, _ = np.histogram(angle[seen], edges, weights=weights)
    around = np.convolve(counts, np.ones(2 * _PEAK + 1), "same")
    at = int(around.argmax())
    found = -float((edges[at] + edges[at + 1]) / 2)
    return found if around[at] >= _SHARE * counts.sum() and abs(found) <= _STEEPEST else 0.0
