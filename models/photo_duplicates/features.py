"""Find points that are found again after edits, and describe what is around them.

SIFT, but always upright: nobody turns a stolen photo, and descriptions that ignore the turn fit too many places. The
description of a mirrored picture is that of the picture with its parts in another order, so it need not be kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.photo_quality.sharpness import Grey

MOST: Final = 256
_FOUND: Final = 900
_CONTRAST: Final = 0.018
_CELLS: Final = 6
_WORD_BITS: Final = 18
WORDS: Final = 1 << _WORD_BITS
MOST_WORDS: Final = 64
_CELL_ROWS, _TURNS = 4, 8


@dataclass(frozen=True)
class Features:
    """Points (n, 2) as x and y in pixels, and their descriptions (n, 128), the strongest first."""

    points: NDArray[np.float32]
    descriptions: NDArray[np.uint8]


def find_features(grey: Grey) -> Features:
    """Find at most MOST points, spread over the picture."""
    sift = cv2.SIFT.create(nfeatures=_FOUND, contrastThreshold=_CONTRAST)
    spread = _spread(sift.detect(grey, None), grey.shape)
    for point in spread:
        point.angle = 0.0
    kept, described = sift.compute(grey, spread) if spread else ((), None)
    if described is None or not len(kept):
        return Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.uint8))
    return Features(np.array([point.pt for point in kept], np.float32), np.asarray(described).round().astype(np.uint8))


def _spread(found: Sequence[cv2.KeyPoint], shape: tuple[int, ...]) -> list[cv2.KeyPoint]:
    """Keep the strongest points, one a place, and no more of a cell than its share three times over."""
    strongest = sorted(found, key=lambda point: (-point.response, point.pt))
    places, cells, kept = set(), dict[tuple[int, int], int](), []
    for point in strongest:
        x, y = point.pt
        place = (round(x), round(y))
        cell = (int(x * _CELLS / shape[1]), int(y * _CELLS / shape[0]))
        if place in places or cells.get(cell, 0) >= 3 * MOST // _CELLS**2:
            continue
        places.add(place)
        cells[cell] = cells.get(cell, 0) + 1
        kept.append(point)
        if len(kept) == MOST:
            break
    return kept


def mirrored(features: Features, width: float) -> Features:
    """Return the features of the mirrored picture."""
    cells = features.descriptions.reshape(-1, _CELL_ROWS, _CELL_ROWS, _TURNS)
    turned = cells[:, :, ::-1][..., (_TURNS // 2 - np.arange(_TURNS)) % _TURNS]
    points = features.points * np.array([-1, 1], np.float32) + np.array([width, 0], np.float32)
    return Features(points, np.ascontiguousarray(turned.reshape(-1, 128)))


def _hyperplanes() -> NDArray[np.float32]:
    return np.random.default_rng(20_261_127).standard_normal((128, _WORD_BITS)).astype(np.float32)


_PLANES: Final = _hyperplanes()
_PLACES: Final = 1 << np.arange(_WORD_BITS)


def words_of(features: Features) -> tuple[int, ...]:
    """Return coarse words, sorted: the sides of planes on which the strongest features lie."""
    return tuple(sorted(set(_coded(features)[0].tolist())))


def near_words(features: Features, probes: int = 4) -> set[int]:
    """Return the words, and those beyond the planes that a feature lies closest to."""
    words, sides = _coded(features)
    if not len(words):
        return set()
    closest = np.argsort(np.abs(sides), axis=1)[:, :probes]
    return set(words.tolist()) | set((words[:, None] ^ _PLACES[closest]).ravel().tolist())


def _coded(features: Features) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    rooted = np.sqrt(features.descriptions[:MOST_WORDS].astype(np.float32))
    sides = (rooted - rooted.mean(axis=1, keepdims=True)) @ _PLANES if len(rooted) else np.zeros((0, _WORD_BITS))
    return (sides > 0) @ _PLACES, sides.astype(np.float32)
