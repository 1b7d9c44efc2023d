"""Keeps the outbox from growing for ever."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.search.engine import SearchEngine
from pipelines.search.outbox import OutboxRepository


@dataclass(frozen=True)
class TrimResult:
    """What went: events that nobody needs, and watermarks of indexes that nobody keeps level."""

    events: int
    forgotten: int


def trim_outbox(session: Session, engine: SearchEngine, days: int) -> TrimResult:
    """Delete events that are older than this and that every consumer has seen; the caller commits.

    An index that has not seen an event of that age is no longer kept level (one kept for rollback, one of a host that
    is gone). Its watermark is dropped instead of holding every event from then on; were it to come back, it would be
    built anew, as any index without a watermark is. The index that answers here holds its events however late it is.
    """
    outbox = OutboxRepository(session)
    outbox.lock()
    forgotten = outbox.forget_late(engine.index_id(), days)
    return TrimResult(outbox.trim(days), forgotten)
