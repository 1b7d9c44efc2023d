"""Count what was sent in a time, and find what does not move: for the data team's graph."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

STUCK_AFTER: Final = timedelta(hours=1)
MOST_LAG: Final = timedelta(minutes=1)
_BY_ENDPOINT = text("""
SELECT e.id AS endpoint_id, o.code AS org, count(*) FILTER (WHERE d.outcome = 'delivered') AS delivered,
  count(*) FILTER (WHERE d.outcome = 'failed') AS failed, count(*) FILTER (WHERE d.outcome = 'skipped') AS skipped,
  count(*) FILTER (WHERE d.outcome = 'waiting') AS waiting
FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id JOIN orgs o ON o.id = e.org_id
WHERE d.created_at >= :since AND d.created_at < :until AND NOT d.is_ping GROUP BY 1, 2 ORDER BY 2, 1
""")
# What an endpoint should get by now, though nothing at all was tried there for an hour.
_STUCK = text("""
SELECT count(*) FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id
JOIN orgs o ON o.id = e.org_id
WHERE d.outcome = 'waiting' AND d.due_at < :before AND e.phase = 'active' AND e.deleted_at IS NULL
  AND o.blocked_at IS NULL AND (e.quiet_until IS NULL OR e.quiet_until < :before)
  AND NOT EXISTS (SELECT FROM webhook_deliveries t JOIN webhook_attempts a ON a.delivery_id = t.id
    WHERE t.endpoint_id = e.id AND a.at >= :before)
""")
# From the change to the first attempt, at endpoints that answer: a wait behind a message that is sent again is wanted.
_LAG = text("""
SELECT coalesce(percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM first.at - first.created_at)), 0)
FROM (
  SELECT d.created_at, min(a.at) AS at FROM webhook_deliveries d JOIN webhook_attempts a ON a.delivery_id = d.id
  JOIN webhook_endpoints e ON e.id = d.endpoint_id
  WHERE d.created_at >= :since AND NOT d.is_ping AND e.failing_since IS NULL GROUP BY d.id
) first
""")


@dataclass(frozen=True)
class EndpointCounts:
    """An endpoint and its deliveries by outcome; it is named by its organisation and the end of its id."""

    endpoint: str
    delivered: int
    failed: int
    skipped: int
    waiting: int

    @property
    def success(self) -> float | None:
        """The share of its decided deliveries that was acknowledged; None where none is decided."""
        decided = self.delivered + self.failed
        return self.delivered / decided if decided else None


@dataclass(frozen=True)
class DeliveryReport:
    """The deliveries of a time by endpoint, how many are stuck, and how late a change is told of (95th percentile)."""

    endpoints: list[EndpointCounts]
    stuck: int
    lag: timedelta

    def total(self, outcome: str) -> int:
        """Sum the deliveries of an outcome."""
        return sum(int(getattr(each, outcome)) for each in self.endpoints)


def report_deliveries(session: Session, now: datetime, days: int = 1) -> DeliveryReport:
    """Report the deliveries of the days before a moment."""
    since = now - timedelta(days=days)
    rows: Any = session.execute(_BY_ENDPOINT, {"since": since, "until": now})
    counts = [
        EndpointCounts(f"{row.org} {str(row.endpoint_id)[-6:]}", row.delivered, row.failed, row.skipped, row.waiting)
        for row in rows
    ]
    stuck = session.scalar(_STUCK, {"before": now - STUCK_AFTER}) or 0
    seconds = session.scalar(_LAG, {"since": since}) or 0.0
    return DeliveryReport(counts, stuck, timedelta(seconds=float(seconds)))
