"""Make a lead, or join a message to the open one of the same buyer and car."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.tenant import Step, platform_step
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.ids import new_id
from core.db.locks import Locks
from core.db.tables import Listing
from core.db.tables.leads import Lead
from core.identity.sealed_contacts import contact_index
from core.outbox.emit import emit
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys
from core.security.sealing import blind_index
from core.states.leads import CLOSING, LeadState
from pipelines.leads.arrival_rows import Arriving, Standing, read_standing, write_rows
from pipelines.leads.arrivals import Arrivals, turns
from pipelines.leads.assigning.waiting import REOPENED
from pipelines.leads.clock_store import first_clocks, sync_clocks
from pipelines.leads.desk import Desk, lock_of_desk
from pipelines.leads.log import TOPIC, By, NewLeadEvent, append, happened, recorded_at
from pipelines.leads.projection import NEW_REASON
from pipelines.leads.sealed_texts import LEAD_CONTACT, LEAD_EMAIL, LEAD_NAME
from pipelines.leads.spam import comparable, spam_reason
from serving.leads.errors import AutomaticMailError
from serving.leads.intake.new_lead import Buyer, Car, MadeLead, NewLead
from serving.listings.errors import ListingNotFoundError

PRIVATE_AD = "private_ad"
_DAY: Final = timedelta(hours=24)


@dataclass(frozen=True)
class Making:
    """The means of making leads: a transaction, its keys, and who makes them."""

    session: Session
    keys: PlatformKeys
    actor: Actor


def create_lead(session: Session, keys: PlatformKeys, new: NewLead, now: datetime, actor: Actor) -> MadeLead:
    """Make a lead, or join it; its clocks start at `now`, the time of receipt. Nobody is given it: a loop does that.

    Raises:
        AutomaticMailError: it is no message of a person.
        ListingNotFoundError: there is no such car of that organisation.
    """
    return create_leads(Making(session, keys, actor), (new,), now)[0]


def create_leads(making: Making, many: Sequence[NewLead], now: datetime) -> tuple[MadeLead, ...]:
    """Make the leads of one message, or join them, and return them in its order; see `create_lead`.

    They are made in the order of their buyers, whose keys other messages that hold the same buyers may be adding.
    """
    if any(new.automatic for new in many):
        raise AutomaticMailError
    cars = [new.car or _car_of(making.session, new) for new in many]
    arrivals = [_Arrival(making, new, _index_of(making.keys, new), now) for new in many]
    messages = [named for each in arrivals if (named := each.message) is not None]
    questions = [asked for each in arrivals if (asked := each.question) is not None]
    # The desks come before any lead, as for all who need both: they stay as they are while the leads are made.
    desks = sorted({lock_of_desk(new.org_id) for new in many})
    with platform_step(making.session, Step.LEAD, Locks(turns(messages, questions), desks)):
        order = sorted(range(len(many)), key=lambda at: arrivals[at].index)
        made = {at: arrivals[at].made(cars[at]) for at in order}
    return tuple(made[at] for at in range(len(many)))


def _car_of(session: Session, new: NewLead) -> Car:
    if new.listing_id is None:
        return Car()
    columns = (Listing.branch_id, Listing.seller_id, Listing.make, Listing.city, Listing.price_pkr)
    row = session.execute(select(*columns).where(Listing.id == new.listing_id, Listing.org_id == new.org_id)).first()
    if row is None:
        raise ListingNotFoundError(new.listing_id)
    return Car(*row)


def _index_of(keys: PlatformKeys, new: NewLead) -> bytes:
    """Return the digest by which the buyer is found; of a message without a contact, that of the message."""
    if new.buyer.contact is not None:
        return contact_index(keys, new.buyer.contact)
    return blind_index(keys.index, "lead message", new.external_id or str(new_id()))


class _Arrival:
    """One lead on its way in."""

    def __init__(self, making: Making, new: NewLead, index: bytes, now: datetime) -> None:
        self._session, self._actor, self._keys = making.session, making.actor, making.keys
        self._sealer = Sealer(making.session, making.keys)
        self._arrivals = Arrivals(making.session)
        self._new, self.index, self._now = new, index, now
        named = new.external_id
        self._external = None if named is None else blind_index(making.keys.index, "lead message id", named)
        # Other systems write one text for all their buyers, with rules and links: only buyers' own words are judged.
        self._own_words = new.text if new.source == "api" else None
        text = comparable(self._own_words)
        self._text_digest = None if text is None else blind_index(making.keys.index, "lead text", text)

    @property
    def message(self) -> tuple[UUID, bytes] | None:
        """The organisation and the key of the message; None where it has none of its own."""
        return None if self._external is None else (self._new.org_id, self._external)

    @property
    def question(self) -> tuple[bytes, UUID] | None:
        """The buyer and the car; None where it names none."""
        return None if self._new.listing_id is None else (self.index, self._new.listing_id)

    def made(self, car: Car) -> MadeLead:
        if self._external is not None:
            known = self._arrivals.by_external_key(self._new.org_id, self._external)
            if known is not None:
                return MadeLead(known.id, "repeated", known.state)
        message = Arriving(self._new.org_id, self._new.listing_id, self.index, self._text_digest)
        found = read_standing(self._sealer, message, self._now - _DAY)
        if found.known and self._new.listing_id is not None:
            open_one = self._arrivals.to_join(self.index, self._new.listing_id, self._now)
            if open_one is not None:
                return self._join(open_one, found.desk)
        return self._create(car, found)

    def _create(self, car: Car, found: Standing) -> MadeLead:
        reason = spam_reason(self._own_words, found.seen)
        lead = self._row(car)
        happenings = [happened(lead, self._message(lead, "buyer_message"), sealer=self._sealer)]
        if reason is not None:
            happenings.append(happened(lead, NewLeadEvent("state", self._now, state="spam", reason=reason)))
        elif car.seller_id is not None:
            given = NewLeadEvent("assigned", self._now, owner_id=car.seller_id, reason=PRIVATE_AD)
            happenings.append(happened(lead, given))
        events = [row for row, _ in happenings]
        clocks = [] if reason is not None else first_clocks(lead, found.desk, events)
        emit(self._session, TOPIC, *(news for _, news in happenings))
        made = self._outcome(lead, "created", reason)
        write_rows(self._session, lead, events, clocks)
        return made

    def _join(self, lead: Lead, desk: Desk) -> MadeLead:
        """Append the message; a lead that was closed opens with it, and goes to whoever works now."""
        was_closed = lead.state in CLOSING
        append(self._session, lead, self._message(lead, "joined"), sealer=self._sealer)
        if was_closed and lead.seller_id is None:
            at = recorded_at(self._now, lead)
            append(self._session, lead, NewLeadEvent("waiting", at, reason=REOPENED))
        sync_clocks(self._session, lead, desk)
        return self._outcome(lead, "joined", None)

    def _message(self, lead: Lead, kind: str) -> NewLeadEvent:
        new = self._new
        details = {"type": new.type, "source": new.source} | dict(new.details)
        by = By("buyer", new.buyer.user_id)
        return NewLeadEvent(kind, recorded_at(self._now, lead), by, text=new.text, details=details)

    def _outcome(self, lead: Lead, outcome: str, reason: str | None) -> MadeLead:
        verb = {"created": "create", "joined": "join"}[outcome]
        after = {"listing_id": str(lead.listing_id), "type": self._new.type, "source": self._new.source}
        if reason is not None:
            after |= {"state": LeadState.SPAM, "reason": reason}
        record(self._session, self._actor, Act(f"leads.{verb}", "lead", str(lead.id), lead.org_id, None, after))
        return MadeLead(lead.id, outcome, lead.state)

    def _row(self, car: Car) -> Lead:
        new, buyer = self._new, self._new.buyer
        lead = Lead(
            id=new_id(), org_id=new.org_id, branch_id=car.branch_id, listing_id=new.listing_id,
            seller_id=car.seller_id, buyer_id=buyer.user_id, blind_index=self.index,
            contact_kind="none" if buyer.contact is None else buyer.contact.kind, external_key=self._external,
            text_digest=self._text_digest, type=new.type, source=new.source, language=buyer.language, make=car.make,
            city=car.city, price_pkr=car.price_pkr, offer_pkr=new.offer_pkr, trade_in=new.trade_in,
            device=new.trace.device, session=new.trace.session, query_id=new.trace.query_id, state=LeadState.NEW,
            waiting_reason=NEW_REASON, tags=[], last_number=0, created_at=self._now, changed_at=self._now,
        )  # fmt: skip
        self._seal(lead, buyer)
        return lead

    def _seal(self, lead: Lead, buyer: Buyer) -> None:
        if buyer.contact is not None:
            lead.sealed_contact = LEAD_CONTACT.seal(self._sealer, lead, buyer.contact.value)
        if buyer.name is not None:
            lead.sealed_name = LEAD_NAME.seal(self._sealer, lead, buyer.name)
        if buyer.email is not None:
            lead.sealed_email = LEAD_EMAIL.seal(self._sealer, lead, buyer.email)
