"""Put an even background behind a vehicle: GrabCut, begun with the vehicle's box.

Source: Rother, Kolmogorov and Blake, "GrabCut" (2004), as in OpenCV.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from models.plates.text_detector import Pixels

VERSION = 1
_LONGEST = 480
"""Longest side at which it is computed: the time grows with the pixels, the edge is smoothed anyway."""
_ROUNDS = 4
_BACKGROUND = (236, 236, 236)
_MARGIN = 0.03
"""Around the vehicle's box, as a share of it: mirrors and wheels reach out."""
_LEAST_OF_BOX = 0.35
"""A vehicle fills more of its box than this; a smaller figure is a part of it alone, and nothing is cleaned."""


def clean_background(pixels: Pixels, box: tuple[float, float, float, float]) -> Pixels | None:
    """Return the RGB picture with everything but the vehicle in light grey; None where the vehicle was not set apart.

    Args:
        pixels: the upright picture.
        box: of the vehicle, as left, top, right and bottom in pixels.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, _LONGEST / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    left, top, right, bottom = _around(box, scale, size)
    if right - left < 8 or bottom - top < 8:
        return None
    figure = _largest(_cut(small, (left, top, right - left, bottom - top)))
    if figure.sum() < _LEAST_OF_BOX * (right - left) * (bottom - top):
        return None
    soft = cv2.GaussianBlur(figure.astype(np.float32), (0, 0), 1.0)
    share = cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR)[:, :, None]
    even = np.array(_BACKGROUND, np.float32)
    return np.clip(pixels * share + even * (1 - share) + 0.5, 0, 255).astype(np.uint8)


def _around(box: tuple[float, float, float, float], scale: float, size: tuple[int, int]) -> tuple[int, int, int, int]:
    x1, y1, x2, y2 = (side * scale for side in box)
    across, down = (x2 - x1) * _MARGIN, (y2 - y1) * _MARGIN
    left, top = max(1, round(x1 - across)), max(1, round(y1 - down))
    return left, top, min(size[0] - 1, round(x2 + across)), min(size[1] - 1, round(y2 + down))


def _cut(small: Pixels, rectangle: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    mask = np.zeros(small.shape[:2], np.uint8)
    states = np.zeros((1, 65), np.float64), np.zeros((1, 65), np.float64)
    cv2.setRNGSeed(0)  # the first clusters are drawn by chance
    cv2.grabCut(small, mask, rectangle, *states, _ROUNDS, cv2.GC_INIT_WITH_RECT)
    return np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)


def _largest(figure: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Keep the largest piece, and fill its holes: windows show what is behind the car, and stay."""
    contours, _ = cv2.findContours(figure, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros_like(figure)
    if contours:
        cv2.drawContours(filled, [max(contours, key=cv2.contourArea)], -1, 1, cv2.FILLED)
    return filled
