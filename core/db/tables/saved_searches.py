"""Searches that people have saved, and the cars that they are told of."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey

_ALERTED = "frequency <> 'off'"
_Values = Mapped[list[str] | None]


def _values() -> Any:  # noqa: ANN401  (a column of SQLAlchemy, whose annotation is beside it)
    return mapped_column(ARRAY(Text))


class SavedSearch(Base):
    """A search of a person: as it was asked, and as the filters that cars are compared with (`ListingFilters`).

    A filter that is null asks for nothing. `keys` are what a changed car is looked up by (`pipelines.search.alerts`).
    """

    __tablename__ = "saved_searches"
    __table_args__ = (
        CheckConstraint("frequency IN ('instant', 'daily', 'off')", name="frequency_is_known"),
        CheckConstraint("channel IN ('automart', 'autotrader')", name="channel_is_known"),
        Index("ix_saved_searches_user_id", "user_id"),
        Index("ix_saved_searches_keys", "keys", postgresql_using="gin", postgresql_where=f"words = '' AND {_ALERTED}"),
        Index("ix_saved_searches_words", "words", postgresql_where=f"words <> '' AND {_ALERTED}"),
        Index("ix_saved_searches_due_at", "due_at", postgresql_where="due_at IS NOT NULL"),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(Text)
    search: Mapped[str] = mapped_column(Text)  # the query of GET /v1/listings
    understood: Mapped[dict[str, Any]] = mapped_column(JSONB)  # the filters, for people
    channel: Mapped[str] = mapped_column(Text)
    org_id: Mapped[UUID | None] = mapped_column(ForeignKey("orgs.id"))  # for which the owner looks
    frequency: Mapped[str] = mapped_column(Text)
    new_match: Mapped[bool]
    price_drop: Mapped[bool]
    created_at: Mapped[CreatedAt]
    since: Mapped[datetime]  # when the filters were set: older cars are not new
    told_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]  # when the owner is told of the cars that wait; null: none waits

    words: Mapped[str] = mapped_column(Text)  # those that no filter says
    keys: Mapped[list[str]] = mapped_column(ARRAY(Text))
    make: _Values = _values()
    model: _Values = _values()
    variant: _Values = _values()
    city: _Values = _values()
    province: _Values = _values()
    body: _Values = _values()
    fuel: _Values = _values()
    transmission: _Values = _values()
    assembly: _Values = _values()
    color: _Values = _values()
    drive: _Values = _values()
    seats: _Values = _values()
    registered_in: _Values = _values()
    not_make: _Values = _values()
    not_model: _Values = _values()
    not_city: _Values = _values()
    dealer: _Values = _values()
    deal_rating: _Values = _values()
    place: _Values = _values()  # the places near enough (`core.search.places`)
    has_photos: Mapped[bool | None]
    has_good_photos: Mapped[bool | None]
    year_min: Mapped[int | None]
    year_max: Mapped[int | None]
    price_min: Mapped[int | None]
    price_max: Mapped[int | None]
    mileage_min: Mapped[int | None]
    mileage_max: Mapped[int | None]
    engine_cc_min: Mapped[int | None]
    engine_cc_max: Mapped[int | None]


class SavedSearchMatch(Base):
    """A car that a saved search found: it waits while `told_at` is null. Its price is the one told, or to be told."""

    __tablename__ = "saved_search_matches"
    __table_args__ = (
        CheckConstraint("kind IN ('new', 'now_matches', 'price_drop')", name="kind_is_known"),
        Index("ix_saved_search_matches_matched_at", "matched_at", postgresql_using="brin"),
    )

    # No foreign keys: one car may meet thousands of searches, and checking each row took half of the time. The handler
    # locks the searches, and a trigger deletes the matches of a search before the search.
    search_id: Mapped[UUID] = mapped_column(primary_key=True)
    listing_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    price_pkr: Mapped[int | None]
    was_pkr: Mapped[int | None]  # the price before it fell
    matched_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
