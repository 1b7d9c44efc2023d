"""Show, order, delete and serve the photos of listings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables.photos import ListingPhoto, PhotoContent
from core.storage import ObjectNotFoundError, Storage
from pipelines.photos.repository import SHOWN, PhotoOwner, PhotoRepository, photo_owner
from serving.listings.errors import ListingNotFoundError
from serving.listings.management.access import may_handle
from serving.photos.access import find_owned
from serving.photos.addresses import PhotoAddresses, Signature
from serving.photos.cleaned import cleaned_variants
from serving.photos.declarations import MANAGE_PHOTOS
from serving.photos.errors import OrderIncompleteError, PhotoNotFoundError
from serving.photos.judgement.judged import judged_listing, judged_photos
from serving.photos.repository import ServedVariant, is_open, served_variant
from serving.photos.views import ListedPhotos, PhotoView, variant_views


@dataclass(frozen=True)
class PhotoOrder:
    """All photos of a listing in their new order, with the cover and the slots that change."""

    photo_ids: Sequence[UUID]
    cover: UUID | None = None
    slots: Mapping[UUID, str] = field(default_factory=dict)


def listing_photos(session: Session, principal: Principal, listing_id: UUID) -> ListedPhotos:
    """Return a listing's photos in order: all of them to those who manage it, to others those of a public car.

    Raises:
        ListingNotFoundError: there is none, or it is not public and not the caller's.
    """
    owner = photo_owner(session, listing_id)
    managed = owner is not None and may_handle(principal, MANAGE_PHOTOS, owner)
    if owner is None or not (managed or is_open(owner)):
        raise ListingNotFoundError(listing_id)
    if managed:
        return _managed(session, owner)
    return ListedPhotos([photo for photo in _views(session, owner) if photo.is_open])


def managed_photo(session: Session, principal: Principal, listing_id: UUID, photo_id: UUID) -> PhotoView:
    """Return one photo to those who manage its listing.

    Raises:
        ForbiddenError, ListingNotFoundError, PhotoNotFoundError: as they say.
    """
    owner = find_owned(session, principal, listing_id, MANAGE_PHOTOS)
    found = next((photo for photo in _managed(session, owner).photos if photo.id == photo_id), None)
    if found is None:
        raise PhotoNotFoundError
    return found


def order_photos(session: Session, principal: Principal, listing_id: UUID, order: PhotoOrder) -> ListedPhotos:
    """Put the photos of a listing in an order; without a cover the first one is it.

    Raises:
        ForbiddenError, ListingNotFoundError: see `find_owned`.
        OrderIncompleteError: photos are missing, foreign or named twice.
    """
    owner = find_owned(session, principal, listing_id, MANAGE_PHOTOS)
    photos = PhotoRepository(session, owner)
    photos.lock()
    known = {photo.id: photo for photo, _ in photos.all()}
    named = list(order.photo_ids)
    foreign = (set(order.slots) | ({order.cover} if order.cover else set())) - set(known)
    if len(named) != len(known) or set(named) != set(known) or foreign:
        raise OrderIncompleteError
    if named:
        photos.place([known[photo_id] for photo_id in named], order.cover or named[0], order.slots)
    after = {"photo_ids": [str(photo_id) for photo_id in named], "cover": str(order.cover) if order.cover else None}
    record(session, Actor.of(principal), Act("photos.order", "listing", str(listing_id), owner.org_id, after=after))
    return _managed(session, owner)


def delete_photo(session: Session, principal: Principal, listing_id: UUID, photo_id: UUID) -> None:
    """Delete a photo; its addresses show nothing from the commit on.

    Raises:
        ForbiddenError, ListingNotFoundError, PhotoNotFoundError: as they say.
    """
    owner = find_owned(session, principal, listing_id, MANAGE_PHOTOS)
    photos = PhotoRepository(session, owner)
    photos.lock()
    photo = photos.get(photo_id)
    if photo is None:
        raise PhotoNotFoundError
    photos.remove(photo)
    act = Act("photos.delete", "photo", str(photo_id), owner.org_id, {"listing_id": str(listing_id)}, None)
    record(session, Actor.of(principal), act)


def find_variant(
    session: Session, addresses: PhotoAddresses, public_key: str, variant: str, given: Signature | None
) -> ServedVariant:
    """Find the object behind an address, if the address still shows it.

    Raises:
        PhotoNotFoundError: there is none, its car is no longer public, or the signature has ended.
    """
    signed = given is not None and addresses.is_signed("photo", f"{public_key}-{variant}", given)
    if given is not None and not signed:
        raise PhotoNotFoundError
    found = served_variant(session, public_key, variant, signed=signed)
    if found is None:
        raise PhotoNotFoundError
    return found


def read_variant(storage: Storage, served: ServedVariant) -> bytes:
    """Read the object of a variant.

    Raises:
        PhotoNotFoundError: the sweep has just deleted it.
    """
    try:
        return storage.get(served.key)
    except ObjectNotFoundError:
        raise PhotoNotFoundError from None


def _managed(session: Session, owner: PhotoOwner) -> ListedPhotos:
    rows = PhotoRepository(session, owner).all()
    known = judged_photos(session, rows)
    views = [replace(view, judged=known[view.id]) for view in _views_of(session, rows, owner)]
    return ListedPhotos(views, judged_listing(session, owner.id))


def _views(session: Session, owner: PhotoOwner) -> list[PhotoView]:
    return _views_of(session, PhotoRepository(session, owner).all(), owner)


def _views_of(
    session: Session, rows: Sequence[tuple[ListingPhoto, PhotoContent]], owner: PhotoOwner
) -> list[PhotoView]:
    cover = next((photo.id for photo, _ in rows if photo.is_cover), rows[0][0].id if rows else None)
    cleaned = cleaned_variants(session, owner.org_id, [photo for photo, _ in rows])
    views = [_view(photo, content, owner, is_cover=photo.id == cover) for photo, content in rows]
    return [replace(view, cleaned=cleaned.get(view.id, ())) for view in views]


def _view(photo: ListingPhoto, content: PhotoContent, owner: PhotoOwner, *, is_cover: bool) -> PhotoView:
    shown = is_open(owner) and photo.plates in SHOWN
    variants = variant_views(content.variants)
    return PhotoView(photo.id, photo.public_key, photo.slot, is_cover, shown, photo.plates, photo.origin, variants)
