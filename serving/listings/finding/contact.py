"""Reveal the contact of a car on offer, and leave the event of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.access.principal import Principal
from core.db.tables.listings import ListingContact
from core.engagement.digests import Digests
from core.identity.sealed_contacts import USER_CONTACT, open_contact
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys
from core.security.sealing import CannotOpenError
from serving.engagement.capture import caller_of, count_reveal
from serving.listings.errors import ListingNotFoundError
from serving.listings.finding.repository import ListingRepository

_COLUMNS = (
    "org",
    "branch",
    "city",
    "phones",
    "address",
    "opening_hours",
    "id",
    "user_id",
    "kind",
    "blind_index",
    "sealed",
)


@dataclass(frozen=True)
class Reveal:
    """A wish to see the contact of a listing; apps name it by an id of their own, so that it counts once."""

    listing_id: UUID
    event_id: UUID
    device_id: str


@dataclass(frozen=True)
class Asking:
    """The caller: what it may see, and who it is."""

    audience: Audience
    principal: Principal


@dataclass(frozen=True)
class ContactView:
    """Whom to call: the branch where a dealer's car stands, or a private seller."""

    name: str
    phones: Sequence[str]
    branch: str | None
    city: str | None
    address: str | None
    opening_hours: Mapping[str, Any] | None


def reveal_contact(session: Session, keys: PlatformKeys, asking: Asking, reveal: Reveal) -> ContactView:
    """Return the contact of a listing that the caller may see; the same event again is not counted again.

    Raises:
        ListingNotFoundError: it is not on offer, or not for this audience.
    """
    shown = ListingRepository(session).visible_one(reveal.listing_id, asking.audience)
    row = session.execute(_contact(reveal.listing_id)).one_or_none() if shown is not None else None
    if row is None:
        raise ListingNotFoundError(reveal.listing_id)
    _leave_event(session, keys, asking.principal, reveal)
    phones = row.phones or []
    if row.sealed is not None:
        phones = _opened(session, keys, row)
    return ContactView(row.org, phones, row.branch, row.city, row.address, row.opening_hours)


def _contact(listing_id: UUID) -> Any:  # noqa: ANN401  (a statement over a function)
    found = func.contact_of_listing(literal(listing_id)).table_valued(*_COLUMNS)
    return select(*(found.c[name] for name in _COLUMNS))


def _opened(session: Session, keys: PlatformKeys, row: Any) -> list[str]:  # noqa: ANN401
    sealer = Sealer(session, keys)
    sealer.load([row.sealed])
    try:
        return [open_contact(sealer, USER_CONTACT, row).value]
    except CannotOpenError:  # the seller has just been erased
        return []


def _leave_event(session: Session, keys: PlatformKeys, principal: Principal, reveal: Reveal) -> None:
    values = {"event_id": reveal.event_id, "listing_id": reveal.listing_id, "device_id": reveal.device_id}
    session.execute(insert(ListingContact).values(values).on_conflict_do_nothing())
    asked = (reveal.listing_id, reveal.event_id, reveal.device_id)
    count_reveal(session, Digests(keys.index), caller_of(principal, {}), asked)
