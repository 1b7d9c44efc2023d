"""Searches that many shoppers make, which typeahead offers to all."""

from datetime import datetime

from sqlalchemy import Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base


class PopularSearch(Base):
    """Words of searches of at least 20 devices on 3 days; all rows are replaced once a day."""

    __tablename__ = "popular_searches"

    text: Mapped[str] = mapped_column(Text, primary_key=True)  # folded words, free of personal data
    devices: Mapped[int] = mapped_column(Integer)
    made_at: Mapped[datetime]
