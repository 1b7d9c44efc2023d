"""The outbox: what changed, for those who follow (search, webhooks, analytics).

A row is written in the transaction that changes the thing itself. A reader remembers the snapshot in which it read
last, and reads the rows whose transaction that snapshot did not see: a plain id would skip a row whose transaction
took its number early and committed late, and waiting for every older transaction would delay all others' changes.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType, Uuid

from core.db.base import Base, CreatedAt


class Xid8(UserDefinedType[str]):
    """PostgreSQL's 64-bit transaction id; as text in Python, since drivers know no better."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return the name of the type in DDL."""
        return "xid8"


class PgSnapshot(UserDefinedType[str]):
    """PostgreSQL's snapshot, `xmin:xmax:running`: which transactions it saw; as text in Python."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return the name of the type in DDL."""
        return "pg_snapshot"


ischema_names["pg_snapshot"] = PgSnapshot
ischema_names["xid8"] = Xid8  # lets Alembic compare the column instead of warning about it


class OutboxEvent(Base):
    """One change of one subject, or the creation of many listings by one statement (`members` in place of a subject).

    The view `outbox_changes` and `core.outbox.reader` give every change singly. Rows of the topic `listing` are
    written by triggers of `listings` alone, rows of all other topics by `core.outbox.emit` alone.
    """

    __tablename__ = "outbox_events"
    __table_args__ = (
        Index("ix_outbox_events_xid_id", "xid", "id"),
        CheckConstraint("(subject_id IS NULL) = (members IS NOT NULL)", name="subject_or_members"),
        CheckConstraint("size = coalesce(cardinality(members), 1)", name="size"),
        CheckConstraint("pg_column_size(payload) <= 4000", name="payload_is_small"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    xid: Mapped[str] = mapped_column(Xid8, server_default=text("pg_current_xact_id()"))
    topic: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(Text)
    created_at: Mapped[CreatedAt]
    sequence: Mapped[int]  # of the subject, from 1; 0 in rows of before it was kept
    org_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    audience: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")  # core.outbox.audience
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    size: Mapped[int] = mapped_column(Integer, server_default="1")  # changes that this row stands for
    members: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    member_prices: Mapped[list[int | None] | None] = mapped_column(ARRAY(BigInteger))


class OutboxSubject(Base):
    """The last sequence number of a subject of `core.outbox.emit`; its row lock puts the subject's changes in order."""

    __tablename__ = "outbox_subjects"

    topic: Mapped[str] = mapped_column(Text, primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    told_at: Mapped[CreatedAt]  # the last event


class OutboxOffset(Base):
    """The position of a consumer: how far it has read.

    It has read every event of a transaction that `snapshot` saw as committed. While it reads a long backlog in parts,
    `target` is the snapshot at which the backlog was counted, and `after_id` with `after_place` the last event of it
    that was handled.
    """

    __tablename__ = "outbox_offsets"

    consumer: Mapped[str] = mapped_column(Text, primary_key=True)
    snapshot: Mapped[str] = mapped_column(PgSnapshot)
    updated_at: Mapped[datetime]
    target: Mapped[str | None] = mapped_column(PgSnapshot)
    after_id: Mapped[int] = mapped_column(BigInteger, server_default="0")
    after_place: Mapped[int] = mapped_column(Integer, server_default="0")
    # pg_control_system().system_identifier: transaction ids of another server (a restored dump) say nothing here.
    server: Mapped[int | None]
