"""Declare search as a consumer of the outbox: an index, the alerts of saved searches, and vectors.

`core.search.following` defines the index's, for the API asks for its lag too.
"""

from typing import Final

from core.outbox.consumers import Consumer
from core.outbox.events import LISTING
from core.prices.deal_ratings import PRICE_BAND
from core.search.following import SEARCH

__all__ = ["ALERTS", "SEARCH", "VECTORS"]

ALERTS: Final = Consumer("search.alerts", (LISTING, PRICE_BAND))

VECTORS: Final = Consumer("search.vectors", (LISTING,))
