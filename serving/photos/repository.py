"""Read the photo behind an address, as it is at this moment."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.access.tenant import Step, platform_step
from core.access.visible_to import visible_to
from core.db.tables import Listing
from core.db.tables.photo_backgrounds import PhotoBackground, PhotoChoice
from core.db.tables.photos import ListingPhoto, PhotoContent
from core.states.listings import in_states, is_in
from core.vocabulary import Channel, Visibility
from pipelines.photos.object_keys import CLEAN, PLAIN, clean_key, variant_key
from pipelines.photos.repository import SHOWN, PhotoOwner


@dataclass(frozen=True)
class ServedVariant:
    """An object that may be served."""

    content_id: UUID
    rendition: str | None
    name: str

    @property
    def key(self) -> str:
        """The key of the object in storage."""
        if self.name.startswith(CLEAN):
            return clean_key(self.content_id, self.rendition or PLAIN, self.name.removeprefix(CLEAN))
        return variant_key(self.content_id, self.rendition, self.name)


def is_open(owner: PhotoOwner) -> bool:
    """Tell whether everybody may see the car at this moment."""
    opened = is_in(owner.status, "opened")
    return opened and owner.visibility == Visibility.PUBLIC and Channel.AUTOMART in owner.channels


def served_variant(session: Session, public_key: str, variant: str, *, signed: bool) -> ServedVariant | None:
    """Find a variant by its address in one statement; without a signature only while everybody may see the photo."""
    query = _cleaned(public_key) if variant.startswith(CLEAN) else _plain(public_key)
    if signed:  # whoever has the address is not known, and its car may be hidden from them
        with platform_step(session, Step.PHOTO):
            row = session.execute(query).one_or_none()
    else:
        of_public = query.join(Listing, Listing.id == ListingPhoto.listing_id).where(
            ListingPhoto.plates.in_(SHOWN), in_states(Listing.status, "opened"), visible_to(Audience.anonymous())
        )
        if variant.startswith(CLEAN):
            of_public = of_public.join(PhotoChoice, PhotoChoice.org_id == Listing.org_id).where(
                PhotoChoice.clean_backgrounds
            )
        row = session.execute(of_public).one_or_none()
    if row is None or variant not in {each["name"] for each in row.variants}:
        return None
    return ServedVariant(row.id, row.rendition, variant)


def _plain(public_key: str) -> Select[tuple[UUID, list[dict[str, Any]], str | None]]:
    return (
        select(PhotoContent.id, PhotoContent.variants, ListingPhoto.rendition)
        .join(ListingPhoto, ListingPhoto.content_id == PhotoContent.id)
        .where(ListingPhoto.public_key == public_key)
    )


def _cleaned(public_key: str) -> Select[tuple[UUID, list[dict[str, Any]], str | None]]:
    """Select the variants with a clean background of the photo as it is covered now."""
    of_photo = PhotoBackground.content_id == ListingPhoto.content_id
    return (
        select(PhotoBackground.content_id.label("id"), PhotoBackground.variants, ListingPhoto.rendition)
        .join(ListingPhoto, of_photo & (PhotoBackground.rendition == ListingPhoto.rendition))
        .where(ListingPhoto.public_key == public_key, PhotoBackground.state == "done")
    )
