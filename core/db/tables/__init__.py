"""The tables, one module a domain. Importing this package registers all of them on `Base.metadata`."""

from core.db.tables.events import OutboxEvent, OutboxOffset, OutboxSubject
from core.db.tables.feed_sources import FeedSource, UploadToken
from core.db.tables.feeds import FeedAction, FeedFile, FeedReject, FeedSettings
from core.db.tables.identity import Branch, Org
from core.db.tables.listings import Listing, ListingPrice, ListingRemoval
from core.db.tables.market_index import MarketIndex
from core.db.tables.price_bands import PriceBand, PriceModel
from core.db.tables.price_watch import PriceAccuracy, PriceDrift, PriceModelEvent
from core.db.tables.work import WorkClaim

__all__ = [
    "Branch",
    "FeedAction",
    "FeedFile",
    "FeedReject",
    "FeedSettings",
    "FeedSource",
    "Listing",
    "ListingPrice",
    "ListingRemoval",
    "MarketIndex",
    "Org",
    "OutboxEvent",
    "OutboxOffset",
    "OutboxSubject",
    "PriceAccuracy",
    "PriceBand",
    "PriceDrift",
    "PriceModel",
    "PriceModelEvent",
    "UploadToken",
    "WorkClaim",
]
