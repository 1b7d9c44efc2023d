"""Prove that two photos are one: points that move together, and the same picture where they say it should be.

Dealers photograph one car after the other in the same bay, so that most points agree and the car does not. So what
counts is how much of the car's own box looks the same; where no box is known, nearly all of the picture has to.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from models.photo_duplicates import VersionsDifferError
from models.photo_duplicates.describing import Proof
from models.photo_duplicates.description import Box, Description
from models.photo_duplicates.features import Features, mirrored

_RATIO: Final = 0.86
FEWEST_INLIERS: Final = 20
FEWEST_OF_CAR: Final = 30
"""Points that have to agree, and where only the car looks the same."""
_REACH: Final = 5.0  # pixels
_SCALES: Final = (0.2, 5.0)
_STEEPEST: Final = 0.15  # sine of the turn
_BLOCK: Final = 8
_FLAT: Final = 4.0
_BRIGHTNESS: Final = 22.0
ALIKE: Final = 0.6
"""Correlation from which the pattern of a block is the same."""
CAR_ALIKE, WHOLE_ALIKE, ALONE_ALIKE, CAR_ALONE_ALIKE = 0.68, 0.45, 0.72, 0.85
"""Share of blocks that look the same: in the car's box, with it in the whole picture; in the whole picture where no box
is known; in the car's box where nothing else is the same."""
_FEWEST_BLOCKS: Final = 12
_COVERED: Final = 0.3

Kind = Literal["same_photo", "same_car"]


@dataclass(frozen=True)
class Evidence:
    """Why two photos are one: points that agree, and shares of blocks that look the same.

    `covered` is the share of the smaller picture that lies in the other one. `same_car` is the car alone, cut out of
    its place.
    """

    kind: Kind
    inliers: int
    correlation: float
    covered: float
    mirrored: bool
    scale: float


@dataclass(frozen=True)
class Comparison:
    """The measurements between two photos in one orientation."""

    inliers: int
    car: float | None
    whole: float
    covered: float
    scale: float


def verify(one: Description, other: Description) -> Evidence | None:
    """Return the evidence that two descriptions are of one photo, None where there is not enough; the order is free.

    Raises:
        VersionsDifferError: they were made by different versions.
    """
    if one.version != other.version:
        raise VersionsDifferError(one.version, other.version)
    if not (one.usable and other.usable):
        return None
    first, second = (Proof.unpack(each.features) for each in sorted((one, other), key=lambda each: each.features))
    for is_mirrored in (False, True):
        found = compare(first, second, is_mirrored=is_mirrored)
        evidence = found and _evidence(found, is_mirrored=is_mirrored)
        if evidence:
            return evidence
    return None


def _evidence(found: Comparison, *, is_mirrored: bool) -> Evidence | None:
    kind = _kind(found)
    if kind is None or found.covered < _COVERED:
        return None
    share = found.whole if found.car is None else found.car
    return Evidence(kind, found.inliers, round(share, 3), round(found.covered, 3), is_mirrored, round(found.scale, 3))


def _kind(found: Comparison) -> Kind | None:
    if found.inliers < FEWEST_INLIERS:
        return None
    if found.car is None:
        return "same_photo" if found.whole >= ALONE_ALIKE else None
    if found.car >= CAR_ALIKE and found.whole >= WHOLE_ALIKE:
        return "same_photo"
    return "same_car" if found.car >= CAR_ALONE_ALIKE and found.inliers >= FEWEST_OF_CAR else None


def compare(one: Proof, other: Proof, *, is_mirrored: bool) -> Comparison | None:
    """Measure two photos, the second mirrored or not; None where no movement fits their points."""
    theirs = mirrored(other.features, other.size[0]) if is_mirrored else other.features
    pairs = _matches(one.features, theirs)
    if len(pairs) < FEWEST_INLIERS:
        return None
    fitted = _movement(one.features.points[pairs[:, 0]], theirs.points[pairs[:, 1]])
    if fitted is None:
        return None
    matrix, inliers = fitted
    thumbnail = np.ascontiguousarray(other.thumbnail[:, ::-1]) if is_mirrored else other.thumbnail
    car = one.car or _moved_box(other, matrix, one.size, is_mirrored=is_mirrored)
    same, seen = _alike(one, thumbnail, matrix, other.size)
    return _comparison(same, seen, car, (inliers, float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))))


def _matches(one: Features, other: Features) -> NDArray[np.int64]:
    """Return the pairs of points that are each other's nearest, and clearly nearer than the next."""
    if min(len(one.points), len(other.points)) < 2:
        return np.zeros((0, 2), np.int64)
    left, right = (np.sqrt(each.descriptions.astype(np.float32)) for each in (one, other))
    left, right = (each / (np.linalg.norm(each, axis=1, keepdims=True) + 1e-6) for each in (left, right))
    closeness = left @ right.T
    best = closeness.argmax(axis=1)
    at = np.arange(len(best))
    nearest = closeness[at, best]
    back = closeness.argmax(axis=0)[best] == at
    closeness[at, best] = -1
    away = np.sqrt(np.maximum(2 - 2 * nearest, 0)) <= _RATIO * np.sqrt(np.maximum(2 - 2 * closeness.max(axis=1), 0))
    kept = back & away
    return np.stack([at[kept], best[kept]], axis=1)


