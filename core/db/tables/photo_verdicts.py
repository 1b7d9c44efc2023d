"""Tables of photo verdicts and of the jobs that make them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import REAL, CheckConstraint, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey


class MediaIQJob(Base):
    """A content that is to be judged, once whoever lists it; or, with `photo_id`, one photo's hand-drawn areas.

    `attempts` counts how often the child that looks crashed or passed its limits, `claims` how often the job was
    begun at all: a process that is killed uses up a claim, not an attempt.
    """

    __tablename__ = "media_iq_jobs"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name="state_is_known"),
        CheckConstraint("(state = 'running') = (token IS NOT NULL)", name="running_has_token"),
        Index("uq_media_iq_jobs_content_id", "content_id", unique=True, postgresql_where=text("photo_id IS NULL")),
        Index("uq_media_iq_jobs_photo_id", "photo_id", unique=True, postgresql_where=text("photo_id IS NOT NULL")),
        Index("ix_media_iq_jobs_open", "priority", "id", postgresql_where=text("state IN ('waiting', 'running')")),
        Index("ix_media_iq_jobs_failed", "ended_at", postgresql_where=text("state = 'failed'")),
    )

    id: Mapped[UuidKey]
    content_id: Mapped[UUID] = mapped_column(ForeignKey("photo_contents.id", ondelete="CASCADE"))
    photo_id: Mapped[UUID | None] = mapped_column(ForeignKey("listing_photos.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    priority: Mapped[int] = mapped_column(SmallInteger, server_default="0")  # 1: others see the photo already
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    claims: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    token: Mapped[UUID | None]  # of the claim that runs it
    lease_until: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    code: Mapped[str | None] = mapped_column(Text)  # why the last attempt failed
    created_at: Mapped[CreatedAt]
    ended_at: Mapped[datetime | None]


class PhotoVerdict(Base):
    """The findings in a content. Boxes are in pixels of the clean original; the text of plates is not kept.

    `version` names models, thresholds and libraries; verdicts of different versions are not compared.
    """

    __tablename__ = "photo_verdicts"

    content_id: Mapped[UUID] = mapped_column(ForeignKey("photo_contents.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[str] = mapped_column(Text)
    vehicle: Mapped[float | None] = mapped_column(REAL)  # how likely one is shown; null: the car gate was off
    plates: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))  # box, confidence
    rendition: Mapped[str] = mapped_column(Text)  # of the found plates
    score: Mapped[int | None] = mapped_column(SmallInteger)  # 0-100
    codes: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"))
    measures: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    scene: Mapped[str | None] = mapped_column(Text)
    judged_at: Mapped[datetime]


class ListingMediaScore(Base):
    """The score of a listing's photos together; `stale` until the loop has scored their present state."""

    __tablename__ = "listing_media_scores"
    __table_args__ = (Index("ix_listing_media_scores_stale", "listing_id", postgresql_where=text("stale")),)

    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id"), primary_key=True)
    score: Mapped[int | None] = mapped_column(SmallInteger)  # 0-100; null while no photo has one
    codes: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"))
    missing_slots: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"))
    cover: Mapped[UUID | None]  # the photo that would be a better cover
    retake: Mapped[UUID | None]  # the photo most worth taking again
    version: Mapped[str | None] = mapped_column(Text)
    stale: Mapped[bool] = mapped_column(server_default=text("true"))
    scored_at: Mapped[datetime | None]


class PhotoAppeal(Base):
    """An owner's word about the plates of a photo: one was covered that is none, or one was missed."""

    __tablename__ = "photo_appeals"
    __table_args__ = (
        CheckConstraint("kind IN ('unblur', 'missed_plate')", name="kind_is_known"),
        CheckConstraint("state IN ('open', 'granted', 'refused')", name="state_is_known"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_has_time"),
        Index("uq_photo_appeals_open", "photo_id", unique=True, postgresql_where=text("state = 'open'")),
        Index("ix_photo_appeals_photo_id", "photo_id"),
        Index("ix_photo_appeals_listing_id", "listing_id"),
        Index("ix_photo_appeals_decided_at", "decided_at", postgresql_where=text("decided_at IS NOT NULL")),
    )

    id: Mapped[UuidKey]
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id"))
    photo_id: Mapped[UUID] = mapped_column(ForeignKey("listing_photos.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="open")
    created_at: Mapped[CreatedAt]
    decided_at: Mapped[datetime | None]
