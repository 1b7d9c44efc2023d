"""Tables of notes on listings: sent notices of ending terms, and differences between a feed and a decided state."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt


class ListingTermNotice(Base):
    """A seller was told that the term of a private ad ends."""

    __tablename__ = "listing_term_notices"

    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id"), primary_key=True)
    renewed_at: Mapped[datetime]  # `listings.renewed_at` of the term: a renewed ad is told of again
    told_at: Mapped[CreatedAt]


class ListingDifference(Base):
    """A difference between a dealer's feed and the state of a car that a person or a deposit decided.

    `offered`: the feed names it, and it is off the market. `sold`: the feed calls it sold, `missing`: a full feed lacks
    it, and it is on offer.
    """

    __tablename__ = "listing_differences"
    __table_args__ = (CheckConstraint("says IN ('offered', 'sold', 'missing')", name="says"),)

    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id"), primary_key=True)
    file_id: Mapped[UUID] = mapped_column(ForeignKey("feed_files.id"))  # the last file that said so
    says: Mapped[str] = mapped_column(Text)
    since: Mapped[CreatedAt]
