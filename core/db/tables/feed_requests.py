"""The table of what people asked for over the API about a dealer's feed, which a background loop does."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey


class FeedRequest(Base):
    """One request: to replay a file, to approve or undo its removals, or to preview a file that is not delivered.

    The API's login may not import, and an import can take minutes; so it keeps the request, and the loop
    `imports.requests` does it and writes the answer. The bytes of a preview stand in object storage until then.
    """

    __tablename__ = "feed_requests"
    __table_args__ = (
        ForeignKeyConstraint(["file_id", "org_id"], ["feed_files.id", "feed_files.org_id"]),
        CheckConstraint("kind IN ('replay', 'approve', 'undo', 'preview')", name="kind"),
        CheckConstraint("state IN ('waiting', 'done', 'refused')", name="state"),
        CheckConstraint("(kind = 'preview') = (file_id IS NULL)", name="file"),
        CheckConstraint("(state = 'waiting') = (done_at IS NULL)", name="done"),
        Index("ix_feed_requests_org_id", "org_id"),
        Index("ix_feed_requests_waiting", "id", postgresql_where="state = 'waiting' OR storage_key IS NOT NULL"),
        Index(
            "uq_feed_requests_one_waits", "file_id", "kind", unique=True, postgresql_where="state = 'waiting'"
        ),  # asked twice is asked once
    )

    id: Mapped[UuidKey]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"))
    file_id: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(Text)
    mapping: Mapped[str | None] = mapped_column(Text)  # of a preview; null: the dealer's own
    name: Mapped[str | None] = mapped_column(Text)  # of a preview's file
    storage_key: Mapped[str | None] = mapped_column(Text)  # of a preview's bytes; null once they are deleted
    asked_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[CreatedAt]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")  # that storage or the database cut off
    next_attempt_at: Mapped[datetime | None]  # null: at once
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    done_at: Mapped[datetime | None]
    answer: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    refusal: Mapped[str | None] = mapped_column(Text)  # the sentence that tells why it was not done
