"""Judge the photos of one listing together: how many, what is missing, their order, the cover, and repeats."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from core.vocabulary import PhotoSlot
from models.photo_quality import VERSION
from models.photo_quality.advice import ADVICE

ENOUGH: Final = 8
GOOD_SCORE, GOOD_COUNT = 65, 4
_HELD_BACK: Final = {"document", "plain", "no_vehicle"}
_FRONT: Final = frozenset({PhotoSlot.FRONT, PhotoSlot.FRONT_LEFT, PhotoSlot.FRONT_RIGHT})
_REAR: Final = frozenset({PhotoSlot.REAR, PhotoSlot.REAR_LEFT, PhotoSlot.REAR_RIGHT})
_LEFT: Final = frozenset({PhotoSlot.LEFT, PhotoSlot.FRONT_LEFT, PhotoSlot.REAR_LEFT})
_RIGHT: Final = frozenset({PhotoSlot.RIGHT, PhotoSlot.FRONT_RIGHT, PhotoSlot.REAR_RIGHT})
_INSIDE: Final = frozenset({PhotoSlot.INTERIOR, PhotoSlot.DASHBOARD, PhotoSlot.REAR_SEATS})
WANTED: Final = {
    PhotoSlot.FRONT: _FRONT, PhotoSlot.REAR: _REAR, PhotoSlot.LEFT: _LEFT, PhotoSlot.RIGHT: _RIGHT,
    PhotoSlot.INTERIOR: _INSIDE, PhotoSlot.ODOMETER: frozenset({PhotoSlot.ODOMETER}),
    PhotoSlot.ENGINE: frozenset({PhotoSlot.ENGINE}),
}  # fmt: skip
"""The views that buyers look for, and the slots that show them."""
_OUTSIDE: Final = _FRONT | _REAR | _LEFT | _RIGHT
_BETTER_BY: Final = 10
_COVER_SCENES: Final = frozenset({"exterior", "other"})  # without the car gate nothing is known to be an exterior


@dataclass(frozen=True)
class ListedPhoto:
    """A photo of a listing, as it was judged; its key is the caller's own."""

    key: str
    slot: str
    is_cover: bool
    score: int
    codes: tuple[str, ...]
    scene: str


@dataclass(frozen=True)
class ListingJudgement:
    """The score of all photos of a listing, with codes of advice.

    `cover` is the photo that would be a better cover (None: keep it), `retake` the one most worth taking again,
    `repeated` the pairs that show the same photo.
    """

    score: int
    codes: tuple[str, ...]
    missing_slots: tuple[str, ...]
    cover: str | None
    retake: str | None
    repeated: tuple[tuple[str, str], ...]
    has_good_photos: bool
    version: int = VERSION


def judge_listing(photos: Sequence[ListedPhoto], repeated: Collection[tuple[str, str]] = ()) -> ListingJudgement:
    """Judge the photos in the listing's order; `repeated` are pairs of keys that show the same photo.

    The slots are what the seller said. Repeats count once, and so do photos of papers and placeholders not at all.
    """
    known = {photo.key for photo in photos}
    pairs = tuple(sorted({(min(pair), max(pair)) for pair in repeated if set(pair) <= known and len(set(pair)) == 2}))
    again = {second for _, second in pairs}
    counted = [photo for photo in photos if photo.key not in again and not _HELD_BACK & set(photo.codes)]
    missing = tuple(slot.value for slot, shown in WANTED.items() if not shown & {each.slot for each in counted})
    cover = _better_cover(photos, counted)
    severities = {
        "too_few": max(0.0, 1 - len(counted) / ENOUGH),
        "missing_slots": len(missing) / len(WANTED),
        "weak_cover": float(cover is not None),
        "order": float(_is_mixed(counted)),
        "repeated": min(1.0, len(pairs) / 3),
    }
    lost = {code: ADVICE[code].points * severity for code, severity in severities.items()}
    mean = sum(photo.score for photo in counted) / len(counted) if counted else 0.0
    score = round(max(0.0, mean - sum(lost.values()))) if counted else 0
    codes = tuple(sorted((code for code in lost if lost[code] >= 1), key=lambda code: -lost[code]))
    good = sum(photo.score >= GOOD_SCORE for photo in counted) >= GOOD_COUNT
    return ListingJudgement(score, codes, missing, cover, _retake(photos), pairs, good)


def _better_cover(photos: Sequence[ListedPhoto], counted: Sequence[ListedPhoto]) -> str | None:
    now = next((photo for photo in photos if photo.is_cover), photos[0] if photos else None)
    fit = [photo for photo in counted if photo.scene in _COVER_SCENES and photo.slot in _OUTSIDE]
    if now is None or not fit:
        return None
    best = max(fit, key=_as_cover)
    if now in fit and _as_cover(best) < _as_cover(now) + _BETTER_BY:
        return None
    return best.key if best.key != now.key else None


def _as_cover(photo: ListedPhoto) -> float:
    return photo.score + (12 if photo.slot in _FRONT else 0) - 8 * ("vehicle_cut_off" in photo.codes)


def _is_mixed(counted: Sequence[ListedPhoto]) -> bool:
    """Tell whether a photo of the inside stands before two of the outside."""
    outside = [photo.slot in _OUTSIDE for photo in counted if photo.slot in _OUTSIDE or photo.slot in _INSIDE]
    return any(not own and sum(outside[at:]) >= 2 for at, own in enumerate(outside))


def _retake(photos: Sequence[ListedPhoto]) -> str | None:
    """Return the worst of the photos of the slot that has no good one; the cover's faults weigh double."""
    best = Counter[str]()
    for photo in photos:
        best[photo.slot] = max(best[photo.slot], photo.score)
    poor = [photo for photo in photos if photo.codes and best[photo.slot] < GOOD_SCORE]
    return max(poor, key=lambda photo: (100 - photo.score) * (2 if photo.is_cover else 1)).key if poor else None
