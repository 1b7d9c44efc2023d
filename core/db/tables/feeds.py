"""Tables of feed files, of rejected rows, and of people's decisions about a file."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, REAL
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey


def _when_received(context: DefaultExecutionContext) -> datetime:
    """Return when a delivery came, for one that does not say when its stock list was true."""
    received: datetime = context.get_current_parameters()["received_at"]  # type: ignore[no-untyped-call]  # of SQLAlchemy
    return received


class FeedFile(Base):
    """One delivery. Its bytes stand in object storage under `storage_key` and are never changed.

    `status` moves registered -> applied | duplicate | stale | refused, in the transaction that applies the file; a
    file that is still `registered` was not applied, whatever happened to the process that tried. Files of one
    organisation are ordered by `(snapshot_at, id)`; see decision 0006.
    """

    __tablename__ = "feed_files"
    __table_args__ = (
        UniqueConstraint("id", "org_id"),  # others refer to both, so that they cannot name a foreign file
        CheckConstraint("status IN ('registered', 'applied', 'duplicate', 'stale', 'refused')", name="status"),
        CheckConstraint(
            "status <> 'applied' OR rows_created + rows_updated + rows_unchanged + rows_rejected = rows_read",
            name="rows_add_up",
        ),
        Index("ix_feed_files_org_id_mapping_received_at", "org_id", "mapping", "received_at"),
        Index("ix_feed_files_org_id_snapshot_at", "org_id", "snapshot_at"),
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
    # When the stock was as the file says: the date in its name, what the sender said, else when it was received.
    snapshot_at: Mapped[datetime] = mapped_column(default=_when_received, server_default=text("now()"))
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
    # Columns of which cells were not understood, with their commonest words (contacts masked).
    not_understood: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    prices: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")  # imports.implausible_prices.PriceSpread
    warnings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")  # feeds.file_warnings
    # A person brought back what the file had removed; its silence about a car no longer counts.
    undone_at: Mapped[datetime | None]
    refusal: Mapped[str | None] = mapped_column(Text)  # the sentence that tells the dealer why (refused and stale)

    @property
    def row_counts(self) -> dict[str, int]:
        """The counts of rows by the names that results and reports give them."""
        return {
            "read": self.rows_read,
            "created": self.rows_created,
            "updated": self.rows_updated,
            "unchanged": self.rows_unchanged,
            "rejected": self.rows_rejected,
            "removed": self.rows_removed,
        }


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
    byte_offset: Mapped[int | None]  # where the row begins in the file, after decompression; null: not known
    severity: Mapped[str] = mapped_column(Text, server_default="error")


class FeedAction(Base):
    """A person's decision about a file after its import: who, when, and with which counts."""

    __tablename__ = "feed_actions"
    __table_args__ = (
        CheckConstraint("kind IN ('replayed', 'approved', 'undone')", name="kind"),
        Index("ix_feed_actions_file_id_at", "file_id", "at"),
    )

    id: Mapped[UuidKey]
    file_id: Mapped[UUID] = mapped_column(ForeignKey("feed_files.id"))
    kind: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    at: Mapped[CreatedAt]
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")


class FeedGuardOverrides(Base):
    """A dealer's own limits of the removal guard; null (and a dealer without a row): the published default.

    `implausible_prices` says whether a price far from the market is held back or published without a band.
    """

    __tablename__ = "feed_settings"
    __table_args__ = (
        CheckConstraint("removal_share BETWEEN 0 AND 1", name="removal_share"),
        CheckConstraint("removal_always >= 0", name="removal_always"),
        CheckConstraint("removal_most >= 0", name="removal_most"),
        CheckConstraint("implausible_prices IN ('hold', 'publish')", name="implausible_prices"),
    )

    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"), primary_key=True)
    removal_share: Mapped[float | None] = mapped_column(REAL)
    removal_always: Mapped[int | None] = mapped_column(Integer)
    removal_most: Mapped[int | None] = mapped_column(Integer)
    implausible_prices: Mapped[str] = mapped_column(Text, server_default="hold")
    changed_by: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]


class FeedPriceDoubt(Base):
    """A car's price that is far from what such cars cost: published without a band, or confirmed by the dealer."""

    __tablename__ = "feed_price_doubts"
    __table_args__ = (CheckConstraint("price_pkr > 0", name="price"),)

    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"), primary_key=True)
    source_key: Mapped[str] = mapped_column(Text, primary_key=True)
    price_pkr: Mapped[int]
    likely_pkr: Mapped[int | None]
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("feed_files.id", ondelete="SET NULL"))
    confirmed_by: Mapped[str | None] = mapped_column(Text)
    confirmed_at: Mapped[datetime | None]  # null: nobody has confirmed it
