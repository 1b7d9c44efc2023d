"""Files of past ads that teach prices without being on offer."""

from datetime import date

from sqlalchemy import CheckConstraint, Date, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt


class PriceHistory(Base):
    """A file whose ads every training reads, until it is taken off this list."""

    __tablename__ = "price_history"
    __table_args__ = (
        CheckConstraint("ads > 0", name="ads"),
        CheckConstraint("first_day <= last_day", name="days_are_ordered"),
    )

    digest: Mapped[str] = mapped_column(Text, primary_key=True)  # SHA-256 of the ads; names the object in storage
    name: Mapped[str] = mapped_column(Text)  # of the file, as the operator called it
    ads: Mapped[int] = mapped_column(Integer)
    first_day: Mapped[date] = mapped_column(Date)  # of the days on which the prices were asked
    last_day: Mapped[date] = mapped_column(Date)
    added_at: Mapped[CreatedAt]
