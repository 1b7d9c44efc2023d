"""The tables, one module a domain.

The names below are those that many modules import; newer domains import from their own module, so that adding one
edits no list. `register_tables` is for those who need all of them at once.
"""

from importlib import import_module
from pkgutil import iter_modules

from core.db.tables.events import OutboxEvent, OutboxOffset, OutboxSubject
from core.db.tables.feed_sources import FeedSource
from core.db.tables.feeds import FeedAction, FeedFile, FeedGuardOverrides, FeedPriceDoubt, FeedReject
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
    "FeedGuardOverrides",
    "FeedPriceDoubt",
    "FeedReject",
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
    "WorkClaim",
    "register_tables",
]


def register_tables() -> None:
    """Import every table module, so that `Base.metadata` knows all tables (for migrations and tests)."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
