"""Tables of the price model's versions and of the band of each live listing."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB, REAL
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey


class PriceModel(Base):
    """One trained version. Its artefact stands in object storage; at most one version is the champion."""

    __tablename__ = "price_models"
    __table_args__ = (
        CheckConstraint("status IN ('champion', 'retired', 'rejected')", name="status"),
        CheckConstraint("origin IN ('trained', 'recalibrated')", name="origin"),
        Index("uq_price_models_champion", "status", unique=True, postgresql_where="status = 'champion'"),
    )

    id: Mapped[UuidKey]
    version: Mapped[str] = mapped_column(Text, unique=True)
    status: Mapped[str] = mapped_column(Text)
    storage_key: Mapped[str] = mapped_column(Text)
    data_digest: Mapped[str] = mapped_column(Text)  # SHA-256 of the training samples
    code_version: Mapped[int] = mapped_column(Integer)  # models.price_bands.artifact.CODE_VERSION
    samples: Mapped[int] = mapped_column(Integer)
    metrics: Mapped[dict[str, Any]] = mapped_column(JSONB)
    origin: Mapped[str] = mapped_column(Text, server_default="trained")
    parent_version: Mapped[str | None] = mapped_column(Text)  # of a recalibrated version: whose trees it has
    code_digest: Mapped[str | None] = mapped_column(Text)  # models.price_bands.code_digest.code_digest
    trained_at: Mapped[CreatedAt]


class PriceBand(Base):
    """The band of one live listing, or the stated absence of one (`method = 'none'` and a reason)."""

    __tablename__ = "price_bands"
    __table_args__ = (
        CheckConstraint("method IN ('model', 'family', 'comparables', 'none')", name="method"),
        CheckConstraint(
            "(method = 'none') = (mid_pkr IS NULL) AND (method = 'none') = (reason IS NOT NULL)",
            name="band_or_reason",
        ),
        CheckConstraint("0 < low_pkr AND low_pkr <= mid_pkr AND mid_pkr <= high_pkr", name="band_is_ordered"),
        CheckConstraint(
            "0 < low_90_pkr AND low_90_pkr <= low_pkr AND low_pkr <= low_50_pkr AND low_50_pkr <= mid_pkr "
            "AND mid_pkr <= high_50_pkr AND high_50_pkr <= high_pkr AND high_pkr <= high_90_pkr",
            name="levels_are_nested",
        ),
        CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence"),
    )

    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id"), primary_key=True)
    low_pkr: Mapped[int | None]
    mid_pkr: Mapped[int | None]
    high_pkr: Mapped[int | None]
    confidence: Mapped[float] = mapped_column(REAL)
    method: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    model_version: Mapped[str | None] = mapped_column(Text)
    # The bands of 50 and of 90 %; null without a band, and in rows of before they were kept, until the next refresh.
    low_50_pkr: Mapped[int | None]
    high_50_pkr: Mapped[int | None]
    low_90_pkr: Mapped[int | None]
    high_90_pkr: Mapped[int | None]
    # `listings.updated_at` of the content that was priced. Comparing it for equality finds every listing that changed;
    # comparing with computed_at would miss an import that took its time early and committed late.
    listing_updated_at: Mapped[datetime]
    computed_at: Mapped[datetime]
