"""Compare the listings table with the index, for checks, summaries and people."""

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.search.engine import SearchEngine
from pipelines.search.outbox import OutboxRepository
from pipelines.search.repository import ListingDocumentRepository

SLOW_SECONDS: Final = 1.0
"""A change that takes the search server longer is worth a warning: a few listings should take it a tenth of that."""


@dataclass(frozen=True)
class IndexReport:
    """The counts of table and index. A synced index has indexed == live, indexed_public == live_public, lag == 0."""

    live: int
    live_public: int  # what anonymous visitors of automart.pk may see
    indexed: int
    indexed_public: int
    lag: int  # committed changes that the index has not seen
    lag_seconds: float = field(default=0.0, compare=False)  # how long the oldest of them has waited
    settings_problems: tuple[str, ...] = field(default=(), compare=False)  # what differs from this version
    previous_id: str | None = field(default=None, compare=False)  # the index that a rollback would bring back

    batch_seconds: tuple[float, ...] = field(default=(), compare=False)  # of the last changes, the newest first

    @property
    def slow_batches(self) -> int:
        """The number of the last changes that the search server took too long for."""
        return sum(seconds > SLOW_SECONDS for seconds in self.batch_seconds)

    @property
    def in_step(self) -> bool:
        """Whether the index holds as many listings as the table, for operators and for visitors."""
        return self.indexed == self.live and self.indexed_public == self.live_public


def index_report(session: Session, engine: SearchEngine) -> IndexReport:
    """Count listings in table and index; an index that cannot be read counts as empty.

    The lag is counted last: a change that commits in between shows as lag, never as a silent difference.
    """
    listings, anonymous = ListingDocumentRepository(session), Audience.anonymous()
    present = engine.index_id()
    live, live_public = listings.count_live(), listings.count_live(anonymous)
    indexed = 0 if present is None else engine.document_count()
    indexed_public = 0 if present is None else engine.count(anonymous)
    lag = OutboxRepository(session).lag(present)
    problems = () if present is None else tuple(engine.settings_problems())
    batches = () if present is None else tuple(engine.batch_seconds())
    return IndexReport(
        live, live_public, indexed, indexed_public, lag.events, lag.seconds, problems, engine.previous_id(), batches
    )
