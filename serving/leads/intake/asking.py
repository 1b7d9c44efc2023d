"""Ask about a car: who the buyer is, whether the car is on offer to the buyer, and what each type of lead needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, bindparam, outerjoin, select, true
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.access.principal import Principal
from core.access.tenant import Step, platform_step
from core.access.visible_to import visible_to
from core.audit.actor import Actor
from core.db.tables import Listing
from core.db.tables.people import UserContact
from core.db.tables.personal_data import DataKey
from core.identity.contacts import Contact
from core.identity.sealed_contacts import USER_CONTACT, open_contact
from core.personal_data.data_keys import WrappedKey
from core.personal_data.owner import Owner
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys
from core.states.listings import in_states
from serving.identity.logins.login import spend_proof
from serving.leads.errors import ContactNeededError, DetailsNeededError, OwnCarError
from serving.leads.intake.creation import create_lead
from serving.leads.intake.new_lead import NO_TRACE, Buyer, Car, MadeLead, NewLead, Trace
from serving.listings.errors import ListingNotFoundError

_NEEDED: Final = {"offer": "offer_pkr", "trade_in": "trade_in"}


def _car_and_contact() -> Select[Any]:
    """Make the statement that reads a car, and the newest contact of a person, a phone rather than an address."""
    own = (
        select(UserContact.id, UserContact.user_id, UserContact.kind, UserContact.sealed, UserContact.blind_index)
        .where(UserContact.user_id == bindparam("user_id"))
        .order_by(UserContact.kind.desc(), UserContact.proven_at.desc())
        .limit(1)
        .subquery()
    )
    key = (
        select(DataKey.id.label("key_id"), DataKey.version, DataKey.wrapped, DataKey.master_key)
        .where(DataKey.owner_kind == "person", DataKey.owner == bindparam("owner"), DataKey.retired_at.is_(None))
        .subquery()
    )
    car = (Listing.org_id, Listing.seller_id, Listing.branch_id, Listing.make, Listing.city, Listing.price_pkr)
    joined = outerjoin(outerjoin(Listing, own, true()), key, true())
    return select(*car, own, key).select_from(joined)


_CAR_AND_CONTACT: Final = _car_and_contact()


@lru_cache(maxsize=1024)
def _offered_to(audience: Audience) -> Select[Any]:
    """Make the statement for the cars that an audience is offered: making it anew takes as long as asking it."""
    return _CAR_AND_CONTACT.where(
        Listing.id == bindparam("listing_id"), in_states(Listing.status, "opened"), visible_to(audience)
    )


@dataclass(frozen=True)
class Asker:
    """The person who asks: the caller, its device, and the proof of a contact where the caller shows one."""

    principal: Principal
    audience: Audience
    device: str | None = None
    proof: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Question:
    """The question about a car."""

    listing_id: UUID
    type: str
    text: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    language: str = "en"
    details: Mapping[str, Any] = field(default_factory=dict)
    trace: Trace = NO_TRACE


def ask(session: Session, keys: PlatformKeys, asker: Asker, question: Question, now: datetime) -> MadeLead:
    """Make the lead of a buyer, or join it to the open one.

    Raises:
        DetailsNeededError, ContactNeededError, OwnCarError: as they say.
        BadProofError: see `serving.identity.logins.login`.
        ListingNotFoundError: the car is not on offer, or not for this buyer.
    """
    needed = _NEEDED.get(question.type)
    if needed is not None and question.details.get(needed) is None:
        raise DetailsNeededError(question.type, needed)
    if question.type == "message" and question.text is None:
        raise DetailsNeededError(question.type, "message")
    found = _found(session, asker, question.listing_id)
    contact = _contact(session, keys, asker, found, now)
    buyer = Buyer(contact, asker.principal.user_id, question.name, question.email, question.language)
    new = NewLead(
        found.org_id, question.listing_id, buyer, question.type, question.text, details=question.details,
        trace=question.trace, car=Car(found.branch_id, found.seller_id, found.make, found.city, found.price_pkr),
    )  # fmt: skip
    return create_lead(session, keys, new, now, Actor.of(asker.principal))


def _found(session: Session, asker: Asker, listing_id: UUID) -> Row[Any]:
    """Read a car that is on offer to the buyer, and not the buyer's own; with it the buyer's contact and its key."""
    user_id = asker.principal.user_id
    owner = None if user_id is None else Owner.person(user_id).ref
    given = {"listing_id": listing_id, "user_id": user_id, "owner": owner}
    row = session.connection().execute(_offered_to(asker.audience), given).first()
    if row is None:
        raise ListingNotFoundError(listing_id)
    mine = row.seller_id is not None and row.seller_id == user_id
    if mine or any(held.org_id == row.org_id for held in asker.principal.memberships):
        raise OwnCarError
    return row


def _contact(session: Session, keys: PlatformKeys, asker: Asker, found: Row[Any], now: datetime) -> Contact:
    """Return the contact that a proof shows, else the caller's own: a phone rather than an address."""
    if asker.proof is not None:
        with platform_step(session, Step.LOGIN):
            return spend_proof(session, keys, asker.proof, asker.device, now)
    if asker.principal.user_id is None or found.id is None:
        raise ContactNeededError
    sealer = Sealer(session, keys)
    if found.key_id is not None:
        key = WrappedKey(found.key_id, found.version, found.wrapped, found.master_key)
        sealer.data_keys.take(Owner.person(asker.principal.user_id), key)
    return open_contact(sealer, USER_CONTACT, found)
