"""Read listings for whoever manages them: in every state, with what is theirs alone to know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, select
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.db.tables import Branch, Listing, ListingPrice, Org
from core.db.tables.deposits import Deposit
from core.db.tables.listing_chassis import ListingChassis
from core.vocabulary import ListingStatus
from pipelines.listings.chassis.single import ChassisNumbers
from pipelines.listings.single_writes import Sale
from serving.identity.errors import PeopleOnlyError
from serving.identity.orgs.orgs import find_org
from serving.listings.declarations import READ_STOCK
from serving.listings.management.access import branches_of, is_owner, may_know_chassis
from serving.listings.management.manager import Manager

_MOST_PRICES = 20
_ASKED = (Deposit.asked_status, Deposit.asked_sold_price_pkr, Deposit.asked_sold_on)
"""The state that was asked for while a deposit holds the car; of at most one deposit."""


@dataclass(frozen=True)
class PricePoint:
    """A price from a moment on, and where it came from."""

    price_pkr: int | None
    observed_at: datetime
    source: str


@dataclass(frozen=True)
class ManagedListing:
    """A listing as its owner sees it."""

    listing: Listing
    org: str
    branch: str | None
    prices: list[PricePoint]  # the newest first, at most 20
    sale: Sale  # empty for staff: what a sale brought is its owner's alone
    asked_status: str | None = None  # what it becomes when the deposit that holds it ends
    chassis: ListingChassis | None = None
    chassis_number: str | None = None  # for its owner alone

    @property
    def etag(self) -> str:
        """Names this form of the listing."""
        return etag_of(self.listing, self.chassis)

    @property
    def kept_fields(self) -> list[str]:
        """Columns that a person set on a feed's car."""
        return sorted(self.listing.origin or {})


def etag_of(listing: Listing, chassis: ListingChassis | None) -> str:
    """Name a form of a listing: by everything that others may know of the car, and by its chassis number."""
    number = "" if chassis is None else f".{chassis.id.hex[-12:]}"
    return f'"{listing.sequence}{number}"'


@dataclass(frozen=True)
class StockQuery:
    """The part of a stock to read: some states, after the last listing of the previous page."""

    statuses: Sequence[ListingStatus] = ()
    after: UUID | None = None
    limit: int = 50


@dataclass(frozen=True)
class StockPage:
    """Listings, the newest first, and where the next page begins."""

    items: list[ManagedListing]
    next_cursor: UUID | None


def org_stock(session: Session, manager: Manager, code: str, query: StockQuery) -> StockPage:
    """Read the cars of an organisation, those of the caller's branches where its role is narrowed to some.

    Raises:
        ForbiddenError, UnknownOrgError: see `serving.identity.orgs.orgs.find_org`.
    """
    org = find_org(session, manager.principal, code, READ_STOCK)
    branches = branches_of(manager.principal, READ_STOCK, org.id)
    conditions = [Listing.org_id == org.id]
    if branches is not None:
        conditions.append(Listing.branch_id.in_(list(branches)))
    return _page(session, manager, query, conditions)


def own_ads(session: Session, manager: Manager, query: StockQuery) -> StockPage:
    """Read the private ads of a person.

    Raises:
        PeopleOnlyError: the caller is a system.
    """
    person = manager.principal.user_id
    if person is None:
        raise PeopleOnlyError
    return _page(session, manager, query, [Listing.seller_id == person])


def managed(session: Session, manager: Manager, listing: Listing) -> ManagedListing:
    """Return one listing as its owner sees it, or a moderator."""
    return _views(session, manager, _read(session, [Listing.id == listing.id], None, 1))[0]


def _page(session: Session, manager: Manager, query: StockQuery, conditions: list[ColumnElement[bool]]) -> StockPage:
    if query.statuses:
        conditions.append(Listing.status.in_(list(query.statuses)))
    rows = _read(session, conditions, query.after, query.limit + 1)
    items = _views(session, manager, rows)
    page = items[: query.limit]
    return StockPage(page, page[-1].listing.id if len(items) > query.limit else None)


def _read(
    session: Session, conditions: list[ColumnElement[bool]], after: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    prices = (
        select(ListingPrice.price_pkr, ListingPrice.observed_at, ListingPrice.source)
        .where(ListingPrice.listing_id == Listing.id)
        .order_by(ListingPrice.observed_at.desc(), ListingPrice.id.desc())
        .limit(_MOST_PRICES)
        .correlate(Listing)
        .lateral("prices")
    )
    point = func.jsonb_build_array(prices.c.price_pkr, prices.c.observed_at, prices.c.source)
    history = select(func.jsonb_agg(point)).select_from(prices).correlate(Listing).scalar_subquery()
    query = (
        select(Listing, Org.code.label("org"), Branch.code.label("branch"), history.label("prices"), *_ASKED)
        .add_columns(ListingChassis)
        .join(Org, Org.id == Listing.org_id)
        .outerjoin(Deposit, and_(Deposit.listing_id == Listing.id, Deposit.keeps_car))
        .outerjoin(ListingChassis, ListingChassis.listing_id == Listing.id)
        .outerjoin(Branch, Branch.id == Listing.branch_id)
        .where(*conditions)
        .order_by(Listing.id.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(Listing.id < after)
    return session.execute(query).all()


def _views(session: Session, manager: Manager, rows: Sequence[Row[Any]]) -> list[ManagedListing]:
    numbers = ChassisNumbers(session, manager.open_keys)
    told = [row.ListingChassis if may_know_chassis(manager.principal, row.Listing) else None for row in rows]
    numbers.load(chassis for chassis in told if chassis is not None)
    opened = [None if chassis is None else numbers.open(chassis) for chassis in told]
    return [_view(manager.principal, row, number) for row, number in zip(rows, opened, strict=True)]


def _view(principal: Principal, row: Row[Any], chassis_number: str | None) -> ManagedListing:
    listing = row.Listing
    told = (listing.sold_price_pkr, listing.sold_on)
    if row.asked_status == ListingStatus.SOLD:
        told = (row.asked_sold_price_pkr, row.asked_sold_on)
    sale = Sale(*told) if is_owner(principal, listing) else Sale()
    points = [PricePoint(price, datetime.fromisoformat(at), source) for price, at, source in row.prices or ()]
    points = points or [PricePoint(listing.price_pkr, listing.created_at, listing.source)]  # the first has no row
    return ManagedListing(
        listing, row.org, row.branch, points, sale, row.asked_status, row.ListingChassis, chassis_number
    )
