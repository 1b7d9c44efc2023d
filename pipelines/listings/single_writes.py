"""Write one listing at a time, for people: post it, change its columns, move it to another state.

The table's triggers write the outbox. Feeds are written in bulk (`bulk_writer`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, func, inspect, select
from sqlalchemy.orm import Session, load_only

from core.db.tables import Listing, ListingPrice
from core.states.listings import LISTING_STATES, Giver, is_in
from core.vocabulary import ListingStatus

_JSON_COLUMNS = {"branch_id": UUID}
_LOCKED: Final = (
    select(Listing)
    .where(Listing.id == bindparam("listing"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_LOCKED_STATE: Final = _LOCKED.options(
    load_only(Listing.org_id, Listing.status, Listing.state_by, Listing.sold_price_pkr, Listing.sold_on)
)


@dataclass(frozen=True)
class Sale:
    """The price and day of a sale, each if stated; only the organisation may see them."""

    price_pkr: int | None = None
    on: date | None = None


class SingleListingRepository:
    """Listings that people write."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, listing: Listing) -> Listing:
        """Insert a new listing."""
        self._session.add(listing)
        self._session.flush()
        self._session.refresh(listing)
        return listing

    def lock(self, listing_id: UUID) -> Listing | None:
        """Read a listing as it is, and keep others from changing it until the transaction ends."""
        return self._session.scalars(_LOCKED, {"listing": listing_id}).one_or_none()

    def lock_state(self, listing_id: UUID) -> Listing | None:
        """Lock a listing to move it: only its state is read; another column is read when it is looked at."""
        return self._session.scalars(_LOCKED_STATE, {"listing": listing_id}).one_or_none()

    def change(self, listing: Listing, values: Mapping[str, Any], source: str) -> dict[str, Any]:
        """Set columns, and return the earlier values of those that changed.

        On a feed's car the feed's own value is kept beside each: the column stays as it is set until that value
        changes.
        """
        before = {name: getattr(listing, name) for name, value in values.items() if getattr(listing, name) != value}
        if listing.source == "feed":
            self._remember(listing, before, values)
        for name in before:
            setattr(listing, name, values[name])
        if before:
            listing.updated_at = func.statement_timestamp()
        if "price_pkr" in before:
            self._price(listing, source)
        self._save(listing)
        return before

    def let_go(self, listing: Listing, columns: set[str]) -> dict[str, Any]:
        """Return the values that the feed gave for these columns, and forget that a person had set them."""
        origin = dict(listing.origin or {})
        kept = {name: origin.pop(name)["feed"] for name in sorted(columns & set(origin))}
        listing.origin = origin or None
        self._session.flush()
        return {name: _python_value(name, value) for name, value in kept.items()}

    def restore(self, listing: Listing, values: Mapping[str, Any]) -> dict[str, Any]:
        """Set columns to the feed's own values, and return the earlier ones."""
        before = {name: getattr(listing, name) for name in values}
        for name, value in values.items():
            setattr(listing, name, value)
        listing.updated_at = func.statement_timestamp()
        if "price_pkr" in values and values["price_pkr"] != before["price_pkr"]:
            self._price(listing, "form")
        self._save(listing)
        return before

    def move(self, listing: Listing, to: ListingStatus, by: Giver, sale: Sale | None) -> None:
        """Put a listing into another state; the caller has asked the table of states."""
        offered, was = is_in(to, "searched"), is_in(listing.status, "searched")
        listing.status, listing.state_by = to, by
        listing.sold_price_pkr = None if sale is None else sale.price_pkr
        listing.sold_on = None if sale is None else sale.on
        if to is ListingStatus.LIVE:
            listing.renewed_at = func.statement_timestamp()
        if offered or LISTING_STATES[to].taught == "never":  # withdrawn later, its price must not teach
            listing.removed_at = None
        elif was:
            listing.removed_at = func.statement_timestamp()
        listing.updated_at = func.statement_timestamp()
        self._save(listing)

    def _remember(self, listing: Listing, before: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        origin = dict(listing.origin or {})
        for name, old in before.items():
            feed = origin[name]["feed"] if name in origin else _json_value(old)
            if feed == _json_value(values[name]):
                del origin[name]  # only a column that a person had set can come back to the feed's value
            else:
                origin[name] = {"by": str(Giver.PERSON), "feed": feed}
        listing.origin = origin or None

    def _price(self, listing: Listing, source: str) -> None:
        self._session.flush()  # the table's trigger keeps the first price while no later one is there
        moment = func.statement_timestamp()
        price = ListingPrice(listing_id=listing.id, price_pkr=listing.price_pkr, observed_at=moment, source=source)
        self._session.add(price)

    def _save(self, listing: Listing) -> None:
        if inspect(listing).modified or self._session.new:
            self._session.flush()
            self._session.expire(listing)  # triggers may have changed it: whoever looks at it next reads it anew


def _json_value(value: Any) -> Any:  # noqa: ANN401  (a value of any column)
    return str(value) if isinstance(value, UUID) else value


def _python_value(name: str, value: Any) -> Any:  # noqa: ANN401
    kind = _JSON_COLUMNS.get(name)
    return value if kind is None or value is None else kind(value)
