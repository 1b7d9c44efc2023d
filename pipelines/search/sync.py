"""Send changes from the outbox to the index, so that it equals the listings table.

At least once and idempotent: the watermark is written after the engine's commit, in the caller's transaction. A
process that dies in between leaves a watermark that is too old, and the next sync sends the same listings again, as
they are by then. An index's watermark carries the id of that very index, so an index that was deleted, damaged or
built by another version of the schema has none, and is built anew from the table.

Rows are read while the engine's write lock is held: were they read before, a slow sync could put an older state of a
listing over a newer one. A lock in the database is held until the watermark is committed, so that no other sync takes
an index whose watermark is still on its way for one that was never filled.
"""

from sqlalchemy.orm import Session

from core.errors import RetryableError
from core.search.engine import SearchEngine
from pipelines.search.outbox import OutboxRepository
from pipelines.search.rebuild import PUBLISHED, RebuildLimits, rebuild_index
from pipelines.search.repository import ListingDocumentRepository
from pipelines.search.write_listings import SyncResult, write_listings


def sync_index(session: Session, engine: SearchEngine, limits: RebuildLimits = PUBLISHED) -> SyncResult:
    """Send every listing that changed since the last sync; build the index where it was never filled.

    The caller commits. Give it a transaction in which nothing was written yet: the own transaction's events wait for
    the next sync.

    Raises:
        RetryableError: `index_busy` while another process fills the index.
        ConflictError: `index_shrank` or `index_not_sound` where it had to be built anew and could not be trusted.
    """
    outbox = OutboxRepository(session)
    outbox.lock()
    present = engine.index_id()
    seen = None if present is None else outbox.watermark(present)
    if seen is None:
        return rebuild_index(session, engine, limits)
    if not outbox.events_since(seen):
        return SyncResult(0, 0, 0, rebuilt=False)
    with engine.updating() as batch:
        since = outbox.watermark(batch.index_id)
        if since is None:
            raise RetryableError("The index was replaced while this sync began; run it again.", code="index_busy")
        backlog = outbox.backlog(since)
        upserted = write_listings(ListingDocumentRepository(session), batch, backlog.listing_ids)
    outbox.move_watermark(batch.index_id, backlog.watermark)
    return SyncResult(backlog.events, upserted, len(backlog.listing_ids) - upserted, rebuilt=False)
