"""Tables for photos with a clean background: who wants them, and what was made."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, PrimaryKeyConstraint, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base


class PhotoChoice(Base):
    """The choices of an organisation for its photos; without a row backgrounds stay as they are."""

    __tablename__ = "photo_choices"

    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"), primary_key=True)
    clean_backgrounds: Mapped[bool] = mapped_column(server_default=text("false"))
    changed_at: Mapped[datetime]


class PhotoBackground(Base):
    """The variants with a clean background that were made of one rendition of a content, beside it.

    `begun` until it is `done` or `failed`; after two tries it is not tried again.
    """

    __tablename__ = "photo_backgrounds"
    __table_args__ = (
        PrimaryKeyConstraint("content_id", "rendition"),
        CheckConstraint("state IN ('begun', 'done', 'failed')", name="state_is_known"),
    )

    content_id: Mapped[UUID] = mapped_column(ForeignKey("photo_contents.id", ondelete="CASCADE"))
    rendition: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text)  # of the way it was made
    state: Mapped[str] = mapped_column(Text, server_default="begun")
    code: Mapped[str | None] = mapped_column(Text)  # why it failed
    variants: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    tried_at: Mapped[datetime]
