"""What dealers sent: the files, and the rows that were refused."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, UuidKey


class FeedFile(Base):
    """One delivery. Its bytes stand in object storage under `storage_key` and are never changed.

    `status` moves registered -> applied | duplicate | refused, in the transaction that applies the file; a file
    that is still `registered` was not applied, whatever happened to the process that tried.
    """

    __tablename__ = "feed_files"
    __table_args__ = (
        CheckConstraint("status IN ('registered', 'applied', 'duplicate', 'refused')", name="status"),
        CheckConstraint(
            "status <> 'applied' OR rows_created + rows_updated + rows_unchanged + rows_rejected = rows_read",
            name="rows_add_up",
        ),
        Index("ix_feed_files_org_id_mapping_received_at", "org_id", "mapping", "received_at"),
        Index("ix_feed_files_pending", "received_at", postgresql_where="status = 'registered'"),
    )

    id: Mapped[UuidKey]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"))
    name: Mapped[str] = mapped_column(Text)
    mapping: Mapped[str] = mapped_column(Text)
    mapping_version: Mapped[int] = mapped_column(Integer)
    digest: Mapped[str] = mapped_column(Text)  # SHA-256 of the bytes, hex
    size_bytes: Mapped[int]
    storage_key: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(Text, server_default="registered")
    applied_at: Mapped[datetime | None]
    run_id: Mapped[str | None] = mapped_column(Text)  # the Dagster run or CLI call that decided the status
    rows_read: Mapped[int] = mapped_column(Integer, server_default="0")
    rows_created: Mapped[int] = mapped_column(Integer, server_default="0")
    rows_updated: Mapped[int] = mapped_column(Integer, server_default="0")
    rows_unchanged: Mapped[int] = mapped_column(Integer, server_default="0")
    rows_rejected: Mapped[int] = mapped_column(Integer, server_default="0")
    rows_removed: Mapped[int] = mapped_column(Integer, server_default="0")
    # A full feed that lacked too many cars removes none; how many it held back stands here.
    removals_held: Mapped[int] = mapped_column(Integer, server_default="0")
    reasons: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")  # reject code -> count
    refusal: Mapped[str | None] = mapped_column(Text)  # the sentence that tells the dealer why


class FeedReject(Base):
    """One row that did not become a listing, and why."""

    __tablename__ = "feed_rejects"
    __table_args__ = (Index("ix_feed_rejects_file_id_row_number", "file_id", "row_number"),)

    id: Mapped[UuidKey]
    file_id: Mapped[UUID] = mapped_column(ForeignKey("feed_files.id"))
    row_number: Mapped[int] = mapped_column(Integer)  # 1 is the first record after the header
    source_key: Mapped[str | None] = mapped_column(Text)
    code: Mapped[str] = mapped_column(Text, index=True)
    column: Mapped[str | None] = mapped_column(Text)
    value: Mapped[str | None] = mapped_column(Text)  # at most 200 characters; digits of phones masked
    message: Mapped[str] = mapped_column(Text)
