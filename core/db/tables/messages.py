"""Messages to people: queued in the transaction that causes them, sent by a background loop."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, UuidKey


class Message(Base):
    """A message to a phone, an e-mail address or an app. Recipient and values are erased once it is sent or given up.

    `reader_id` is the person whose choices count; topic, subject and facts say of what it must still be true.
    """

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint("channel IN ('sms', 'whatsapp', 'email', 'push')", name="channel_is_known"),
        CheckConstraint("state IN ('queued', 'sent', 'expired', 'failed', 'dropped')", name="state_is_known"),
        CheckConstraint("(topic IS NULL) = (subject_id IS NULL)", name="subject_has_topic"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_at_is_that_of_sent_ones"),
        CheckConstraint("(state = 'queued') = (sealed_values IS NOT NULL)", name="values_are_kept_while_queued"),
        CheckConstraint("(state = 'queued') = (sealed_recipient IS NOT NULL)", name="recipient_is_kept_while_queued"),
        CheckConstraint("state = 'queued' OR blind_index IS NULL", name="index_is_kept_while_queued"),
        Index("ix_messages_blind_index", "blind_index", postgresql_where=text("blind_index IS NOT NULL")),
        Index(
            "ix_messages_channel_next_attempt_at",
            "channel",
            "next_attempt_at",
            postgresql_where=text("state = 'queued'"),
        ),
        Index("ix_messages_reader_id", "reader_id", postgresql_where=text("reader_id IS NOT NULL")),
        Index("ix_messages_created_at", "created_at"),
        Index(
            "ix_messages_overtaken_topic",
            "topic",
            postgresql_where=text("state = 'dropped' AND last_error = 'no_longer_true'"),
        ),
        Index("ix_messages_sent_at", "sent_at", postgresql_where=text("sent_at IS NOT NULL")),
    )

    id: Mapped[UuidKey]
    template: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    blind_index: Mapped[bytes | None] = mapped_column(LargeBinary)  # of the recipient
    sealed_recipient: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_values: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(Text, server_default="queued")
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    next_attempt_at: Mapped[datetime]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]  # after this it would be of no use: it is not sent
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)  # never with recipient or values in it
    reader_id: Mapped[UUID | None]  # no foreign key: messages outlive the people who were sent them
    topic: Mapped[str | None] = mapped_column(Text)
    subject_id: Mapped[UUID | None]
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
