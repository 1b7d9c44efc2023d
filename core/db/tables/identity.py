"""Organisations and their branches; people and their roles stand in `people`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Double, ForeignKey, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey


class Org(Base):
    """A dealer, the marketplace (to which private sellers' ads belong), a partner, or the platform itself.

    `blocked_at` holds from the next request on: nobody acts for a blocked organisation.
    """

    __tablename__ = "orgs"
    __table_args__ = (
        CheckConstraint("kind IN ('dealer', 'marketplace', 'partner', 'platform')", name="kind"),
        CheckConstraint("code ~ '^[a-z0-9][a-z0-9-]{1,62}$'", name="code"),
    )

    id: Mapped[UuidKey]
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text, server_default="dealer")
    # The mapping that its feed files are read by when a file does not name one.
    default_mapping: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[CreatedAt]
    blocked_at: Mapped[datetime | None]


class Branch(Base):
    """A showroom of an organisation: published facts, so the phones are plain."""

    __tablename__ = "branches"
    __table_args__ = (
        UniqueConstraint("org_id", "code"),
        UniqueConstraint("id", "org_id"),  # others refer to both, so that they cannot name a foreign branch
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="point_is_whole"),
        CheckConstraint("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name="point_is_on_earth"),
    )

    id: Mapped[UuidKey]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"))
    code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    city: Mapped[str | None] = mapped_column(Text)
    phones: Mapped[list[str]] = mapped_column(JSONB, server_default="[]")
    address: Mapped[str | None] = mapped_column(Text)
    latitude: Mapped[float | None] = mapped_column(Double)
    longitude: Mapped[float | None] = mapped_column(Double)
    opening_hours: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))  # {"mon": ["09:00-18:00"]}
    created_at: Mapped[CreatedAt]
