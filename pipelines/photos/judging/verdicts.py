"""Keep what was found in a content, and decide what each listing's photo of it shows.

A photo is decided for itself, in a transaction of its listing's photos: one that a person has drawn areas on, or a
moderator has uncovered, shows other variants than the next listing's photo of the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.session import Transaction
from core.db.tables.photo_verdicts import MediaIQJob, PhotoVerdict
from core.db.tables.photos import ListingPhoto, PhotoContent
from pipelines.photos.object_keys import PLAIN
from pipelines.photos.repository import PhotoRepository, photo_owner

DOCUMENT = "document"
"""The code of pictures of papers: they are held back, whatever else was found."""
_UNDECIDED = (ListingPhoto.judged_at.is_(None), ListingPhoto.removed_at.is_(None))
# Photos that were shown before the plate step was required are decided again.
_WAIVED = text("UPDATE listing_photos SET judged_at = NULL WHERE plates = 'waived' AND judged_at IS NOT NULL")


@dataclass(frozen=True)
class Found:
    """The child's findings in a content; without a score, the score is null and its codes are empty."""

    version: str
    vehicle: float | None
    plates: Sequence[dict[str, Any]]
    rendition: str
    score: int | None = None
    codes: Sequence[str] = ()
    measures: dict[str, Any] = field(default_factory=dict)
    scene: str | None = None


def keep_verdict(session: Session, content_id: UUID, found: Found) -> bool:
    """Write the verdict, unless the content is gone; photos that showed an older one are undecided again."""
    query = select(PhotoContent.id).where(PhotoContent.id == content_id, PhotoContent.made_at.is_not(None))
    if session.scalar(query.with_for_update(key_share=True)) is None:
        return False
    values = {
        "version": found.version, "vehicle": found.vehicle, "plates": list(found.plates), "rendition": found.rendition,
        "score": found.score, "codes": list(found.codes), "measures": found.measures, "scene": found.scene,
        "judged_at": func.clock_timestamp(),
    }  # fmt: skip
    write = insert(PhotoVerdict).values(content_id=content_id, **values)
    session.execute(write.on_conflict_do_update(index_elements=["content_id"], set_=values))
    session.execute(
        text("UPDATE listing_photos SET judged_at = NULL WHERE content_id = :id AND judged_at IS NOT NULL"),
        {"id": content_id},
    )
    return True


def decide_again(session: Session) -> None:
    """Have photos decided that are shown as they came, since the plate step is required now."""
    session.execute(_WAIVED)


def decide_due(transactions: Transaction, most: int, *, required: bool) -> int:
    """Decide photos whose content has a verdict or has failed, listing by listing, and count the listings."""
    with transactions() as session:
        listings = _due(session, most)
    for listing_id in listings:
        with transactions() as session:
            _decide_listing(session, listing_id, required=required)
    return len(listings)


def covered_by_hand(session: Session, photo_id: UUID, content_id: UUID, rendition: str) -> bool:
    """Show a photo with its own areas covered; tell whether it still has that content."""
    listing_id = session.scalar(select(ListingPhoto.listing_id).where(ListingPhoto.id == photo_id))
    owner = None if listing_id is None else photo_owner(session, listing_id)
    if owner is None:
        return False
    photos = PhotoRepository(session, owner)
    photos.lock()
    photo = photos.get(photo_id)
    if photo is None or photo.content_id != content_id:
        return False
    if photo.plates != "held":
        photo.judged_at = func.clock_timestamp()
        photos.decide(photo, "done", rendition)
    return True


def _due(session: Session, most: int) -> list[UUID]:
    """List listings with photos that can be decided; those with own areas are decided when these are covered."""
    ended = (
        select(MediaIQJob.id)
        .where(MediaIQJob.content_id == ListingPhoto.content_id, MediaIQJob.photo_id.is_(None))
        .where(MediaIQJob.state.in_(("done", "failed")))
    )
    own_failed = select(MediaIQJob.id).where(MediaIQJob.photo_id == ListingPhoto.id, MediaIQJob.state == "failed")
    query = (
        select(ListingPhoto.listing_id)
        .where(*_UNDECIDED, ended.exists(), ListingPhoto.hand_boxes.is_(None) | own_failed.exists())
        .distinct()
        .limit(most)
    )
    return list(session.scalars(query))


def _decide_listing(session: Session, listing_id: UUID, *, required: bool) -> None:
    owner = photo_owner(session, listing_id)
    if owner is None:
        return
    photos = PhotoRepository(session, owner)
    photos.lock()
    jobs = select(MediaIQJob.content_id, MediaIQJob.state).where(MediaIQJob.photo_id.is_(None))
    own = select(MediaIQJob.photo_id, MediaIQJob.state).where(MediaIQJob.photo_id.is_not(None))
    for photo, content in photos.all():
        if photo.judged_at is not None:
            continue
        state = session.execute(jobs.where(MediaIQJob.content_id == content.id)).one_or_none()
        verdict = session.get(PhotoVerdict, content.id, populate_existing=True)
        own_job = session.execute(own.where(MediaIQJob.photo_id == photo.id)).one_or_none()
        if photo.hand_boxes is not None and (own_job is None or own_job.state != "failed"):
            continue
        outcome = _outcome(photo, verdict, state.state if state else "waiting", required=required)
        if outcome is not None:
            photo.judged_at = func.clock_timestamp()
            photos.decide(photo, *outcome)
            _emit(session, photos, photo, verdict)


def _emit(session: Session, photos: PhotoRepository, photo: ListingPhoto, verdict: PhotoVerdict | None) -> None:
    """Emit an event of a decision about a photo and record it for the audit, in the transaction that decides."""
    found = {} if verdict is None else {"score": verdict.score, "codes": verdict.codes, "vehicle": verdict.vehicle}
    if verdict is not None:
        photos.emit_judged(photo, {**found, "version": verdict.version})
    act = Act("photos.judge", "photo", str(photo.id), photos.org_id, after={"plates": photo.plates, **found})
    record(session, Actor.system("photos.judge"), act)


def _outcome(
    photo: ListingPhoto, verdict: PhotoVerdict | None, state: str, *, required: bool
) -> tuple[str, str | None] | None:
    """Return the state and the rendition of a photo; None while nothing can be said."""
    if verdict is not None and state == "done" and DOCUMENT in verdict.codes:
        return "held", None
    if photo.plates == "waived" and not required:
        return ("waived", None) if state in ("done", "failed") else None
    if photo.hand_boxes is not None or state == "failed":
        return "pending", None  # never clear: what should be covered could not be
    if verdict is None or state != "done":
        return None
    return "done", PLAIN if photo.unblurred else verdict.rendition
