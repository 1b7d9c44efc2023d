"""Listings with photos of a feed, and what came of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.db.session import SessionFactory, transaction
from core.db.tables.photos import PhotoAddress
from core.platform import Platform
from pipelines.photos.copies.copy import CopyReport, copy_feed_photos
from pipelines.photos.repository import PhotoRepository, photo_owner
from tests.factories.listings import add_listing

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)


def add_car(sessions: SessionFactory, *photos: str, **columns: Any) -> UUID:
    with transaction(sessions) as session:
        return add_listing(session, photos=list(photos), **columns)


def copied(platform: Platform, after: timedelta = timedelta(0), **settings: Any) -> CopyReport:
    changed = replace(platform, settings=platform.settings.model_copy(update=settings))
    return copy_feed_photos(changed, lambda: NOW + after, budget_seconds=60)


def shown(sessions: SessionFactory, listing_id: UUID) -> list[tuple[str, bool]]:
    """Digests of the contents that a listing shows, in order, and whether a person chose it as cover."""
    with sessions() as session:
        owner = photo_owner(session, listing_id)
        assert owner is not None
        return [(content.digest.hex(), photo.is_cover) for photo, content in PhotoRepository(session, owner).all()]


def addresses(sessions: SessionFactory) -> dict[str, PhotoAddress]:
    """The addresses by the end of their URL."""
    with sessions() as session:
        return {row.url.rsplit("/", 1)[1]: row for row in session.scalars(select(PhotoAddress))}
