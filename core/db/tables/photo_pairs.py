"""Tables for finding copies of photos: descriptions, pairs, first sightings and contests."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    REAL,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey


class PhotoDescription(Base):
    """A content that can be recognised. What proves it lies in storage; those of two versions are never compared.

    `crowd`: a picture that very many share, as placeholders, which is no copy of anybody's. `sought` is empty once
    the content was compared.
    """

    __tablename__ = "photo_descriptions"
    __table_args__ = (
        Index("ix_photo_descriptions_uncompared", "described_at", postgresql_where=text("compared_at IS NULL")),
    )

    content_id: Mapped[UUID] = mapped_column(ForeignKey("photo_contents.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[str] = mapped_column(Text)
    usable: Mapped[bool]
    crowd: Mapped[bool] = mapped_column(server_default=text("false"))
    sought: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    tried_at: Mapped[datetime | None]
    described_at: Mapped[datetime]
    compared_at: Mapped[datetime | None]


class PhotoToken(Base):
    """A word or a band of a hash of a content; `version` is a short number for that of the description."""

    __tablename__ = "photo_tokens"
    __table_args__ = (
        PrimaryKeyConstraint("version", "token", "content_id"),
        Index("ix_photo_tokens_content_id", "content_id"),
    )

    version: Mapped[int] = mapped_column(Integer)
    token: Mapped[int] = mapped_column(Integer)
    content_id: Mapped[UUID] = mapped_column(ForeignKey("photo_contents.id", ondelete="CASCADE"))


class PhotoPair(Base):
    """Two contents that were proved to be one photo (`a` < `b`), and why."""

    __tablename__ = "photo_pairs"
    __table_args__ = (
        PrimaryKeyConstraint("a", "b"),
        CheckConstraint("a < b", name="is_ordered"),
        CheckConstraint("kind IN ('same_photo', 'same_car')", name="kind_is_known"),
        Index("ix_photo_pairs_b", "b"),
    )

    a: Mapped[UUID] = mapped_column(ForeignKey("photo_contents.id", ondelete="CASCADE"))
    b: Mapped[UUID] = mapped_column(ForeignKey("photo_contents.id", ondelete="CASCADE"))
    version: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    inliers: Mapped[int] = mapped_column(Integer)  # points that agree
    alike: Mapped[float] = mapped_column(REAL)  # share of blocks that look the same
    covered: Mapped[float] = mapped_column(REAL)  # share of the smaller picture that lies in the other one
    mirrored: Mapped[bool]
    found_at: Mapped[CreatedAt]


class PhotoSighting(Base):
    """The first time that a content was on a listing; kept as long as the content, whatever the listing shows later."""

    __tablename__ = "photo_sightings"
    __table_args__ = (
        PrimaryKeyConstraint("content_id", "listing_id"),
        Index("ix_photo_sightings_listing_id", "listing_id"),
    )

    content_id: Mapped[UUID] = mapped_column(ForeignKey("photo_contents.id", ondelete="CASCADE"))
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id", ondelete="CASCADE"))
    first_seen_at: Mapped[CreatedAt]


class PhotoContest(Base):
    """A dealer's word against a report: its photo is no stolen copy of another dealer's.

    It is about two contents and two organisations, so it holds for all cars on which they show these photos, and not
    for what either shows later. A granted one takes the pair out of both reports.
    """

    __tablename__ = "photo_contests"
    __table_args__ = (
        CheckConstraint("reason IN ('own_photo', 'permitted', 'sold_on', 'not_same')", name="reason_is_known"),
        CheckConstraint("state IN ('open', 'granted', 'refused')", name="state_is_known"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_has_time"),
        Index("uq_photo_contests_pair", "content_id", "other_content_id", "org_id", "other_org_id", unique=True),
        Index("ix_photo_contests_other_content_id", "other_content_id"),
        Index("ix_photo_contests_org_id", "org_id"),
        Index("ix_photo_contests_open", "created_at", postgresql_where=text("state = 'open'")),
        Index("ix_photo_contests_untold", "id", postgresql_where=text("told_state IS DISTINCT FROM state")),
        Index("ix_photo_contests_decided_at", "decided_at", postgresql_where=text("decided_at IS NOT NULL")),
    )

    id: Mapped[UuidKey]
    content_id: Mapped[UUID] = mapped_column(ForeignKey("photo_contents.id", ondelete="CASCADE"))
    other_content_id: Mapped[UUID] = mapped_column(ForeignKey("photo_contents.id", ondelete="CASCADE"))
    photo_id: Mapped[UUID]  # as they were when it was contested; either may be gone
    other_photo_id: Mapped[UUID]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"))  # who contests
    other_org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"))  # whose photo was first seen by us
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="open")
    created_at: Mapped[CreatedAt]
    decided_at: Mapped[datetime | None]
    told_state: Mapped[str | None] = mapped_column(Text)  # the last state that the dealers were told of
