"""How people want to be told things: channels by kind, quiet hours, and the phones that their apps run on."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, UuidKey


class NotificationPreferences(Base):
    """What a person has chosen; who has chosen nothing has no row. The language stands in `users`."""

    __tablename__ = "notification_preferences"
    __table_args__ = (
        CheckConstraint("(quiet_from IS NULL) = (quiet_until IS NULL)", name="quiet_hours_have_both_ends"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    channels: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))  # by kind; none: turned off
    quiet_from: Mapped[time | None]  # times of day of `timezone`
    quiet_until: Mapped[time | None]
    timezone: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]


class PushDevice(Base):
    """An app that takes push messages, known by the token that its push service gave it; one person's at a time."""

    __tablename__ = "push_devices"
    __table_args__ = (
        UniqueConstraint("token_index"),
        CheckConstraint("platform IN ('android', 'ios', 'web')", name="platform_is_known"),
        Index("ix_push_devices_user_id", "user_id"),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    platform: Mapped[str] = mapped_column(Text)
    sealed_token: Mapped[bytes] = mapped_column(LargeBinary)
    token_index: Mapped[bytes] = mapped_column(LargeBinary)
    registered_at: Mapped[datetime]
