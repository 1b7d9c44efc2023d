"""The words that a person searched for lately, for that person alone."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, UuidKey


class RecentSearch(Base):
    """Words that a person searched for, once however often it did; a person has 20 at most."""

    __tablename__ = "recent_searches"
    __table_args__ = (
        UniqueConstraint("user_id", "words"),
        Index("ix_recent_searches_searched_at", "searched_at", postgresql_using="brin"),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str] = mapped_column(Text)  # as it was typed
    words: Mapped[str] = mapped_column(Text)  # folded, by which repeats are known
    searched_at: Mapped[datetime]
