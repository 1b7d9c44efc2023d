"""The tables, one module a domain. Importing this package registers all of them on `Base.metadata`."""

from core.db.tables.events import OutboxEvent, OutboxOffset
from core.db.tables.feeds import FeedFile, FeedReject
from core.db.tables.identity import Branch, Org
from core.db.tables.listings import Listing, ListingPrice
from core.db.tables.price_bands import PriceBand, PriceModel

__all__ = [
    "Branch",
    "FeedFile",
    "FeedReject",
    "Listing",
    "ListingPrice",
    "Org",
    "OutboxEvent",
    "OutboxOffset",
    "PriceBand",
    "PriceModel",
]
