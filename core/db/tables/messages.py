"""Messages to people: queued in the transaction that causes them, sent by a background loop."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, LargeBinary, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, UuidKey


class Message(Base):
    """A message to a phone or an e-mail address. Recipient and values are erased as soon as it is sent or given up."""

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint("kind IN ('phone', 'email')", name="kind_is_known"),
        CheckConstraint("state IN ('queued', 'sent', 'expired', 'failed')", name="state_is_known"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_at_is_that_of_sent_ones"),
        CheckConstraint("(state = 'queued') = (sealed_values IS NOT NULL)", name="values_are_kept_while_queued"),
        CheckConstraint("(state = 'queued') = (sealed_recipient IS NOT NULL)", name="recipient_is_kept_while_queued"),
        CheckConstraint("state = 'queued' OR blind_index IS NULL", name="index_is_kept_while_queued"),
        Index("ix_messages_blind_index", "blind_index", postgresql_where=text("blind_index IS NOT NULL")),
        Index("ix_messages_kind_next_attempt_at", "kind", "next_attempt_at", postgresql_where=text("state = 'queued'")),
        Index("ix_messages_created_at", "created_at"),
        Index("ix_messages_sent_at", "sent_at", postgresql_where=text("sent_at IS NOT NULL")),
    )

    id: Mapped[UuidKey]
    template: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
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
