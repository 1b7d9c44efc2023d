"""Files of events of closed hours, what is counted of them by hour and day of the market, and dealers' funnels."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Date, Index, SmallInteger, Text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from core.db.base import Base

GRAINS = ("hour", "day")
_GRAIN_IS_KNOWN = "grain IN ('hour', 'day')"


class EngagementFile(Base):
    """A Parquet file of events of a closed hour: supplement 0 is what came in time. What no row names is no event."""

    __tablename__ = "engagement_files"
    __table_args__ = (Index("ix_engagement_files_people", "people", postgresql_using="gin"),)

    hour: Mapped[datetime] = mapped_column(primary_key=True)
    supplement: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    object_key: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(Text)  # SHA-256 of the file
    events: Mapped[int]
    bytes: Mapped[int]
    written_at: Mapped[datetime]
    expired_at: Mapped[datetime | None]  # the file is deleted, what was counted of it stays
    people: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))  # digests; null: not known


class EngagementPartition(Base):
    """An hour or a day that is counted: of which input, and with which outcome."""

    __tablename__ = "engagement_partitions"
    __table_args__ = (CheckConstraint(_GRAIN_IS_KNOWN, name="grain_is_known"),)

    grain: Mapped[str] = mapped_column(Text, primary_key=True)
    starts: Mapped[datetime] = mapped_column(primary_key=True)
    input_digest: Mapped[str] = mapped_column(Text)
    outcome_digest: Mapped[str] = mapped_column(Text)
    events: Mapped[int]
    computed_at: Mapped[datetime]


class EngagementAggregate(Base):
    """The counts of an hour or a day under one key of one dimension.

    `org_id` is the organisation that offered the car then, for dimensions that belong to one. Sketches hold the
    smallest keyed digests of devices and sessions; null once the events have expired.
    """

    __tablename__ = "engagement_aggregates"
    __table_args__ = (
        CheckConstraint(_GRAIN_IS_KNOWN, name="grain_is_known"),
        Index("ix_engagement_aggregates_grain_starts_dimension", "grain", "starts", "dimension"),
        Index("ix_engagement_aggregates_org_id_grain_starts", "org_id", "grain", "starts"),
        Index("ix_engagement_aggregates_dimension_key_starts", "dimension", "key", "starts"),
    )

    grain: Mapped[str] = mapped_column(Text)
    starts: Mapped[datetime] = mapped_column()
    dimension: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    org_id: Mapped[UUID | None] = mapped_column()
    events: Mapped[int]
    impressions: Mapped[int]
    views: Mapped[int]
    photo_views: Mapped[int]
    searches: Mapped[int]
    facet_uses: Mapped[int]
    contact_reveals: Mapped[int]
    whatsapp_clicks: Mapped[int]
    call_clicks: Mapped[int]
    contacts: Mapped[int]
    shares: Mapped[int]
    favourites: Mapped[int]
    compares: Mapped[int]
    finance_ctas: Mapped[int]
    inspection_ctas: Mapped[int]
    band_views: Mapped[int]
    leads: Mapped[int]
    leads_answered: Mapped[int]
    deposits: Mapped[int]
    sales: Mapped[int]
    price_drops: Mapped[int]
    bot_views: Mapped[int]
    staff_views: Mapped[int]
    late_after_close: Mapped[int]
    placed_clicks: Mapped[int]
    dwelled: Mapped[int]
    dwell_ms: Mapped[int]
    examined: Mapped[int]
    visitors: Mapped[int]
    sessions: Mapped[int]
    visitor_sketch: Mapped[bytes | None]
    session_sketch: Mapped[bytes | None]

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        """Name the columns that tell rows apart: `org_id` may be null, so no primary key says it in the database."""
        return {"primary_key": [cls.grain, cls.starts, cls.dimension, cls.key, cls.org_id]}


class EngagementFunnel(Base):
    """The funnel of a dealer, a branch, or a dealer's model, city or source, over the 30 days that end with a day."""

    __tablename__ = "engagement_funnels"
    __table_args__ = (Index("ix_engagement_funnels_day", "day"),)

    org_id: Mapped[UUID] = mapped_column(primary_key=True)  # which offered the car then
    dimension: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    search: Mapped[int | None]
    view: Mapped[int | None]
    contact: Mapped[int | None]
    lead: Mapped[int | None]
    deposit: Mapped[int | None]
    sold: Mapped[int | None]
    view_p50_s: Mapped[int | None]
    view_p90_s: Mapped[int | None]
    contact_p50_s: Mapped[int | None]
    contact_p90_s: Mapped[int | None]
    lead_p50_s: Mapped[int | None]
    lead_p90_s: Mapped[int | None]
    deposit_p50_s: Mapped[int | None]
    deposit_p90_s: Mapped[int | None]
    sold_p50_s: Mapped[int | None]
    sold_p90_s: Mapped[int | None]
