"""The inventory: listings and what they cost over time."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, REAL
from sqlalchemy.orm import Mapped, mapped_column

from core.car_keys import CAR_KEY_SQL
from core.db.base import Base, CreatedAt, UuidKey
from core.states.listings import LISTING_STATES, Giver, Mover, left_by, quoted, state_sql
from core.vocabulary import ListingStatus

SOURCES = "source IN ('feed', 'form', 'private', 'api')"
"""A dealer's feed, a dealer's form, a private seller, or the API."""
_OFFERED = state_sql("searched", "status")
DECIDED = "source = 'feed' AND (state_by <> 'feed' OR origin IS NOT NULL)"
"""The cars of feeds about which somebody else decided something."""
EXPIRES = f"status IN ({quoted(left_by(Mover.CLOCK, to=ListingStatus.EXPIRED))}) AND seller_id IS NOT NULL"
"""The listings whose term ends: private ads. A dealer's cars follow its feeds and people."""


class Listing(Base):
    """A car that somebody offers: the columns of `core.listing_frame`, whose it is, and where it came from.

    Triggers write each change of a row to the outbox and count it in `sequence` (decision 0020): whoever changes a
    listing, by whatever statement, need not and cannot forget it.
    """

    __tablename__ = "listings"
    __table_args__ = (
        UniqueConstraint("org_id", "source_key"),
        # With the organisation in them, so that a listing cannot name a foreign branch or file.
        ForeignKeyConstraint(["branch_id", "org_id"], ["branches.id", "branches.org_id"]),
        ForeignKeyConstraint(["file_id", "org_id"], ["feed_files.id", "feed_files.org_id"]),
        CheckConstraint(f"status IN ({quoted(LISTING_STATES)})", name="status"),
        CheckConstraint(f"state_by IN ({quoted(Giver)})", name="state_by"),
        CheckConstraint("sold_price_pkr > 0", name="sold_price_pkr"),
        CheckConstraint("visibility IN ('public', 'wholesale_public', 'private')", name="visibility"),
        CheckConstraint("price_pkr > 0", name="price_pkr"),
        CheckConstraint(SOURCES, name="source"),
        CheckConstraint("source <> 'feed' OR (file_id IS NOT NULL AND row_number IS NOT NULL)", name="feed_has_file"),
        # docs/listing_indexes.md names the statement that needs each of these.
        Index("ix_listings_offered_body_price", "body", "price_pkr", postgresql_where=_OFFERED),
        Index("ix_listings_seller_id", "seller_id", postgresql_where="seller_id IS NOT NULL"),
        Index("ix_listings_updated_at", "updated_at"),
        Index("ix_listings_decided", "org_id", postgresql_where=DECIDED),
        Index("ix_listings_term", "renewed_at", postgresql_where=EXPIRES),
        Index("ix_listings_offered_car", "make_key", "model_key", "model_year", postgresql_where=_OFFERED),
    )

    id: Mapped[UuidKey]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"))
    branch_id: Mapped[UUID | None]
    source_key: Mapped[str] = mapped_column(Text)
    seller_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))  # of a private ad
    status: Mapped[str] = mapped_column(Text, server_default="live")
    state_by: Mapped[str] = mapped_column(Text, server_default="feed")  # whose word the state is: `Giver`
    sold_price_pkr: Mapped[int | None]  # as all about a sale, for the organisation alone
    sold_on: Mapped[date | None] = mapped_column(Date)
    visibility: Mapped[str] = mapped_column(Text)
    channels: Mapped[list[str]] = mapped_column(ARRAY(Text))

    title: Mapped[str] = mapped_column(Text)
    make: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(Text)
    variant: Mapped[str | None] = mapped_column(Text)
    model_year: Mapped[int] = mapped_column(SmallInteger)
    mileage_km: Mapped[int | None] = mapped_column(Integer)
    price_pkr: Mapped[int | None]  # null: call for price
    fuel: Mapped[str | None] = mapped_column(Text)
    transmission: Mapped[str | None] = mapped_column(Text)
    body: Mapped[str | None] = mapped_column(Text)
    assembly: Mapped[str | None] = mapped_column(Text)
    color: Mapped[str | None] = mapped_column(Text)
    color_raw: Mapped[str | None] = mapped_column(Text)
    engine_cc: Mapped[int | None] = mapped_column(Integer)
    battery_kwh: Mapped[float | None] = mapped_column(REAL)
    city: Mapped[str | None] = mapped_column(Text)
    area: Mapped[str | None] = mapped_column(Text)
    province: Mapped[str | None] = mapped_column(Text)
    registered_in: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    photos: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")  # addresses in the feed
    photo_count: Mapped[int] = mapped_column(SmallInteger, server_default="0")  # public ones of ours: listing_photos
    photo_score: Mapped[int | None] = mapped_column(SmallInteger)  # 0-100, by the loop that judges photos
    has_good_photos: Mapped[bool] = mapped_column(server_default="false")  # by the same
    url: Mapped[str | None] = mapped_column(Text)
    listed_on: Mapped[date | None] = mapped_column(Date)

    # What people set on a feed's car, by column: {"by": "person", "feed": the feed's value at that time}. A column
    # stays as they set it until the feed's own value changes.
    origin: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    # 128-bit digest of the canonical columns, and the version of the canonicaliser that made it; of a feed's car the
    # digest of the feed's row, whatever people have changed since.
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)
    content_hash_version: Mapped[int] = mapped_column(SmallInteger)
    # Provenance of the present content; of a feed's: file, row, mapping version (the file's), run (the file's).
    source: Mapped[str] = mapped_column(Text, server_default="feed")
    file_id: Mapped[UUID | None]
    row_number: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    renewed_at: Mapped[datetime | None]  # when a person last put it on offer, or said that it still is: its term runs
    removed_at: Mapped[datetime | None]  # since when it is no longer on offer, if it ever was
    sequence: Mapped[int] = mapped_column(server_default="1")  # the changes of this row so far, its creation included
    # For look-ups by any spelling. Columns, not expressions: under row security an index serves only comparisons that
    # cannot leak, and no function of ours may be declared such without a superuser.
    make_key: Mapped[str] = mapped_column(Text, Computed(CAR_KEY_SQL.format("make"), persisted=True))
    model_key: Mapped[str] = mapped_column(Text, Computed(CAR_KEY_SQL.format("model"), persisted=True))


