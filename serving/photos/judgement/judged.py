"""Read the judgement of photos for their owners: scores with advice, findings, and the outcome of appeals."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.tables.photo_verdicts import ListingMediaScore, MediaIQJob, PhotoAppeal, PhotoVerdict
from core.db.tables.photos import ListingPhoto, PhotoContent
from models.photo_quality.advice import ADVICE


@dataclass(frozen=True, slots=True)
class AdviceView:
    """A code, and what to do about it."""

    code: str
    english: str
    urdu: str


@dataclass(frozen=True, slots=True)
class JudgedView:
    """The judgement of one photo. Boxes are in pixels of its original, `width` by `height`.

    `state` is that of its job; `vehicle` is None before the verdict, and where the car gate was off (`car_gate_off`).
    """

    state: str
    code: str | None
    score: int | None
    advice: tuple[AdviceView, ...]
    vehicle: float | None
    car_gate_off: bool
    width: int
    height: int
    plates: tuple[tuple[int, ...], ...]
    drawn: tuple[tuple[int, ...], ...]
    appeal: str | None


@dataclass(frozen=True, slots=True)
class ListingJudgedView:
    """The score of a listing's photos together; `scored` tells whether it is of their present state."""

    score: int | None
    advice: tuple[AdviceView, ...]
    missing_slots: tuple[str, ...]
    better_cover: UUID | None
    retake: UUID | None
    scored: bool


def judged_photos(session: Session, rows: Sequence[tuple[ListingPhoto, PhotoContent]]) -> dict[UUID, JudgedView]:
    """Return what is known of photos, by their ids."""
    contents, ids = [content.id for _, content in rows], [photo.id for photo, _ in rows]
    verdicts = {
        verdict.content_id: verdict
        for verdict in session.scalars(select(PhotoVerdict).where(PhotoVerdict.content_id.in_(contents)))
    }
    asked = select(MediaIQJob).where(MediaIQJob.content_id.in_(contents))
    jobs = {(job.photo_id, job.content_id): job for job in session.scalars(asked)}
    open_appeals = select(PhotoAppeal.photo_id, PhotoAppeal.kind).where(PhotoAppeal.photo_id.in_(ids))
    appeals = {row.photo_id: row.kind for row in session.execute(open_appeals.where(PhotoAppeal.state == "open"))}
    return {
        photo.id: _judged(
            photo, content, verdicts.get(content.id), jobs.get((photo.id, content.id)) or jobs.get((None, content.id)),
            appeals.get(photo.id),
        )
        for photo, content in rows
    }  # fmt: skip


def judged_listing(session: Session, listing_id: UUID) -> ListingJudgedView:
    """Return what is known of the photos of a listing together."""
    row = session.get(ListingMediaScore, listing_id)
    if row is None:
        return ListingJudgedView(None, (), (), None, None, scored=False)
    advice, missing = advice_for(row.codes), tuple(row.missing_slots)
    return ListingJudgedView(row.score, advice, missing, row.cover, row.retake, scored=not row.stale)


def advice_for(codes: Iterable[str]) -> tuple[AdviceView, ...]:
    """Return the sentences of codes, in two languages; codes of older versions have none."""
    return tuple(AdviceView(code, ADVICE[code].english, ADVICE[code].urdu) for code in codes if code in ADVICE)


def _judged(
    photo: ListingPhoto, content: PhotoContent, verdict: PhotoVerdict | None, job: MediaIQJob | None, appeal: str | None
) -> JudgedView:
    return JudgedView(
        state="waiting" if job is None else job.state,
        code=None if job is None else job.code,
        score=None if verdict is None else verdict.score,
        advice=() if verdict is None else advice_for(verdict.codes),
        vehicle=None if verdict is None else verdict.vehicle,
        car_gate_off=verdict is not None and verdict.vehicle is None,
        width=content.width or 0,
        height=content.height or 0,
        plates=() if verdict is None else tuple(tuple(plate["box"]) for plate in verdict.plates),
        drawn=tuple(tuple(box) for box in photo.hand_boxes or ()),
        appeal=appeal,
    )
