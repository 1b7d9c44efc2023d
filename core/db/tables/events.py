"""The outbox: what changed, for those who follow (search, webhooks, analytics).

A row is written in the transaction that changes the thing itself. A reader remembers the snapshot in which it read
last, and reads the rows whose transaction that snapshot did not see: a plain id would skip a row whose transaction
took its number early and committed late, and waiting for every older transaction would delay all others' changes.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, Text, text
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from core.db.base import Base, CreatedAt


class Xid8(UserDefinedType[str]):
    """PostgreSQL's 64-bit transaction id; as text in Python, since drivers know no better."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The DDL name."""
        return "xid8"


class PgSnapshot(UserDefinedType[str]):
    """PostgreSQL's snapshot, `xmin:xmax:running`: which transactions it saw; as text in Python."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The DDL name."""
        return "pg_snapshot"


ischema_names["pg_snapshot"] = PgSnapshot
ischema_names["xid8"] = Xid8  # lets Alembic compare the column instead of warning about it


class OutboxEvent(Base):
    """One change of one listing: `created`, `updated`, `removed`, or `rated` where only its price band changed."""

    __tablename__ = "outbox_events"
    __table_args__ = (Index("ix_outbox_events_xid_id", "xid", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    xid: Mapped[str] = mapped_column(Xid8, server_default=text("pg_current_xact_id()"))
    topic: Mapped[str] = mapped_column(Text)  # "listing"
    subject_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    created_at: Mapped[CreatedAt]


class OutboxOffset(Base):
    """How far a consumer has read: every event of a transaction that the snapshot saw as committed."""

    __tablename__ = "outbox_offsets"

    consumer: Mapped[str] = mapped_column(Text, primary_key=True)
    snapshot: Mapped[str] = mapped_column(PgSnapshot)
    updated_at: Mapped[datetime]
