"""SQL of listings' photos; the only writer of `listing_photos`, whose triggers count them in `listings.photo_count`."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.db.locks import lock_name
from core.db.tables import Listing
from core.db.tables.photos import ListingPhoto, PhotoContent
from core.outbox.emit import emit
from core.outbox.events import NewEvent

TOPIC = "photo"
SHOWN = ("done", "waived")
"""States of the plate step with which others see a photo."""


@dataclass(frozen=True)
class PhotoOwner:
    """A listing as far as its photos need it: whose it is and who may know of it."""

    id: UUID
    org_id: UUID
    branch_id: UUID | None
    status: str
    visibility: str
    channels: tuple[str, ...]
    seller_id: UUID | None = None

    @property
    def audience(self) -> tuple[str, ...]:
        """The words of `core.outbox.audience`."""
        return tuple(f"{channel}:{self.visibility}" for channel in sorted(self.channels))


_OWNER = (Listing.id, Listing.org_id, Listing.branch_id, Listing.status, Listing.visibility, Listing.channels,
          Listing.seller_id)  # fmt: skip


def photo_owner(session: Session, listing_id: UUID) -> PhotoOwner | None:
    """Return the listing, whatever its state; None where there is none."""
    row = session.execute(select(*_OWNER).where(Listing.id == listing_id)).one_or_none()
    return None if row is None else PhotoOwner(*row[:5], tuple(row.channels), row.seller_id)


class PhotoRepository:
    """The photos of one listing; writers take turns from here to the end of their transaction."""

    def __init__(self, session: Session, owner: PhotoOwner) -> None:
        self._session, self._owner = session, owner

    @property
    def org_id(self) -> UUID:
        """The organisation whose car it is."""
        return self._owner.org_id

    def lock(self) -> None:
        """Wait until no other transaction changes the listing's photos."""
        lock_name(self._session, f"photos {self._owner.id}")

    def all(self) -> list[tuple[ListingPhoto, PhotoContent]]:
        """Read the photos with their contents, in order."""
        query = (
            select(ListingPhoto, PhotoContent)
            .join(PhotoContent, PhotoContent.id == ListingPhoto.content_id)
            .where(ListingPhoto.listing_id == self._owner.id)
            .order_by(ListingPhoto.position, ListingPhoto.id)
        )
        return [(photo, content) for photo, content in self._session.execute(query)]

    def get(self, photo_id: UUID) -> ListingPhoto | None:
        """Read one photo of the listing, unless it was removed."""
        query = select(ListingPhoto).filter_by(id=photo_id, listing_id=self._owner.id, removed_at=None)
        return self._session.scalars(query).first()

    def of_feed(self) -> list[ListingPhoto]:
        """Read the photos that came from a feed, those that a person removed included."""
        query = select(ListingPhoto).filter_by(listing_id=self._owner.id, origin="feed")
        return list(self._session.scalars(query))

    def count(self) -> int:
        """Count the photos, whether others see them yet or not."""
        query = select(func.count()).where(ListingPhoto.listing_id == self._owner.id, ListingPhoto.removed_at.is_(None))
        return self._session.scalar(query) or 0

    def add(self, photo: ListingPhoto, content: PhotoContent) -> ListingPhoto:
        """Put a photo behind the others, and tell of it."""
        last = select(func.max(ListingPhoto.position)).where(ListingPhoto.listing_id == self._owner.id)
        photo.listing_id, photo.content_id = self._owner.id, content.id
        photo.position, photo.public_key = (self._session.scalar(last) or 0) + 1, new_public_key()
        self._session.add(photo)
        self._session.flush()
        self._emit_change("added", photo, content)
        return photo

    def replace_content(self, photo: ListingPhoto, content: PhotoContent, plates: str) -> None:
        """Show another content under a new address; the old address shows nothing from now on.

        What people decided about the plates of the old content does not hold for the new one.
        """
        photo.content_id, photo.plates, photo.public_key = content.id, plates, new_public_key()
        photo.rendition, photo.judged_at, photo.unblurred, photo.hand_boxes = None, None, False, None
        self._session.flush()
        self._emit_change("added", photo, content)

    def decide(self, photo: ListingPhoto, plates: str, rendition: str | None = None) -> None:
        """Note the outcome of the plate step. What is shown from now on has a new address, and the old one ends."""
        if (photo.plates, photo.rendition) != (plates, rendition):
            photo.plates, photo.rendition, photo.public_key = plates, rendition, new_public_key()
            self._session.flush()
            self._emit_change("changed", photo)

    def emit_judged(self, photo: ListingPhoto, facts: Mapping[str, object]) -> None:
        """Emit an event of the findings in a photo."""
        self._emit("judged", photo, dict(facts))

    def emit_matched(self, photo: ListingPhoto) -> None:
        """Emit an event of a photo that shows the same picture as another one."""
        self._emit("matched", photo, {})

    def place(self, ordered: Sequence[ListingPhoto], cover: UUID, slots: Mapping[UUID, str]) -> None:
        """Put all photos in this order, with the cover and the slots that are given."""
        before = {photo.id: (photo.position, photo.is_cover, photo.slot) for photo in ordered}
        for photo in ordered:
            photo.is_cover = False
        self._session.flush()  # there is one cover at a time
        for position, photo in enumerate(ordered, 1):
            photo.position, photo.is_cover = position, photo.id == cover
            photo.slot = slots.get(photo.id, photo.slot)
        self._session.flush()
        changed = [each for each in ordered if before[each.id] != (each.position, each.is_cover, each.slot)]
        for photo in changed:
            self._emit_change("changed", photo)

    def remove(self, photo: ListingPhoto) -> None:
        """Delete a photo and emit an event of it.

        Its addresses show nothing from now on; its content goes with the sweep. A feed's photo leaves a row
        without content behind, so that the next delivery does not bring it back.
        """
        self._emit_change("deleted", photo)
        if photo.origin == "feed":
            photo.content_id, photo.removed_at, photo.is_cover = None, func.now(), False
            photo.hand_boxes = None
        else:
            self._session.delete(photo)
        self._session.flush()

    def forget(self, photo: ListingPhoto) -> None:
        """Delete a feed's photo whose address the feed no longer names."""
        if photo.removed_at is None:
            self._emit_change("deleted", photo)
        self._session.delete(photo)
        self._session.flush()

    def _emit_change(self, kind: str, photo: ListingPhoto, content: PhotoContent | None = None) -> None:
        facts = {} if content is None else {"content_id": str(content.id), "digest": content.digest.hex()}
        self._emit(kind, photo, facts)

    def _emit(self, kind: str, photo: ListingPhoto, more: Mapping[str, object]) -> None:
        facts = {"listing_id": str(self._owner.id), "slot": photo.slot, "plates": photo.plates, "origin": photo.origin}
        facts |= more  # type: ignore[arg-type]
        event = NewEvent(photo.id, kind, self._owner.org_id, audience=self._owner.audience, payload=facts)
        emit(self._session, TOPIC, event)


def new_public_key() -> str:
    """Make the name of a photo in its addresses; nothing can be learnt from it."""
    return secrets.token_hex(16)
