"""Measure how far a consumer is behind the outbox, for checks, dashboards and the API's readiness."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.outbox.consumers import Consumer
from core.outbox.position import Position
from core.outbox.positions import PositionRepository

_LAG = text("SELECT events, seconds FROM outbox_unseen(CAST(:seen AS pg_snapshot), :topics)")


@dataclass(frozen=True)
class Lag:
    """Committed changes that a consumer has not seen, and since when the oldest of them waits."""

    events: int
    seconds: float  # 0 where nothing waits; counted from the start of the transaction that made the change


def consumer_lag(session: Session, consumer: Consumer) -> Lag:
    """Measure the lag of a consumer; of one without a position all events of its topics.

    A long backlog that is handled in parts counts as a whole until its last part is.
    """
    position = PositionRepository(session).get(consumer.name) or Position()
    events, seconds = session.execute(_LAG, {"seen": position.seen, "topics": list(consumer.topics)}).one()
    return Lag(int(events), max(0.0, float(seconds)))
