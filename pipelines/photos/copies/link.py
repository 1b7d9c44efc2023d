"""Show the copies: bring each listing's photos in step with the addresses that its feed names now."""

from uuid import UUID

from sqlalchemy.orm import Session

from core.db.session import SessionFactory, transaction
from core.db.tables.photos import ListingPhoto, PhotoContent
from pipelines.photos.copies.repository import AddressRepository
from pipelines.photos.repository import PhotoRepository, photo_owner

_BATCH = 200


def link_copies(sessions: SessionFactory, plates: str, most: int) -> int:
    """Bring all listings in step that are not, each in a transaction of its own, and count them."""
    linked = 0
    while True:
        with transaction(sessions) as session:
            ids = AddressRepository(session).unlinked(_BATCH)
        for listing_id in ids:
            with transaction(sessions) as session:
                link_listing(session, listing_id, plates, most)
        linked += len(ids)
        if len(ids) < _BATCH:
            return linked


def link_listing(session: Session, listing_id: UUID, plates: str, most: int) -> None:
    """Add, replace and forget the feed's photos of one listing.

    The order is the feed's until a person has ordered the photos (they then have a cover) or added one.
    """
    owner = photo_owner(session, listing_id)
    if owner is None:
        return
    photos = PhotoRepository(session, owner)
    photos.lock()
    named = dict(AddressRepository(session).named(listing_id))
    known = {photo.address_id: photo for photo in photos.of_feed()}
    for address_id, photo in known.items():
        if address_id not in named:
            photos.forget(photo)
    for address_id, content_id in named.items():
        content = None if content_id is None else session.get(PhotoContent, content_id)
        known_photo = known.get(address_id)
        if content is None or (known_photo is not None and known_photo.removed_at is not None):
            continue
        if known_photo is None:
            if photos.count() < most:
                photos.add(ListingPhoto(origin="feed", address_id=address_id, plates=plates, slot="other"), content)
        elif known_photo.content_id != content.id:
            photos.replace_content(known_photo, content, plates)
    _order_as_named(photos, list(named))


def _order_as_named(photos: PhotoRepository, named: list[UUID]) -> None:
    shown = [photo for photo, _ in photos.all()]
    if any(photo.is_cover or photo.origin != "feed" for photo in shown):
        return
    place = {address_id: number for number, address_id in enumerate(named)}
    for photo in shown:
        photo.position = 1 + place[photo.address_id] if photo.address_id in place else photo.position
