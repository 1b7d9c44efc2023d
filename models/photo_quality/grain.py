"""Measure the camera's noise, and the blocks that strong JPEG compression leaves."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.photo_quality.sharpness import Grey

_SECOND_DIFFERENCES: Final = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_BLOCK: Final = 16
_QUIETEST: Final = 25  # per cent of blocks, the smoothest
_SIDE: Final = 768
"""Side of the middle part that is measured, in pixels."""
NOISE_FROM, NOISE_WORST = 5.0, 16.0
"""Deviation of grey values in smooth places."""
BLOCKS_FROM, BLOCKS_WORST = 1.65, 3.5
"""Steps across the edges of blocks by the steps between."""


def measure_noise(grey: Grey) -> float:
    """Estimate the deviation of noise in the smoothest quarter (Immerkær 1996), places of one value aside."""
    part = middle(grey, _SIDE).astype(np.float32)
    rough = np.abs(cv2.filter2D(part, cv2.CV_32F, _SECOND_DIFFERENCES))
    high, wide = (side // _BLOCK for side in part.shape)
    blocks = cv2.resize(rough, (wide, high), interpolation=cv2.INTER_AREA).ravel()
    blocks = blocks[blocks > 0.3]
    return float(np.percentile(blocks, _QUIETEST)) * float(np.sqrt(np.pi / 2)) / 6 if blocks.size > 8 else 0.0


def measure_blocks(grey: Grey) -> float:
    """Measure how much larger steps are at every eighth pixel than between; 1 where there is no trace of blocks.

    The grid's place is sought, since a photo that was cut or turned has it elsewhere.
    """
    part = middle(grey, _SIDE).astype(np.int16)
    return min(_blocks(part), _blocks(part.T))


def _blocks(part: NDArray[np.int16]) -> float:
    steps = np.minimum(np.abs(np.diff(part, axis=1)), 24).mean(axis=0)
    steps = steps[: len(steps) // 8 * 8].reshape(-1, 8).mean(axis=0) + 0.05
    at = int(steps.argmax())
    return float(steps[at] / np.median(np.delete(steps, at)))


def middle(grey: Grey, side: int) -> Grey:
    """Return the middle part, at most `side` pixels wide and high."""
    height, width = grey.shape
    top, left = max(0, (height - side) // 2), max(0, (width - side) // 2)
    return grey[top : top + side, left : left + side]
