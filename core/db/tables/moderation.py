"""Moderation: the cases of listings in review, and marks on dealers' cars."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey

PEOPLES_KINDS = ("recall", "appeal")
"""Kinds of cases that people decide, and never the rules."""


class ModerationCase(Base):
    """One stay of a listing in review, from the move there to the move away; triggers open and close it.

    `kind`: a `submission` of its owner, an `edit` of a live ad, a `recall` of an offered listing by a moderator, or an
    `appeal`. A recall that rejects at once is closed from the beginning.
    """

    __tablename__ = "moderation_cases"
    __table_args__ = (
        CheckConstraint("kind IN ('submission', 'edit', 'recall', 'appeal')", name="kind_is_known"),
        CheckConstraint("outcome IN ('approved', 'rejected', 'left')", name="outcome_is_known"),
        CheckConstraint("decided_by IN ('rules', 'person')", name="decided_by_is_known"),
        CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed_has_outcome"),
        Index("uq_moderation_cases_open", "listing_id", unique=True, postgresql_where=text("closed_at IS NULL")),
        Index("ix_moderation_cases_listing_id", "listing_id", "id"),
        Index("ix_moderation_cases_queue", "id", postgresql_where=text("closed_at IS NULL")),
        Index("ix_moderation_cases_closed_at", "closed_at", postgresql_where=text("closed_at IS NOT NULL")),
        Index("ix_moderation_cases_seller_id", "seller_id", postgresql_where=text("seller_id IS NOT NULL")),
        Index(
            "ix_moderation_cases_untold",
            "id",
            postgresql_where=text("told_at IS NULL AND seller_id IS NOT NULL AND decided_by IS NOT NULL"),
        ),
    )

    id: Mapped[UuidKey]
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id"))
    seller_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))  # of a private ad
    kind: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[CreatedAt]
    judged_sequence: Mapped[int | None]  # `listings.sequence` of the content that the rules last judged
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))  # of the rules
    statement: Mapped[str | None] = mapped_column(Text)  # why the owner appeals
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[str | None] = mapped_column(Text)
    reasons: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"))  # codes
    note: Mapped[str | None] = mapped_column(Text)  # of a moderator, for the owner
    told_at: Mapped[datetime | None]  # when the message to the seller was queued

    @property
    def is_for_people(self) -> bool:
        """Whether people alone decide the case, not the rules."""
        return self.kind in PEOPLES_KINDS


class ModerationMark(Base):
    """Findings of the rules on a dealer's car on offer; cars without findings have no row. They block nothing."""

    __tablename__ = "moderation_marks"

    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id"), primary_key=True)
    sequence: Mapped[int]  # of the listing, as it was judged
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    marked_at: Mapped[CreatedAt]
