"""Take in leads that a partner's system or a mail relay sends: ADF/XML, a mail, or whatever text it is.

The credential decides whose leads they are; what a document says of its vendor decides nothing. A message whose buyer
or car cannot be read is a lead all the same, and a person reads it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.acting import org_with
from core.access.principal import Principal
from core.audit.actor import Actor
from core.db.tables import Listing
from core.errors import InvalidInputError
from core.identity.contacts import Contact, email, phone
from core.security.platform_keys import PlatformKeys
from core.states.listings import in_states
from pipelines.leads.adf.decoding import MOST_BYTES
from pipelines.leads.adf.message import ReadMessage, read_message
from pipelines.leads.adf.prospects import Person, Prospect
from pipelines.leads.adf.tree import EntitiesRefusedError
from serving.leads.declarations import IMPORT_LEADS
from serving.leads.errors import EmptyMessageError
from serving.leads.intake.creation import Making, create_leads
from serving.leads.intake.imported_text import language_of, text_of, type_of
from serving.leads.intake.new_lead import Buyer, MadeLead, NewLead

__all__ = ["MOST_BYTES", "Delivery", "EntitiesRefusedError", "Imported", "import_leads"]
_LONGEST_NAME: Final = 100
_BLANK: Final = b" \t\r\n\0"


@dataclass(frozen=True)
class Imported:
    """The leads made of a message, in the order of its prospects; none where it is automatic mail."""

    kind: str
    fault: str | None
    leads: tuple[MadeLead, ...]


@dataclass(frozen=True)
class Delivery:
    """A message as it arrived, with the organisation that its sender names, which must be one of its own."""

    raw: bytes
    org: str | None
    received_at: datetime


def import_leads(session: Session, keys: PlatformKeys, principal: Principal, delivery: Delivery) -> Imported:
    """Make the leads of a message; their clocks start at its receipt, and the same message again is the same leads.

    Raises:
        ForbiddenError, NotAMemberError, OrgRequiredError: see `core.access.acting.org_with`.
        EmptyMessageError: it holds nothing.
        AdfTooLargeError, EntitiesRefusedError: see `pipelines.leads.adf.message`.
    """
    org_id = org_with(principal, delivery.org, IMPORT_LEADS)
    if not delivery.raw.strip(_BLANK):
        raise EmptyMessageError
    found = read_message(delivery.raw)
    if found.kind == "automatic":
        reason = None if found.mail is None else found.mail.automatic
        return Imported("automatic", f"Automatic mail makes no lead ({reason}).", ())
    actor, now = Actor.of(principal), delivery.received_at
    many = tuple(_new_leads(session, org_id, found))
    return Imported(found.kind, found.fault, create_leads(Making(session, keys, actor), many, now))


def _new_leads(session: Session, org_id: UUID, found: ReadMessage) -> Iterator[NewLead]:
    source = "adf" if found.mail is None else "mail"
    if found.kind == "text":
        text = found.text or found.fault
        buyer = _sender(found, language_of(text or ""))
        yield NewLead(org_id, None, buyer, text=text, source=source, external_id=found.external_id(0))
    for position, prospect in enumerate(found.prospects):
        car = _car_of(session, org_id, prospect)
        text = text_of(prospect, unmatched=car is None)
        buyer = _buyer(prospect.customer, language_of(prospect.comments))
        external_id = found.external_id(position)
        yield NewLead(org_id, car, buyer, type_of(prospect), text, source, external_id)


def _car_of(session: Session, org_id: UUID, prospect: Prospect) -> UUID | None:
    """Find the car of the organisation by its stock number, else by our own id; one that is on offer comes first."""
    wanted = [each for each in prospect.vehicles if each.interest not in ("trade-in", "sell")]
    for name in (each.stock.strip() for each in wanted if each.stock.strip()):
        by_id = _uuid(name)
        same = Listing.source_key == name if by_id is None else (Listing.source_key == name) | (Listing.id == by_id)
        query = select(Listing.id).where(Listing.org_id == org_id, same)
        car = session.scalar(query.order_by(in_states(Listing.status, "opened").desc(), Listing.id).limit(1))
        if car is not None:
            return car
    return None


def _buyer(person: Person, language: str) -> Buyer:
    """Return the buyer by the first phone or address that can be reached, with the address as a second way."""
    address = _read(email, person.email)
    phones = (_read(phone, each) for each in person.phones)
    contact = next((each for each in phones if each is not None), address)
    second = None if address is None or contact == address else address.value
    return Buyer(contact, name=person.name[:_LONGEST_NAME] or None, email=second, language=language)


def _sender(found: ReadMessage, language: str) -> Buyer:
    if found.mail is None:
        return Buyer(None, language=language)
    name = (found.mail.sender_name or "")[:_LONGEST_NAME] or None
    return Buyer(_read(email, found.mail.sender or ""), name=name, language=language)


def _read(reader: Callable[[str], Contact], text: str) -> Contact | None:
    try:
        return reader(text)
    except InvalidInputError:
        return None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
