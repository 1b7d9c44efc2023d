"""The popularity of listings, as search ranks by it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base


class ListingPopularity(Base):
    """The popularity of a public listing, in steps; a listing without a row has none. Counted anew once a day."""

    __tablename__ = "listing_popularity"
    __table_args__ = (CheckConstraint("steps BETWEEN 1 AND 7", name="steps"),)

    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id"), primary_key=True)
    steps: Mapped[int] = mapped_column(SmallInteger)
    made_at: Mapped[datetime]
