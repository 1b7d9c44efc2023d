"""Captured events of shoppers: hot rows by hour, what was kept apart, and what tells repeats from new events.

Devices, sessions and people are keyed 64-bit digests (`core.engagement.digests`); no address of a network is kept.
`engagement_events` is partitioned by `hour`; its partitions stand in the schema `engagement_hours`, are made by
`engagement_ensure_hours` and dropped by `engagement_drop_hour`.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, Index, Integer, SmallInteger, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from core.db.base import Base, UuidKey

MARKS = ("none", "bot", "owner", "staff", "preview", "over_cap")
"""Why an event counts outside `views`; `none`: it counts."""
_MARK_IS_KNOWN = f"mark IN ({', '.join(map(repr, MARKS))})"


class _CapturedEvent:
    """The columns of an accepted event. Whose car it was, and where, is as at its arrival."""

    hour: Mapped[datetime]  # of `at`, in UTC
    device: Mapped[int]
    event_id: Mapped[UUID]  # as the client made it
    at: Mapped[datetime]  # the corrected time
    received_at: Mapped[datetime]
    type: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(SmallInteger)  # of the type's schema
    mark: Mapped[str] = mapped_column(Text)
    after_close: Mapped[bool]  # it came after its hour had closed
    session: Mapped[int | None]
    person: Mapped[int | None]  # who was logged in
    listing_id: Mapped[UUID | None]
    org_id: Mapped[UUID | None]
    branch_id: Mapped[UUID | None]
    make: Mapped[str | None] = mapped_column(Text)
    model: Mapped[str | None] = mapped_column(Text)
    city: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(Text)  # of the listing
    channel: Mapped[str | None] = mapped_column(Text)
    app: Mapped[str | None] = mapped_column(Text)
    app_version: Mapped[str | None] = mapped_column(Text)
    query_id: Mapped[str | None] = mapped_column(Text)
    query: Mapped[str | None] = mapped_column(Text)
    results: Mapped[int | None] = mapped_column(Integer)  # that a search found
    position: Mapped[int | None] = mapped_column(Integer)
    dwell_ms: Mapped[int | None] = mapped_column(Integer)
    price_pkr: Mapped[int | None]
    old_price_pkr: Mapped[int | None]
    lead_id: Mapped[UUID | None]
    deposit_id: Mapped[UUID | None]
    properties: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))  # the type's further fields

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        """Name the columns that tell rows apart: no index says it in the database, where `engagement_keys` does."""
        return {"primary_key": [cls.device, cls.event_id, cls.at]}


class EngagementEvent(_CapturedEvent, Base):
    """An event of an hour that was open when it came. Keys are unique by `engagement_keys`, so no index says it."""

    __tablename__ = "engagement_events"
    __table_args__ = (
        CheckConstraint(_MARK_IS_KNOWN, name="mark_is_known"),
        {"postgresql_partition_by": "RANGE (hour)"},
    )


class EngagementLateEvent(_CapturedEvent, Base):
    """An event of an hour that had closed: in a numbered supplement of that hour."""

    __tablename__ = "engagement_late_events"
    __table_args__ = (
        CheckConstraint(_MARK_IS_KNOWN, name="mark_is_known"),
        Index("ix_engagement_late_events_hour_supplement", "hour", "supplement"),
    )

    supplement: Mapped[int] = mapped_column(SmallInteger)


class EngagementApartEvent(_CapturedEvent, Base):
    """An event that counts in no hour: more than 72 hours old, from the future, or of an hour that is sealed."""

    __tablename__ = "engagement_apart_events"
    __table_args__ = (
        CheckConstraint(_MARK_IS_KNOWN, name="mark_is_known"),
        CheckConstraint("reason IN ('late', 'future', 'sealed')", name="reason_is_known"),
        Index("ix_engagement_apart_events_received_at", "received_at"),
    )

    reason: Mapped[str] = mapped_column(Text)


class EngagementRefusal(Base):
    """An event that was answered with `duplicate` or `rejected`, without its contents."""

    __tablename__ = "engagement_refusals"
    __table_args__ = (
        CheckConstraint("answer IN ('duplicate', 'rejected')", name="answer_is_known"),
        Index("ix_engagement_refusals_received_at", "received_at"),
    )

    id: Mapped[UuidKey]
    received_at: Mapped[datetime]
    hour: Mapped[datetime | None]  # as it would have counted, where its time could be read; of a duplicate: the first's
    answer: Mapped[str] = mapped_column(Text)
    code: Mapped[str | None] = mapped_column(Text)
    type: Mapped[str | None] = mapped_column(Text)  # a known one
    device: Mapped[int | None]
    session: Mapped[int | None]
    person: Mapped[int | None]
    event_id: Mapped[UUID | None]
    listing_id: Mapped[UUID | None]  # as the client says


class EngagementKey(Base):
    """An event that was accepted within the last 7 days, known by device and client event id."""

    __tablename__ = "engagement_keys"
    __table_args__ = (Index("ix_engagement_keys_kept_since", "kept_since", postgresql_using="brin"),)

    key: Mapped[UUID] = mapped_column(primary_key=True)  # the id's own time, then a digest of device and id
    payload: Mapped[int]  # digest
    hour: Mapped[datetime]  # where it counts
    accepted_at: Mapped[datetime]  # of a replayed batch: when it had come at first
    kept_since: Mapped[datetime] = mapped_column(server_default=func.now())


class EngagementDevice(Base):
    """The offset by which a device's clock is behind ours; negative: ahead. `candidate_ms` may replace the offset."""

    __tablename__ = "engagement_devices"
    __table_args__ = (Index("ix_engagement_devices_seen_on", "seen_on"),)

    device: Mapped[int] = mapped_column(primary_key=True)
    offset_ms: Mapped[int]
    candidate_ms: Mapped[int | None]
    candidate_since: Mapped[datetime | None]
    seen_on: Mapped[date] = mapped_column(Date)


class EngagementDeviceDay(Base):
    """The events that a device has sent on a UTC day of arrival, for the caps."""

    __tablename__ = "engagement_device_days"
    __table_args__ = (Index("ix_engagement_device_days_day", "day"),)

    device: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    events: Mapped[int] = mapped_column(Integer)
    views: Mapped[int] = mapped_column(Integer)


class EngagementHour(Base):
    """An hour: `open` takes rows into its partition, `closed` into supplements, `sealed` none any more."""

    __tablename__ = "engagement_hours"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'closed', 'sealed')", name="state_is_known"),
        Index("ix_engagement_hours_state_hour", "state", "hour"),
    )

    hour: Mapped[datetime] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(Text, server_default="open")
    supplement: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))  # the one that fills now
    closed_at: Mapped[datetime | None]
    sealed_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]  # the partition


class EngagementStamp(Base):
    """A listing's former dealer, branch and car, until it moved; a trigger writes it. Late events are counted by it."""

    __tablename__ = "engagement_stamps"
    __table_args__ = (Index("ix_engagement_stamps_until", "until"),)

    listing_id: Mapped[UUID] = mapped_column(primary_key=True)
    until: Mapped[datetime] = mapped_column(primary_key=True)
    org_id: Mapped[UUID]
    branch_id: Mapped[UUID | None]
    make: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(Text)
    city: Mapped[str | None] = mapped_column(Text)


class EngagementErasure(Base):
    """A device or person whose events were erased: none of before that moment is taken again."""

    __tablename__ = "engagement_erasures"
    __table_args__ = (CheckConstraint("kind IN ('device', 'person')", name="kind_is_known"),)

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    subject: Mapped[int] = mapped_column(primary_key=True)
    erased_at: Mapped[datetime]
