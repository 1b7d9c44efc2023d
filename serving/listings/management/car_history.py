"""Tell an owner the history of a car: it is followed by its chassis number from one stock number to the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import exists, select, union_all
from sqlalchemy.orm import Session, load_only

from core.access.principal import Principal
from core.db.tables import Listing, ListingPrice
from core.db.tables.listing_chassis import ListingChassis
from core.states.listings import is_in
from pipelines.listings.chassis.doubles import MOST_AT_ONCE
from pipelines.listings.chassis.single import ChassisNumbers
from serving.listings.declarations import READ_STOCK
from serving.listings.management.access import may_handle, may_know_chassis, owned_listing
from serving.listings.management.manager import Manager

_MOST_LISTINGS: Final = 20
_MOST_LOOKED_AT: Final = 1_000
"""Listings of one car: some dealers give all stock new numbers each day."""
_MOST_PRICES: Final = 100
_YEARS_APART: Final = 1
"""Two listings of one car state model years that differ by no more."""
_READ: Final = (
    Listing.source_key, Listing.status, Listing.created_at, Listing.removed_at, Listing.org_id, Listing.branch_id,
    Listing.seller_id,
)  # fmt: skip


@dataclass(frozen=True)
class CarPrice:
    """A price that one of the car's listings had from a moment on."""

    listing_id: UUID
    price_pkr: int | None
    observed_at: datetime
    source: str


@dataclass(frozen=True)
class CarHistory:
    """A car as one organisation or person has offered it, under one or several stock numbers."""

    chassis_number: str | None  # for its owner alone
    first_seen_at: datetime  # when the seller first offered the car
    listings: Sequence[Listing]  # the newest first, at most 20, the asked one among them
    prices: Sequence[CarPrice]  # the newest first, at most 100


def car_history(session: Session, manager: Manager, listing_id: UUID) -> CarHistory:
    """Read the history of a listing's car: within its organisation, or its private seller's ads, whatever others offer.

    Listings are of one car where chassis number and make are the same and the model years agree, since stock numbers
    and chassis numbers are sometimes given to another car. A number that many cars have at once names none.

    Raises:
        ForbiddenError, ListingNotFoundError: see `serving.listings.management.access.refuse`.
    """
    principal, numbers = manager.principal, ChassisNumbers(session, manager.open_keys)
    listing = owned_listing(session, principal, READ_STOCK, listing_id)
    own = numbers.find(listing)
    number = None
    if own is not None and may_know_chassis(principal, listing):
        number = numbers.open(own)
    same = [listing] if own is None else _same_car(session, principal, listing, own.chassis_index)
    shown = same[:_MOST_LISTINGS]
    if listing not in shown:
        shown = [*shown[:-1], listing]
    first = min(each.created_at for each in [*same, listing])
    return CarHistory(number, first, shown, _prices(session, [each.id for each in shown]))


def _same_car(session: Session, principal: Principal, listing: Listing, index: bytes) -> list[Listing]:
    query = (
        select(Listing)
        .join(ListingChassis, ListingChassis.listing_id == Listing.id)
        .where(ListingChassis.org_id == listing.org_id, ListingChassis.chassis_index == index)
        .where(Listing.seller_id.is_not_distinct_from(listing.seller_id), Listing.make_key == listing.make_key)
        .where(Listing.model_year.between(listing.model_year - _YEARS_APART, listing.model_year + _YEARS_APART))
        .order_by(Listing.created_at.desc(), Listing.id.desc())
        .limit(_MOST_LOOKED_AT)
        .options(load_only(*_READ))
    )
    found = session.scalars(query).all()
    if sum(is_in(each.status, "searched") for each in found) > MOST_AT_ONCE:
        return [listing]
    return [each for each in found if each.id == listing.id or may_handle(principal, READ_STOCK, each)]


def _prices(session: Session, listing_ids: Sequence[UUID]) -> list[CarPrice]:
    names = ("listing_id", "price_pkr", "observed_at", "source")
    has_rows = exists().where(ListingPrice.listing_id == Listing.id)
    first = select(Listing.id, Listing.id.label("listing_id"), Listing.price_pkr, Listing.created_at, Listing.source)
    both = union_all(
        select(ListingPrice.id, *(getattr(ListingPrice, name) for name in names)).where(
            ListingPrice.listing_id.in_(listing_ids)
        ),
        first.where(Listing.id.in_(listing_ids), ~has_rows),  # a price that never changed has no row
    ).subquery()
    newest = (both.c.observed_at.desc(), both.c.id.desc())
    rows = session.execute(select(*(both.c[name] for name in names)).order_by(*newest).limit(_MOST_PRICES))
    return [CarPrice(*row) for row in rows]
