"""Read listings for an audience. Each statement asks for the audience, and for states that strangers may open."""

from collections.abc import Sequence
from dataclasses import fields
from enum import Enum
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Dialect, Select, Text, Uuid, any_, bindparam, cast, select
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.access.visible_to import visible_to
from core.db.tables import Listing, Org, PriceBand
from core.prices.deal_ratings import deal_rating, has_present_band
from core.states.listings import in_states
from serving.listings.finding.views import ListingView
from serving.photos.shown import photo_views, shown_photos

_FROM_LISTING = tuple(
    field.name for field in fields(ListingView) if not field.name.startswith(("dealer_", "deal_", "photos"))
)
_COLUMNS = {"remote_photos": "photos"}
_PRICE = _FROM_LISTING.index("price_pkr")


class ListingRepository:
    """Reads live listings that an audience may see."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def visible(self, ids: Sequence[UUID], audience: Audience) -> list[ListingView]:
        """Read those of the listings that are live and visible now, in the order of `ids`; one statement.

        Of their photos the covers alone are read.
        """
        return self._read(ids, audience, photos=1)

    def visible_one(self, listing_id: UUID, audience: Audience) -> ListingView | None:
        """Read the listing with all its photos, unless it is removed, hidden from the audience or unknown."""
        return next(iter(self._read([listing_id], audience, photos=None)), None)

    def _read(self, ids: Sequence[UUID], audience: Audience, *, photos: int | None) -> list[ListingView]:
        if not ids:
            return []
        named = "{" + ",".join(map(str, ids)) + "}"  # the driver takes longer over a list than the database over a page
        connection = self._session.connection()
        statement, given = _statement(audience, photos, connection.dialect)
        # Past SQLAlchemy's own way to the driver and its rows, which take as long as the driver and the rows do.
        rows = connection.exec_driver_sql(statement, given | {"ids": named}).cursor.fetchall()
        by_id = {view.id: view for view in map(_view, rows)}
        return [by_id[listing_id] for listing_id in ids if listing_id in by_id]


@lru_cache(maxsize=64)
def _statement(audience: Audience, photos: int | None, dialect: Dialect) -> tuple[str, dict[str, Any]]:
    """Compile the statement for the listings of the parameter `ids`, once: building it costs more than running it."""
    compiled = _views(audience, photos).compile(dialect=dialect).construct_expanded_state({"ids": ""})
    # As plain texts: the driver takes ten times as long over a member of an enumeration.
    given = {name: value.value if isinstance(value, Enum) else value for name, value in compiled.parameters.items()}
    return compiled.statement, given


def _views(audience: Audience, photos: int | None) -> Select[Any]:
    """Select the views of the listings of the parameter `ids`. Its columns are what the driver makes of them."""
    dealer = (Org.code, Org.name, Org.kind)  # in the order of the view's fields, as every column here
    band = (PriceBand.low_pkr, PriceBand.mid_pkr, PriceBand.high_pkr)
    return (
        select(
            *(getattr(Listing, _COLUMNS.get(name, name)) for name in _FROM_LISTING),
            *dealer,
            shown_photos(photos),
            *band,
        )
        .join(Org, Org.id == Listing.org_id)
        .outerjoin(PriceBand, has_present_band())
        .where(in_states(Listing.status, "opened"), visible_to(audience))
        .where(Listing.id == any_(cast(bindparam("ids", type_=Text), ARRAY(Uuid))))
    )


def _view(row: Sequence[Any]) -> ListingView:
    """Make a view of a row of `_views`. By position: names would cost a third of the time of reading a page."""
    *values, photos, low, mid, high = row
    values.append(photo_views(photos))
    price = row[_PRICE]
    values.append(None if price is None or mid is None else deal_rating(price, low, mid, high))
    return ListingView(*values)
