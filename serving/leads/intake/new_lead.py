"""A lead before it is made: what a buyer, a mail or a partner's system says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from core.identity.contacts import Contact


@dataclass(frozen=True)
class Buyer:
    """The one who asks. Without a contact (a mail that cannot be read) nobody can be answered or recognised."""

    contact: Contact | None
    user_id: UUID | None = None
    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)  # a second way to answer, as the buyer wrote it
    language: str = "en"


@dataclass(frozen=True)
class Trace:
    """The origin of a lead: the keyed digests of engagement, and the search that showed the car."""

    device: int | None = None
    session: int | None = None
    query_id: str | None = None


NO_TRACE = Trace()


@dataclass(frozen=True)
class Car:
    """The car as it is when the lead comes; of a mail that names none, nothing."""

    branch_id: UUID | None = None
    seller_id: UUID | None = None
    make: str | None = None
    city: str | None = None
    price_pkr: int | None = None


@dataclass(frozen=True)
class NewLead:
    """A lead to make.

    Args:
        org_id: the organisation that is asked; of mail that of the credential by which it came.
        listing_id: the car; None where a mail names none of that organisation.
        buyer: who asks.
        type: one of `core.db.tables.leads.LEAD_TYPES`.
        text: what the buyer says.
        source: one of `core.db.tables.leads.LEAD_SOURCES`.
        external_id: the message's own id; the same message again is the same lead.
        details: further facts without personal data: the offer, the wished time, the car to trade in.
        trace: device, session and search.
        car: the car as it was read in this transaction; None: it is read.
        automatic: bounces and automatic mail, which make no lead.
    """

    org_id: UUID
    listing_id: UUID | None
    buyer: Buyer
    type: str = "message"
    text: str | None = field(default=None, repr=False)
    source: str = "api"
    external_id: str | None = field(default=None, repr=False)
    details: Mapping[str, Any] = field(default_factory=dict)
    trace: Trace = NO_TRACE
    car: Car | None = None
    automatic: bool = False

    @property
    def offer_pkr(self) -> int | None:
        """The price that the buyer offers, in rupees."""
        return self.details.get("offer_pkr")

    @property
    def trade_in(self) -> dict[str, Any] | None:
        """The buyer's own car with its band."""
        return self.details.get("trade_in")


@dataclass(frozen=True)
class MadeLead:
    """The outcome: `created`, `joined` to an open lead, or `repeated` (the same message came before)."""

    lead_id: UUID
    outcome: str
    state: str
