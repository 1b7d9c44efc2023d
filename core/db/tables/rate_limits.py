"""Counters of calls that all processes share where there is no Redis."""

from datetime import datetime

from sqlalchemy import Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, DOUBLE_PRECISION
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base


class RateLimitCounter(Base):
    """Calls under one key: each with its time, or the numbers of this window and of the last one."""

    __tablename__ = "rate_limit_counters"
    __table_args__ = (Index("ix_rate_limit_counters_ends_at", "ends_at"),)

    key: Mapped[str] = mapped_column(Text, primary_key=True)  # a digest: keys hold addresses and devices
    times: Mapped[list[float]] = mapped_column(ARRAY(DOUBLE_PRECISION), server_default=text("'{}'"))
    number: Mapped[int] = mapped_column(server_default=text("0"))
    current: Mapped[int] = mapped_column(server_default=text("0"))
    previous: Mapped[int] = mapped_column(server_default=text("0"))
    ends_at: Mapped[datetime]  # after this the row says nothing any more
