"""The same picture on the cars of two dealers, as the report of copies finds it."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables.photo_pairs import PhotoDescription, PhotoSighting
from core.db.tables.photos import ListingPhoto, PhotoContent
from pipelines.photos.pairs.pairs import PairRepository
from pipelines.photos.repository import PhotoRepository, photo_owner
from tests.factories.listings import add_listing

_EVIDENCE = {"kind": "same_photo", "inliers": 90, "correlation": 0.9, "covered": 1.0, "mirrored": True}


def add_copies(sessions: SessionFactory, later: str, first: str, **of_first: object) -> tuple[UUID, UUID]:
    """Give two dealers an edited copy of one photo; return the later one's photo, and that which was seen first."""
    with transaction(sessions) as session:
        cars = [add_listing(session, org=later), add_listing(session, org=first, **of_first)]
        contents = [_described(session) for _ in cars]
        seen = [utc_now(), utc_now() - timedelta(days=9)]
        photos = [_shown(session, car, content, at) for car, content, at in zip(cars, contents, seen, strict=True)]
        assert PairRepository(session, "x").keep(contents[0].id, {contents[1].id: _EVIDENCE}) == 1
        return photos[0], photos[1]


def _described(session: Session) -> PhotoContent:
    made = PhotoContent(digest=uuid4().bytes, version=1, touched_at=utc_now(), made_at=utc_now())
    session.add(made)
    session.flush()
    session.add(PhotoDescription(content_id=made.id, version="x", usable=True, described_at=utc_now()))
    return made


def _shown(session: Session, car: UUID, content: PhotoContent, at: datetime) -> UUID:
    owner = photo_owner(session, car)
    assert owner is not None
    photo = PhotoRepository(session, owner).add(ListingPhoto(origin="upload", slot="front", plates="waived"), content)
    sighting = session.get_one(PhotoSighting, (content.id, car))
    sighting.first_seen_at = at
    session.flush()
    return photo.id
