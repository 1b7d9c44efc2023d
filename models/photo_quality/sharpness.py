"""Measure the blur of edges, and tell blur by focus from blur by motion.

A lens out of focus takes fine detail in all directions, a moving camera in one. So the energy of gradients at a fine
scale is compared with that at a coarse one, for every direction at once: the generalised eigenvalues of the two
structure tensors are the largest and the smallest ratio over all directions. The subject of the picture and the
direction of its edges cancel out in the ratio. Only strong edges count: sky, walls and plain paint say nothing about
focus.
"""

from dataclasses import dataclass
from math import exp
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

FINE, COARSE = 0.7, 1.8
"""Deviations of the two smoothings, in pixels."""
_EDGE_SHARE: Final = 0.07  # of a tile's pixels, those with the most gradient energy
_LEAST_ENERGY: Final = 4.0  # gradient energy below which a pixel is no edge
_FEWEST_EDGE_PIXELS: Final = 200
SHARP, SHARP_SPREAD = 1.29, 0.035
"""The smallest ratio at which a photo is as likely sharp as not, and the scale of the logistic curve around it."""
EVEN, EVEN_SPREAD = 0.935, 0.012
"""The smallest ratio divided by the largest: below it one direction is much softer than the other; and its scale."""
_TILES: Final = (8, 8)
_TILES_KEPT: Final = 28


@dataclass(frozen=True)
class Sharpness:
    """Probabilities (0 to 1) of blur by focus and by motion, the smallest ratio, and smallest divided by largest."""

    focus: float
    motion: float
    weakest: float
    evenness: float


def measure_sharpness(grey: Grey) -> Sharpness:
    """Measure a grey picture of at most some 1,600 pixels a side; a picture without edges counts as sharp."""
    fine, coarse = (np.zeros((2, 2)) for _ in range(2))
    for tile in _richest_tiles(grey):
        added = _tensors(tile)
        fine += added[0]
        coarse += added[1]
    if coarse[0, 0] + coarse[1, 1] < _LEAST_ENERGY * _FEWEST_EDGE_PIXELS:
        return Sharpness(0.0, 0.0, 9.9, 1.0)
    ratios = np.sort(np.linalg.eigvals(np.linalg.solve(coarse + np.eye(2) * 1e-3, fine)).real.clip(1e-6))
    weakest, strongest = (float(each) ** 0.5 for each in ratios)
    evenness = weakest / strongest
    soft = _logistic(SHARP - weakest, SHARP_SPREAD)
    directed = _logistic(EVEN - evenness, EVEN_SPREAD)
    return Sharpness(soft * (1 - directed), soft * directed, weakest, evenness)


def _logistic(excess: float, spread: float) -> float:
    return 1 / (1 + exp(min(60.0, max(-60.0, -excess / spread))))


def _richest_tiles(grey: Grey) -> list[Grey]:
    """Return the tiles with the most contrast, for speed; a small picture is returned whole."""
    height, width = grey.shape
    down, across = _TILES
    if height * width < 400_000:
        return [grey]
    high, wide = height // down, width // across
    small = cv2.resize(grey, (across * 16, down * 16), interpolation=cv2.INTER_AREA).astype(np.float32)
    change = np.abs(cv2.Laplacian(small, cv2.CV_32F)).reshape(down, 16, across, 16).mean((1, 3))
    order = np.argsort(-change, axis=None, kind="stable")[:_TILES_KEPT]
    places = [(int(each) // across, int(each) % across) for each in order]
    return [grey[row * high : (row + 1) * high, column * wide : (column + 1) * wide] for row, column in places]


def _tensors(tile: Grey) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    given = tile.astype(np.float32)
    fine_x, fine_y = _gradients(cv2.GaussianBlur(given, (0, 0), FINE))
    coarse_x, coarse_y = _gradients(cv2.GaussianBlur(given, (0, 0), COARSE))
    energy = coarse_x * coarse_x + coarse_y * coarse_y
    most = max(int(energy.size * _EDGE_SHARE), 1)
    least = float(np.partition(energy, -most, axis=None)[-most])
    on = energy >= max(least, _LEAST_ENERGY)
    return _tensor(fine_x[on], fine_y[on]), _tensor(coarse_x[on], coarse_y[on])


def _gradients(smooth: cv2.typing.MatLike) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=1 / 8)
    return across.astype(np.float32, copy=False), down.astype(np.float32, copy=False)


def _tensor(across: NDArray[np.float32], down: NDArray[np.float32]) -> NDArray[np.float64]:
    mixed = float(across @ down)
    return np.array([[float(across @ across), mixed], [mixed, float(down @ down)]])
