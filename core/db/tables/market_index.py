"""The table of the market index: the level of asking prices by month and segment, for analysts and trends."""

from datetime import date

from sqlalchemy import CheckConstraint, Date, Integer, Text, text
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt


class MarketIndex(Base):
    """The level of asking prices of like cars; 100 in `base_month`. A month without enough ads has no row."""

    __tablename__ = "market_index"
    __table_args__ = (
        CheckConstraint("segment_kind IN ('market', 'make', 'model')", name="segment_kind"),
        CheckConstraint("0 < low AND low <= level AND level <= high", name="interval_is_ordered"),
        CheckConstraint("samples > 0", name="samples"),
        CheckConstraint("extract(day FROM month) = 1", name="month"),
    )

    segment_kind: Mapped[str] = mapped_column(Text, primary_key=True)
    segment: Mapped[str] = mapped_column(Text, primary_key=True)  # "", "toyota", "toyota|corolla"
    month: Mapped[date] = mapped_column(Date, primary_key=True)  # its first day
    make: Mapped[str | None] = mapped_column(Text)  # as most dealers write it
    model: Mapped[str | None] = mapped_column(Text)
    level: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    low: Mapped[float] = mapped_column(DOUBLE_PRECISION)  # 95 % interval
    high: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    samples: Mapped[int] = mapped_column(Integer)  # ads of the segment in the month
    sellers: Mapped[int] = mapped_column(Integer, server_default=text("0"))  # of the ads of the segment in the month
    base_month: Mapped[date] = mapped_column(Date)
    computed_at: Mapped[CreatedAt]
