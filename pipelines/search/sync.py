"""From the outbox to the index, so that the index becomes what the listings table is.

At least once and idempotent: the watermark is written after the engine's commit, in the caller's transaction. A
process that dies in between leaves a watermark that is too old, and the next sync sends the same listings again, as
they are by then. An index's watermark carries the id of that very index, so an index that was deleted, damaged or
built by another version of the schema has none, and is built anew from the table.

Rows are read while the engine's write lock is held: were they read before, a slow sync could put an older state of a
listing over a newer one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import RetryableError
from core.search.engine import IndexBatch, SearchEngine
from core.search.query import Audience
from pipelines.search.repository import ListingDocumentRepository, OutboxRepository, Watermark

_CHUNK = 2_000
Progress = Callable[[int], None]


@dataclass(frozen=True)
class SyncResult:
    """What one sync did; `upserted + deleted` listings came from `events` events (each listing once)."""

    events: int
    upserted: int
    deleted: int
    rebuilt: bool


@dataclass(frozen=True)
class IndexReport:
    """Table and index side by side: a synced index has indexed == live, indexed_public == live_public, lag == 0."""

    live: int
    live_public: int  # what anonymous visitors of automart.pk may see
    indexed: int
    indexed_public: int
    lag: int  # events that the index has not seen

    @property
    def in_step(self) -> bool:
        """Whether the index holds as many listings as the table, for operators and for visitors."""
        return self.indexed == self.live and self.indexed_public == self.live_public


def sync_index(session: Session, engine: SearchEngine) -> SyncResult:
    """Send every listing that changed since the last sync; build the index where it was never filled.

    The caller commits. Give it a transaction in which nothing was written yet: events of the own transaction are
    unsettled and wait for the next sync.

    Raises:
        RetryableError: `index_busy` while another process writes the index.
    """
    outbox = OutboxRepository(session)
    present = engine.index_id()
    if present is None or outbox.watermark(present) is None:
        return rebuild_index(session, engine)
    with engine.updating() as batch:
        since = outbox.watermark(batch.index_id)
        if since is None:
            raise RetryableError("The index was replaced while this sync began; run it again.", code="index_busy")
        backlog = outbox.backlog(since)
        upserted = _send(ListingDocumentRepository(session), batch, backlog.listing_ids)
    if backlog.watermark != since:
        outbox.move_watermark(batch.index_id, backlog.watermark)
    return SyncResult(backlog.events, upserted, len(backlog.listing_ids) - upserted, rebuilt=False)


def rebuild_index(session: Session, engine: SearchEngine, progress: Progress | None = None) -> SyncResult:
    """Build a new index from all live listings, aside, and let it answer once it is whole; the caller commits.

    The watermark is the oldest transaction that still ran before the first row was read: whatever committed before
    is in the rows, whatever commits later is sent again by the next sync.
    """
    outbox = OutboxRepository(session)
    replaced = engine.index_id()
    with engine.rebuilding() as batch:
        horizon = outbox.horizon()
        upserted = 0
        for documents in ListingDocumentRepository(session).all_live():
            batch.upsert(documents)
            upserted += len(documents)
            if progress is not None:
                progress(upserted)
    outbox.move_watermark(batch.index_id, Watermark(horizon, 0))
    if replaced is not None:
        outbox.forget(replaced)
    return SyncResult(0, upserted, 0, rebuilt=True)


def index_report(session: Session, engine: SearchEngine) -> IndexReport:
    """Counts of table and index, for checks and summaries; an index that cannot be read counts as empty."""
    listings = ListingDocumentRepository(session)
    outbox = OutboxRepository(session)
    present = engine.index_id()
    anonymous = Audience.anonymous()
    return IndexReport(
        live=listings.count_live(),
        live_public=listings.count_live(anonymous),
        indexed=0 if present is None else engine.document_count(),
        indexed_public=0 if present is None else engine.count(anonymous),
        lag=outbox.lag(None if present is None else outbox.watermark(present)),
    )


def _send(listings: ListingDocumentRepository, batch: IndexBatch, ids: list[UUID]) -> int:
    """Put the live ones in and take the others out; how many were put in."""
    upserted = 0
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        documents = listings.live(chunk)
        batch.upsert(documents)
        batch.delete(set(chunk) - {document.id for document in documents})
        upserted += len(documents)
    return upserted
