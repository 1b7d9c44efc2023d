"""Search as a consumer of the outbox: which topics it follows, and how far an index is behind."""

from sqlalchemy.orm import Session

from core.outbox.consumers import Consumer
from core.outbox.events import LISTING
from core.outbox.lag import Lag, consumer_lag
from core.prices.deal_ratings import PRICE_BAND
from core.search.ranking import POPULARITY

SEARCH = Consumer("search", (LISTING, PRICE_BAND, POPULARITY))


def consumer_of(index_id: str | None) -> Consumer:
    """Return the reader of an index; for an index that is not there, a name that no reader has."""
    return SEARCH.part(index_id or "")


def index_lag(session: Session, index_id: str | None) -> Lag:
    """Measure the lag of this index; of an index without a position (or None) all events."""
    return consumer_lag(session, consumer_of(index_id))