class ListingPrice(Base):
    """A price that a listing had from `observed_at` on; null: call for price.

    A listing whose price has never changed has no row: its price is that of the listing, from `created_at` on. A
    trigger keeps the first price as soon as another takes its place. The view `listing_price_history` has all prices.
    """

    __tablename__ = "listing_prices"
    __table_args__ = (
        Index("ix_listing_prices_listing_id_observed_at", "listing_id", "observed_at"),
        CheckConstraint(SOURCES, name="source"),
        CheckConstraint("source <> 'feed' OR file_id IS NOT NULL", name="feed_has_file"),
    )

    id: Mapped[UuidKey]
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id"))
    price_pkr: Mapped[int | None]
    observed_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(Text, server_default="feed")
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("feed_files.id"))


class ListingContact(Base):
    """A reveal of the contact of a listing: the event that apps name by an id of their own."""

    __tablename__ = "listing_contacts"
    __table_args__ = (Index("ix_listing_contacts_listing_id_created_at", "listing_id", "created_at"),)

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id"))
    device_id: Mapped[str] = mapped_column(Text)  # as the app says
    created_at: Mapped[CreatedAt]


class ListingRemoval(Base):
    """A car that a full feed no longer named (or called sold), and what came of it.

    `held`: the feed lacked too many cars to be believed, so the car stayed live; a person may approve it. `removed`:
    it was removed because of this file. `undone`: a person brought it back.
    """

    __tablename__ = "listing_removals"
    __table_args__ = (
        CheckConstraint("state IN ('held', 'removed', 'undone')", name="state"),
        Index("ix_listing_removals_listing_id", "listing_id"),
    )

    file_id: Mapped[UUID] = mapped_column(ForeignKey("feed_files.id"), primary_key=True)
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id"), primary_key=True)
    state: Mapped[str] = mapped_column(Text)
    at: Mapped[CreatedAt]
