"""Files that buyers and desks add to leads, sealed as the messages are."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt

ATTACHMENT_TYPES = ("image/jpeg", "application/pdf")


class LeadAttachment(Base):
    """A file of a lead. Its id is that of the event that tells of it, whose text is the file's name."""

    __tablename__ = "lead_attachments"
    __table_args__ = (
        CheckConstraint(f"content_type IN {ATTACHMENT_TYPES}", name="content_type_is_known"),
        CheckConstraint("for_buyer OR NOT from_buyer", name="buyers_see_their_own"),
        Index("ix_lead_attachments_lead_id", "lead_id"),
        Index("ix_lead_attachments_org_id", "org_id"),
        Index("ix_lead_attachments_blind_index", "blind_index", postgresql_where=text("blind_index IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey("lead_events.id"), primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id"))
    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"))
    from_buyer: Mapped[bool]
    for_buyer: Mapped[bool]  # whether the buyer may see it; the rest is the desk's own
    content_type: Mapped[str] = mapped_column(Text)
    blind_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_content: Mapped[bytes] = mapped_column(LargeBinary)  # base64 of the file, under the key of the contact
    created_at: Mapped[CreatedAt]
