"""Add files to leads and read them: the desk for itself or for the buyer, buyers to their own leads."""

from base64 import b64decode, b64encode
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.access.permissions import Permission
from core.access.principal import Principal
from core.access.tenant import Step, platform_step
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables.lead_attachments import LeadAttachment
from core.db.tables.leads import Lead, LeadEvent
from core.personal_data.sealer import Sealer
from pipelines.leads.log import By, NewLeadEvent, append, recorded_at
from pipelines.leads.sealed_texts import ATTACHMENT, EVENT_TEXT
from serving.leads.access import locked, refuse_lead
from serving.leads.declarations import ATTACH_FILES, READ_LEADS
from serving.leads.desk.reading import family_of, is_buyer
from serving.leads.desk.working import Working
from serving.leads.errors import (
    AttachmentNotFoundError,
    BadAttachmentError,
    BuyerErasedError,
    LeadClosedError,
    TooManyAttachmentsError,
)
from serving.leads.views import opened
from serving.listings.management.access import may_handle
from serving.photos.uploading.redrawing import redrawn

MOST_BYTES: Final = 5 * 1024 * 1024
MOST_FILES: Final = 20
"""Of one lead: for the buyer, and for the desk."""
PDF: Final = "application/pdf"
_SUFFIXES: Final = {"image/jpeg": ".jpg", PDF: ".pdf"}


@dataclass(frozen=True)
class AttachedFile:
    """A file that was checked. `for_buyer` is what the desk says of it; a buyer's own file is for the buyer."""

    name: str = field(repr=False)
    content_type: str
    data: bytes = field(repr=False)
    for_buyer: bool = False


@dataclass(frozen=True)
class Attachment:
    """A file as it stands in the timeline of its lead."""

    id: UUID
    lead_id: UUID
    number: int
    at: datetime
    file: AttachedFile


def checked_file(data: bytes, announced: str, name: str, spool: Path) -> tuple[str, str, bytes]:
    """Check a file by its content, and return its name, type and bytes; pictures are drawn anew, as JPEG.

    Raises:
        BadAttachmentError: it is empty, or no PDF though it is announced as one.
        ImageRefusedError, PhotosBusyError: it is announced as a picture; see `serving.photos.uploading.redrawing`.
    """
    if not data:
        raise BadAttachmentError("The file is empty: send it again.")
    if announced != PDF:
        return _named(name, "image/jpeg"), "image/jpeg", redrawn(data, announced, spool).original
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-2048:]:
        raise BadAttachmentError("The file is no PDF document: it does not begin and end as one.")
    return _named(name, PDF), PDF, data


def may_attach(session: Session, principal: Principal, lead_id: UUID) -> bool:
    """Tell whether the caller adds files to a lead as its desk; False: as its buyer.

    Raises:
        ForbiddenError, LeadNotFoundError: as neither.
    """
    return _side(session, principal, ATTACH_FILES, lead_id)[1]


def attach(work: Working, lead_id: UUID, file: AttachedFile) -> Attachment:
    """Add a file to a lead. It is no answer and no message: no clock starts or stops by it.

    Raises:
        ForbiddenError, LeadNotFoundError: see `may_attach`.
        LeadClosedError, BuyerErasedError, TooManyAttachmentsError: as they say.
    """
    for_desk = may_attach(work.session, work.principal, lead_id)
    # A buyer belongs to no organisation, and changes a lead of one.
    with nullcontext() if for_desk else platform_step(work.session, Step.LEAD):
        lead = locked(work.session, work.principal, ATTACH_FILES, lead_id).lead if for_desk else _own(work, lead_id)
        if lead.blind_index is None:
            raise BuyerErasedError
        _refuse_too_many(work.session, lead, from_buyer=not for_desk)
        event = _written(work, lead, file, from_buyer=not for_desk)
        after = {"content_type": file.content_type, "bytes": len(file.data), "for_buyer": event.details["for_buyer"]}
        record(
            work.session, Actor.of(work.principal), Act("leads.attach", "lead", str(lead.id), lead.org_id, None, after)
        )
        work.session.flush()
    shown = AttachedFile(file.name, file.content_type, file.data, event.details["for_buyer"])
    return Attachment(event.id, lead.id, event.number, event.at, shown)


