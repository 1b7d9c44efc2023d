"""Score the photos of listings together, whenever a photo, its verdict, its slot or the order has changed."""

from itertools import combinations
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core.db.session import Transaction
from core.db.tables.photo_verdicts import ListingMediaScore, PhotoVerdict
from models.photo_quality import VERSION
from models.photo_quality.listing import ListedPhoto, ListingJudgement, judge_listing
from pipelines.photos.pairs.pairs import pairs_within
from pipelines.photos.repository import PhotoRepository, photo_owner

# The search follows what changes in `listings`; what is as before is left alone.
_SHOW = text("""
UPDATE listings SET photo_score = :score, has_good_photos = :good
WHERE id = :id AND (photo_score IS DISTINCT FROM CAST(:score AS smallint) OR has_good_photos <> :good)
""")


def score_due(transactions: Transaction, most: int) -> int:
    """Score listings whose score is stale, each in a transaction of its photos, and count them."""
    with transactions() as session:
        query = select(ListingMediaScore.listing_id).where(ListingMediaScore.stale).limit(most)
        listings = list(session.scalars(query))
    for listing_id in listings:
        with transactions() as session:
            score_listing(session, listing_id)
    return len(listings)


def score_listing(session: Session, listing_id: UUID) -> None:
    """Score one listing by the verdicts that its photos have now; without one it has no score."""
    owner = photo_owner(session, listing_id)
    row = session.get(ListingMediaScore, listing_id)
    if owner is None or row is None:
        return
    photos = PhotoRepository(session, owner)
    photos.lock()
    listed = _listed(session, photos)
    judged = judge_listing(listed, _repeated(session, photos)) if listed else None
    _keep(row, judged)
    shown = {"score": None if judged is None else judged.score, "good": judged is not None and judged.has_good_photos}
    session.execute(_SHOW, {"id": listing_id, **shown})


def _listed(session: Session, photos: PhotoRepository) -> list[ListedPhoto]:
    rows = photos.all()
    query = select(PhotoVerdict).where(PhotoVerdict.content_id.in_([content.id for _, content in rows]))
    verdicts = {verdict.content_id: verdict for verdict in session.scalars(query)}
    scored = [(photo, verdicts[content.id]) for photo, content in rows if content.id in verdicts]
    return [
        ListedPhoto(
            str(photo.id), photo.slot, photo.is_cover, verdict.score, tuple(verdict.codes), verdict.scene or "other"
        )
        for photo, verdict in scored
        if verdict.score is not None
    ]


def _repeated(session: Session, photos: PhotoRepository) -> list[tuple[str, str]]:
    """Return the pairs of photos, in the listing's order, that show the same bytes or were proved to be one."""
    rows = photos.all()
    same = {frozenset(pair) for pair in pairs_within(session, [content.id for _, content in rows])}
    return [
        (str(one.id), str(other.id))
        for (one, first), (other, second) in combinations(rows, 2)
        if first.id == second.id or frozenset((first.id, second.id)) in same
    ]


def _keep(row: ListingMediaScore, judged: ListingJudgement | None) -> None:
    row.score = None if judged is None else judged.score
    row.codes = [] if judged is None else list(judged.codes)
    row.missing_slots = [] if judged is None else list(judged.missing_slots)
    row.cover, row.retake = (
        None if judged is None or key is None else UUID(key)
        for key in ((None, None) if judged is None else (judged.cover, judged.retake))
    )
    row.version = None if judged is None else str(VERSION)
    row.stale, row.scored_at = False, func.clock_timestamp()
