"""Numbered events of live streams: of each organisation, and of each person who has none."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base


class LiveStream(Base):
    """The stream of an organisation or of a person, by its id, and the last number given in it."""

    __tablename__ = "live_streams"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    last_number: Mapped[int]


class LiveEvent(Base):
    """An event of a stream. The numbers of a stream have no gaps, and become visible in their order."""

    __tablename__ = "live_events"
    __table_args__ = (
        CheckConstraint("role IN ('org', 'seller', 'buyer')", name="role_is_known"),
        Index("ix_live_events_numbered_at", "numbered_at"),
    )

    stream_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(Text)  # in which the reader knows of it
    topic: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[UUID]
    sequence: Mapped[int]  # of the subject's changes, as in the outbox
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime]  # the start of the transaction that made the change
    numbered_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