def read_attachment(work: Working, lead_id: UUID, attachment_id: UUID) -> AttachedFile:
    """Read a file of a lead, or of one that was merged into it. That the desk looked at it is recorded.

    Raises:
        ForbiddenError, LeadNotFoundError, AttachmentNotFoundError: as they say.
    """
    lead, for_desk = _side(work.session, work.principal, READ_LEADS, lead_id)
    family = family_of(work.session, lead.id)
    row = work.session.get(LeadAttachment, attachment_id)
    if row is None or row.lead_id not in family or not (for_desk or row.for_buyer):
        raise AttachmentNotFoundError(attachment_id)
    sealer = Sealer(work.session, work.keys)
    content = opened(sealer, ATTACHMENT, row)
    if content is None:  # the buyer is being erased
        raise AttachmentNotFoundError(attachment_id)
    if for_desk:
        act = Act("leads.read_attachment", "lead", str(lead.id), lead.org_id, None, {"attachment": str(row.id)})
        record(work.session, Actor.of(work.principal), act)
    name = opened(sealer, EVENT_TEXT, work.session.get_one(LeadEvent, row.id)) or _named("file", row.content_type)
    return AttachedFile(name, row.content_type, b64decode(content), row.for_buyer)


def _side(session: Session, principal: Principal, permission: Permission, lead_id: UUID) -> tuple[Lead, bool]:
    """Return a lead, and whether the caller is of its desk (or its private seller), not its buyer."""
    lead = session.get(Lead, lead_id)
    for_desk = lead is not None and may_handle(principal, permission, lead)
    if lead is None or not (for_desk or is_buyer(session, principal, lead)):
        refuse_lead(principal, permission, lead_id)
    return lead, for_desk


def _own(work: Working, lead_id: UUID) -> Lead:
    """Lock a lead of the caller's own, inside the step that opens it."""
    query = select(Lead).where(Lead.id == lead_id).with_for_update()
    lead = work.session.scalars(query.execution_options(populate_existing=True)).one()
    if lead.merged_into is not None:
        raise LeadClosedError(lead.merged_into)
    return lead


def _refuse_too_many(session: Session, lead: Lead, *, from_buyer: bool) -> None:
    same_side = (LeadAttachment.lead_id == lead.id, LeadAttachment.from_buyer.is_(from_buyer))
    found = session.scalar(select(func.count()).select_from(LeadAttachment).where(*same_side)) or 0
    if found >= MOST_FILES:
        raise TooManyAttachmentsError(MOST_FILES)


def _written(work: Working, lead: Lead, file: AttachedFile, *, from_buyer: bool) -> LeadEvent:
    """Append the event, and keep the file under its id."""
    sealer = Sealer(work.session, work.keys)
    for_buyer = from_buyer or file.for_buyer
    details = {"content_type": file.content_type, "bytes": len(file.data), "for_buyer": for_buyer}
    kind = "buyer" if from_buyer else "system" if work.principal.user_id is None else "person"
    by = By(kind, work.principal.acting_id)
    new = NewLeadEvent("attachment", recorded_at(work.now, lead), by, text=file.name, details=details)
    event = append(work.session, lead, new, sealer=sealer)
    work.session.flush()  # the file refers to its event
    row = LeadAttachment(
        id=event.id, lead_id=lead.id, org_id=lead.org_id, from_buyer=from_buyer, for_buyer=for_buyer,
        content_type=file.content_type, blind_index=lead.blind_index,
    )  # fmt: skip
    row.sealed_content = ATTACHMENT.seal(sealer, row, b64encode(file.data).decode())
    work.session.add(row)
    work.session.flush()
    return event


def _named(name: str, content_type: str) -> str:
    """Return a file's name with the ending of what it holds now: no `.exe` and no `.png.html` reaches a desk."""
    return f"{PurePosixPath(name).stem}{_SUFFIXES[content_type]}"
