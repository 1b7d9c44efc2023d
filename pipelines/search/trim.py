"""Drop the positions of indexes that are no longer synced, so that they do not hold back trimming for ever."""

from sqlalchemy.orm import Session

from core.search.engine import SearchEngine
from pipelines.search.outbox import OutboxRepository


def forget_abandoned_indexes(session: Session, engine: SearchEngine, days: int) -> int:
    """Drop the watermarks of indexes that have missed an event of this age, and count them. The caller commits.

    Such an index is no longer kept level (one kept for rollback, one of a host that is gone). Were it to come back, it
    would be built anew, as any index without a watermark is. The index that answers here keeps its watermark, and so
    its events, however late it is.
    """
    outbox = OutboxRepository(session)
    outbox.lock()
    return outbox.forget_late(engine.index_id(), days)
