"""Photos of tests that are deleted while something else goes on."""

from datetime import timedelta

from core.clock import utc_now
from core.db.session import transaction
from core.db.tables.photos import ListingPhoto
from core.platform import Platform
from pipelines.photos.repository import PhotoRepository, photo_owner
from pipelines.photos.sweeping import mark_unshown, sweep


def remove_photo(platform: Platform, photo: ListingPhoto) -> None:
    """Delete a photo, and what is kept of its content."""
    with transaction(platform.sessions) as session:
        owner = photo_owner(session, photo.listing_id)
        assert owner is not None
        photos = PhotoRepository(session, owner)
        stored = photos.get(photo.id)
        assert stored is not None
        photos.remove(stored)
    later = utc_now() + timedelta(hours=2)
    with transaction(platform.sessions) as session:
        mark_unshown(session, later)
    with transaction(platform.sessions) as session:
        assert sweep(session, platform.storage, later).contents == 1
