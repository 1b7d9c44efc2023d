"""The keys that personal data are sealed under, and the erasures of people."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, LargeBinary, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey


class DataKey(Base):
    """A version of the data key of a person, an organisation or a contact, wrapped by a master key.

    The newest version seals; older ones are retired and open what they sealed. The id is that of all versions, so that
    an erasure names a key once, however often it was rotated.
    """

    __tablename__ = "data_keys"
    __table_args__ = (
        CheckConstraint("owner_kind IN ('person', 'org', 'contact')", name="owner_kind_is_known"),
        CheckConstraint("version > 0", name="version_starts_at_one"),
        Index("uq_data_keys_current", "owner_kind", "owner", unique=True, postgresql_where=text("retired_at IS NULL")),
        Index("ix_data_keys_master_key", "master_key"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    owner_kind: Mapped[str] = mapped_column(Text)
    owner: Mapped[bytes] = mapped_column(LargeBinary)  # bytes of the id of a person or organisation; a blind index
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    master_key: Mapped[str] = mapped_column(Text)  # id of the master key that wraps it
    in_trail: Mapped[bool] = mapped_column(server_default=text("false"))  # audit records are sealed under it
    created_at: Mapped[CreatedAt]
    retired_at: Mapped[datetime | None]


class Erasure(Base):
    """The erasure of a person: without a finish it is resumed. What is kept of a finished one says nothing of whom."""

    __tablename__ = "erasures"
    __table_args__ = (
        CheckConstraint("finished_at IS NULL OR indexes IS NULL", name="indexes_are_gone_at_the_end"),
        Index("ix_erasures_user_id", "user_id"),
        Index("ix_erasures_unfinished", "requested_at", postgresql_where=text("finished_at IS NULL")),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID]
    key_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    indexes: Mapped[list[bytes] | None] = mapped_column(ARRAY(LargeBinary))  # of the contacts, until it is finished
    requested_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))  # domain -> eraser -> rows