def _movement(to: NDArray[np.float32], start: NDArray[np.float32]) -> tuple[NDArray[np.float64], int] | None:
    """Return the movement from the second picture to the first, 2 × 3, and how many points follow it."""
    cv2.setRNGSeed(7)
    matrix, follow = _estimated(start, to)
    if matrix is None:
        return None
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if not _SCALES[0] <= scale <= _SCALES[1] or abs(matrix[1, 0]) > _STEEPEST * scale or matrix[0, 0] <= 0:
        return None
    return np.asarray(matrix, np.float64), int(follow.sum())


def _estimated(start: NDArray[np.float32], to: NDArray[np.float32]) -> tuple[Any, Any]:
    """Return the movement and which points follow it; both None where there is none, which cv2's types do not say."""
    return cv2.estimateAffinePartial2D(
        start, to, method=cv2.RANSAC, ransacReprojThreshold=_REACH, maxIters=1_000, confidence=0.995, refineIters=10
    )


def _moved_box(other: Proof, matrix: NDArray[np.float64], size: tuple[int, int], *, is_mirrored: bool) -> Box | None:
    """Return the second photo's car in shares of the first."""
    if other.car is None:
        return None
    x1, y1, x2, y2 = other.car
    if is_mirrored:
        x1, x2 = 1 - x2, 1 - x1
    corners = np.array([(x1, y1), (x2, y2)]) * other.size
    (left, top), (right, bottom) = corners @ matrix[:, :2].T + matrix[:, 2]
    return left / size[0], top / size[1], right / size[0], bottom / size[1]


def _alike(
    one: Proof, thumbnail: NDArray[np.uint8], matrix: NDArray[np.float64], size: tuple[int, int]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which blocks of the first thumbnail look the same, and where both pictures show something."""
    high, wide = one.thumbnail.shape
    ours, theirs = wide / one.size[0], thumbnail.shape[1] / size[0]
    small = matrix.copy()
    small[:, :2] *= ours / theirs
    small[:, 2] *= ours
    moved = cv2.warpAffine(thumbnail, small, (wide, high), flags=cv2.INTER_LINEAR).astype(np.float32)
    there = cv2.warpAffine(np.full_like(thumbnail, 255), small, (wide, high), flags=cv2.INTER_NEAREST)
    given = cv2.GaussianBlur(one.thumbnail.astype(np.float32), (0, 0), 0.8)
    blocks = (max(1, wide // _BLOCK), max(1, high // _BLOCK))
    seen = cv2.resize((there > 0).astype(np.float32), blocks, interpolation=cv2.INTER_AREA) > 0.98
    return _same_blocks(given, cv2.GaussianBlur(moved, (0, 0), 0.8), seen) & seen, seen


def _same_blocks(one: cv2.typing.MatLike, other: cv2.typing.MatLike, seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Compare blocks: their pattern where they have one, and their brightness once that of the whole is evened out."""
    size = (seen.shape[1], seen.shape[0])

    def mean(values: cv2.typing.MatLike) -> NDArray[np.float32]:
        return cv2.resize(values, size, interpolation=cv2.INTER_AREA).astype(np.float32)

    first, second = mean(one), mean(other)
    spread_one = np.maximum(mean(one * one) - first * first, 0)
    spread_other = np.maximum(mean(other * other) - second * second, 0)
    pattern = (mean(one * other) - first * second) / np.sqrt(spread_one * spread_other + 1.0)
    flat = np.maximum(spread_one, spread_other) <= _FLAT**2
    lit = np.abs(_evened(second, first, seen) - first) <= _BRIGHTNESS
    same: NDArray[np.bool_] = lit & (flat | (pattern >= ALIKE))
    return same


def _evened(values: NDArray[np.float32], like: NDArray[np.float32], seen: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Give values the middle and the spread of others, both without their extremes."""
    if not seen.any():
        return values
    given, wanted = (np.percentile(each[seen], (15, 50, 85)) for each in (values, like))
    gain = float(np.clip((wanted[2] - wanted[0] + 4) / (given[2] - given[0] + 4), 0.4, 2.5))
    evened: NDArray[np.float32] = ((values - given[1]) * gain + wanted[1]).astype(np.float32)
    return evened


def _comparison(
    same: NDArray[np.bool_], seen: NDArray[np.bool_], car: Box | None, fit: tuple[int, float]
) -> Comparison | None:
    if seen.sum() < _FEWEST_BLOCKS:
        return None
    whole = float(same.sum() / seen.sum())
    inside = None
    if car is not None:
        high, wide = seen.shape
        x = (np.arange(wide) + 0.5) / wide
        y = (np.arange(high) + 0.5) / high
        box = ((x > car[0]) & (x < car[2]))[None, :] & ((y > car[1]) & (y < car[3]))[:, None] & seen
        inside = float((same & box).sum() / box.sum()) if box.sum() >= _FEWEST_BLOCKS else None
    return Comparison(fit[0], inside, whole, float(seen.mean()), fit[1])
