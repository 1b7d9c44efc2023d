"""Hash pictures so that pictures that look alike have hashes with few different bits: 64 bits of a cosine transform."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.photo_quality.sharpness import Grey

_SIDE, _KEPT = 32, 8
_BITS: Final = np.uint64(1) << np.arange(63, -1, -1, dtype=np.uint64)
BAND_BITS, BANDS = 16, 4


def perceptual_hash(grey: Grey) -> int:
    """Return the hash of a grey picture as an unsigned number: which of 64 slow waves are above their median."""
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    waves = cv2.dct(small)[:_KEPT, :_KEPT].ravel()
    above = waves > np.median(waves[1:])
    return int((_BITS * above).sum())


def bands(value: int) -> tuple[int, ...]:
    """Cut a hash into four numbers of 16 bits: hashes that differ in at most three bits share one of them."""
    return tuple(value >> shift & 0xFFFF for shift in range(48, -1, -BAND_BITS))


def to_signed(value: int) -> int:
    """Return the hash as a database's signed number of 64 bits."""
    return value - (1 << 64) if value >= 1 << 63 else value


def distances(value: int, hashes: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Count the bits in which each of the hashes differs."""
    counted: NDArray[np.uint8] = np.bitwise_count(hashes ^ np.uint64(value))
    return counted
