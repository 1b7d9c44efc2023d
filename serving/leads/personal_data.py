"""Erase and export what buyers wrote, and take the names of those who answered off their leads."""

from typing import Any, Final

from sqlalchemy import delete, or_, select, update

from core.db.tables.lead_attachments import LeadAttachment
from core.db.tables.leads import Lead, LeadEvent
from core.declarations import Eraser, Exporter
from core.personal_data.changed_rows import changed_rows
from core.personal_data.exported_rows import exported_rows
from core.personal_data.subject import Erasing, Exporting, Rows
from core.states.leads import CLOSING
from pipelines.leads.sealed_texts import ATTACHMENT, EVENT_TEXT, LEAD_CONTACT, LEAD_EMAIL, LEAD_NAME

_NOTHING: Final[dict[str, Any]] = {"blind_index": None}


def _erase_buyer(work: Erasing) -> int:
    mine = or_(Lead.buyer_id == work.subject.user_id, Lead.blind_index.in_(work.subject.indexes))
    work.session.execute(delete(LeadAttachment).where(LeadAttachment.blind_index.in_(work.subject.indexes)))
    texts = update(LeadEvent).where(LeadEvent.blind_index.in_(work.subject.indexes))
    work.session.execute(texts.values(sealed_text=None, **_NOTHING))
    gone: dict[str, Any] = dict.fromkeys(("buyer_id", "sealed_contact", "sealed_name", "sealed_email", "text_digest"))
    return changed_rows(work, update(Lead).where(mine).values(**gone, **_NOTHING))


def _forget_people(work: Erasing) -> int:
    """Leave the open leads of somebody who goes to whoever comes next, with the reason."""
    person = work.subject.user_id
    work.session.execute(update(LeadEvent).where(LeadEvent.by_id == person).values(by_id=None))
    work.session.execute(update(LeadEvent).where(LeadEvent.owner_id == person).values(owner_id=None))
    work.session.execute(update(Lead).where(Lead.seller_id == person).values(seller_id=None))
    waiting = update(Lead).where(Lead.owner_id == person, Lead.state.not_in(CLOSING))
    work.session.execute(waiting.values(waiting_reason="owner_left"))
    return changed_rows(work, update(Lead).where(Lead.owner_id == person).values(owner_id=None))


def _leads(work: Exporting) -> Rows:
    sealed = (LEAD_CONTACT, LEAD_NAME, LEAD_EMAIL)
    return exported_rows(work, Lead, Lead.blind_index.in_(work.subject.indexes), sealed=sealed)


def _events(work: Exporting) -> Rows:
    return exported_rows(work, LeadEvent, LeadEvent.blind_index.in_(work.subject.indexes), sealed=(EVENT_TEXT,))


def _attachments(work: Exporting) -> Rows:
    """Give the files that the buyer sent or was sent, one at a time: all of them may be more than memory holds."""
    mine = (LeadAttachment.blind_index.in_(work.subject.indexes), LeadAttachment.for_buyer)
    for attachment_id in work.session.scalars(select(LeadAttachment.id).where(*mine).order_by(LeadAttachment.id)).all():
        yield from exported_rows(work, LeadAttachment, LeadAttachment.id == attachment_id, sealed=(ATTACHMENT,))


ERASERS: Final = (Eraser("what buyers wrote", _erase_buyer), Eraser("people of leads", _forget_people))
EXPORTERS: Final = (
    Exporter("leads", _leads),
    Exporter("lead_events", _events),
    Exporter("lead_attachments", _attachments),
)
