"""Chassis numbers of listings, by which a car is known whoever offers it and under whatever stock number."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey


class ListingChassis(Base):
    """The chassis number of a listing: sealed, and as a blind index by which equal numbers are found.

    It is a table of its own, so that what is said, searched and sent of listings cannot hold it.
    """

    __tablename__ = "listing_chassis"
    __table_args__ = (
        Index("ix_listing_chassis_org_id_chassis_index", "org_id", "chassis_index"),  # doubles within a dealer
        Index("ix_listing_chassis_chassis_index_org_id", "chassis_index", "org_id"),  # a car with several dealers
    )

    id: Mapped[UuidKey]
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id"), unique=True)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"))
    chassis_index: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_number: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[CreatedAt]
