"""Chassis numbers of listings, by which a car is known whoever offers it and under whatever stock number."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey


class ListingChassis(Base):
    """The chassis number of a listing: sealed for its organisation or private seller, and as a blind index.

    Equal numbers are found by the index. It is a table of its own, so that what is said, searched and sent of listings
    cannot hold it.
    """

    __tablename__ = "listing_chassis"
    __table_args__ = (
        Index("ix_listing_chassis_org_id_chassis_index", "org_id", "chassis_index"),  # doubles within a dealer
        Index("ix_listing_chassis_chassis_index_org_id", "chassis_index", "org_id"),  # a car with several sellers
        Index("ix_listing_chassis_seller_id", "seller_id", postgresql_where="seller_id IS NOT NULL"),
        CheckConstraint(
            "(seller_id IS NULL) = (sealed_number IS NOT NULL) AND (seller_id IS NULL) = (sealed_for_seller IS NULL)",
            name="sealed_for_its_owner",
        ),
    )

    id: Mapped[UuidKey]
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id"), unique=True)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"))
    chassis_index: Mapped[bytes] = mapped_column(LargeBinary)
    seller_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))  # of a private ad
    sealed_number: Mapped[bytes | None] = mapped_column(LargeBinary)  # under the organisation's key
    sealed_for_seller: Mapped[bytes | None] = mapped_column(LargeBinary)  # under the key of a private seller
    by_person: Mapped[bool] = mapped_column(server_default="false")  # a feed that states none leaves it
    created_at: Mapped[CreatedAt]
