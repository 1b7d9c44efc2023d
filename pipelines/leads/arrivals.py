"""Find what a new lead is compared with, and add it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.db.tables.leads import Lead, LeadEvent
from core.states.leads import LeadState

JOINED_WITHIN: Final = timedelta(hours=24)
_MESSAGES: Final = ("buyer_message", "joined")


def turns(messages: Iterable[tuple[UUID, bytes]], questions: Iterable[tuple[bytes, UUID]]) -> list[str]:
    """Name the locks under which messages are brought and questions asked: of any number at once one makes the lead.

    `messages` are organisations with the keys of messages, `questions` are buyers' digests with cars. All are
    locked at once, before anything is written, and in one order, so that none wait for each other.
    """
    names = sorted({f"lead message {org_id} {key.hex()}" for org_id, key in messages})
    return names + sorted({f"lead of {blind_index.hex()} {listing_id}" for blind_index, listing_id in questions})


class Arrivals:
    """Leads as they come in; of one buyer and one car at a time."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def by_external_key(self, org_id: UUID, key: bytes) -> Lead | None:
        """Return the lead that a message made before."""
        return self._session.scalars(select(Lead).where(Lead.org_id == org_id, Lead.external_key == key)).first()

    def to_join(self, blind_index: bytes, listing_id: UUID, now: datetime) -> Lead | None:
        """Lock the lead that goes on with a message of this buyer about this car, if its last one is a day old at most.

        Of one that was merged it is the one that it was merged into; one that was spam is left alone.
        """
        same = select(Lead).where(Lead.blind_index == blind_index, Lead.listing_id == listing_id)
        newest = same.where(Lead.state != LeadState.SPAM).order_by(Lead.created_at.desc(), Lead.id.desc()).limit(1)
        lead = self._session.scalars(newest.with_for_update()).first()
        while lead is not None and lead.merged_into is not None:
            lead = self._session.get(Lead, lead.merged_into, with_for_update=True)
        if lead is None or not self._wrote_within(lead, now):
            return None
        return lead

    def _wrote_within(self, lead: Lead, now: datetime) -> bool:
        if lead.created_at > now - JOINED_WITHIN:
            return True
        last = select(func.max(LeadEvent.at)).where(LeadEvent.lead_id == lead.id, LeadEvent.kind.in_(_MESSAGES))
        written = self._session.scalar(last)
        return written is not None and written > now - JOINED_WITHIN
