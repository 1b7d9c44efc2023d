"""Take people's decisions about plates in a photo: areas drawn by hand, appeals, and a moderator's answer.

It belongs to that photo alone. Whatever is covered in addition hides the photo until it is; only a moderator uncovers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.access.permissions import Permission
from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables.photo_verdicts import PhotoAppeal
from core.db.tables.photos import ListingPhoto, PhotoContent
from pipelines.photos.object_keys import PLAIN
from pipelines.photos.repository import PhotoOwner, PhotoRepository
from serving.photos.access import find_owned
from serving.photos.declarations import MANAGE_PHOTOS, MODERATE_PHOTOS
from serving.photos.errors import (
    AppealNotOpenError,
    AppealOpenError,
    BoxOutsideError,
    NothingCoveredError,
    PhotoNotFoundError,
    TooManyBoxesError,
)

MOST_BOXES = 20
_LEAST_SIDE = 4

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class _Found:
    owner: PhotoOwner
    photos: PhotoRepository
    photo: ListingPhoto


def draw_boxes(session: Session, principal: Principal, listing_id: UUID, photo_id: UUID, boxes: Sequence[Box]) -> None:
    """Cover more areas of a photo, in pixels of its original; others do not see it until they are covered.

    Raises:
        ForbiddenError, ListingNotFoundError, PhotoNotFoundError: as they say.
        BoxOutsideError, TooManyBoxesError: nothing was changed.
    """
    found = _find(session, principal, listing_id, photo_id, MANAGE_PHOTOS)
    content = session.get_one(PhotoContent, found.photo.content_id)
    for box in boxes:
        _require_inside(box, content)
    drawn = sorted({*(tuple(box) for box in found.photo.hand_boxes or ()), *boxes})
    if len(drawn) > MOST_BOXES:
        raise TooManyBoxesError(MOST_BOXES)
    found.photo.hand_boxes, found.photo.judged_at = [list(box) for box in drawn], None
    if found.photo.plates != "held":
        found.photos.decide(found.photo, "pending")
    _close(session, photo_id, "missed_plate", "granted")
    _record(session, principal, found, "photos.draw_boxes", {"boxes": len(drawn)})


def appeal(session: Session, principal: Principal, listing_id: UUID, photo_id: UUID, kind: str) -> PhotoAppeal:
    """Ask a moderator to uncover what is no plate (`unblur`), or to look at a plate that was missed (`missed_plate`).

    Raises:
        ForbiddenError, ListingNotFoundError, PhotoNotFoundError: as they say.
        NothingCoveredError: nothing is covered that could be uncovered.
        AppealOpenError: the last one is not decided yet.
    """
    found = _find(session, principal, listing_id, photo_id, MANAGE_PHOTOS)
    if kind == "unblur" and found.photo.rendition in (None, PLAIN):
        raise NothingCoveredError
    if _open(session, photo_id) is not None:
        raise AppealOpenError
    made = PhotoAppeal(listing_id=listing_id, photo_id=photo_id, kind=kind)
    session.add(made)
    session.flush()
    _record(session, principal, found, "photos.appeal", {"kind": kind})
    return made


def decide_appeal(
    session: Session, principal: Principal, listing_id: UUID, photo_id: UUID, *, grant: bool
) -> PhotoAppeal:
    """Decide the open appeal of a photo.

    A granted `unblur` uncovers what was found, and keeps what was drawn by hand. A granted `missed_plate` hides the
    photo until somebody has drawn the plate's area.

    Raises:
        ForbiddenError, ListingNotFoundError, PhotoNotFoundError, AppealNotOpenError: as they say.
    """
    found = _find(session, principal, listing_id, photo_id, MODERATE_PHOTOS)
    row = _open(session, photo_id)
    if row is None:
        raise AppealNotOpenError
    row.state, row.decided_at = ("granted" if grant else "refused"), func.now()
    if grant and row.kind == "unblur":
        found.photo.unblurred, found.photo.judged_at = True, None
    elif grant:
        found.photos.decide(found.photo, "pending")
    session.flush()
    _record(session, principal, found, "photos.decide_appeal", {"kind": row.kind, "state": row.state})
    return row


def _find(session: Session, principal: Principal, listing_id: UUID, photo_id: UUID, permission: Permission) -> _Found:
    owner = find_owned(session, principal, listing_id, permission)
    photos = PhotoRepository(session, owner)
    photos.lock()
    photo = photos.get(photo_id)
    if photo is None:
        raise PhotoNotFoundError
    return _Found(owner, photos, photo)


def _require_inside(box: Box, content: PhotoContent) -> None:
    x1, y1, x2, y2 = box
    width, height = content.width or 0, content.height or 0
    sides = x2 - x1 >= _LEAST_SIDE and y2 - y1 >= _LEAST_SIDE
    if not (sides and x1 >= 0 and y1 >= 0 and x2 <= width and y2 <= height):
        raise BoxOutsideError(width, height)


def _open(session: Session, photo_id: UUID) -> PhotoAppeal | None:
    return session.scalars(select(PhotoAppeal).filter_by(photo_id=photo_id, state="open")).first()


def _close(session: Session, photo_id: UUID, kind: str, state: str) -> None:
    row = _open(session, photo_id)
    if row is not None and row.kind == kind:
        row.state, row.decided_at = state, func.now()
        session.flush()


def _record(session: Session, principal: Principal, found: _Found, action: str, after: dict[str, object]) -> None:
    act = Act(
        action, "photo", str(found.photo.id), found.owner.org_id, after={"listing_id": str(found.owner.id), **after}
    )
    record(session, Actor.of(principal), act)
