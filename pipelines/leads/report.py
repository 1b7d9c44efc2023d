"""Measure how promises to buyers are kept: by organisation and day of Karachi, and by the hour at which leads come."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

AGAIN: Final = timedelta(days=35)
"""So long the numbers of a day can change: its promises may still run."""
GRACE: Final = timedelta(minutes=5)
"""So long a breach may stand unreported, or a new lead unlooked at: the loops look each second."""
_NUMBERS: Final = ("leads", "promises", "kept", "late", "running", "median_minutes", "p90_minutes")
_REPORT: Final = text(f"""
WITH came AS (
  SELECT org_id, (created_at AT TIME ZONE 'Asia/Karachi')::date AS day, count(*) AS leads FROM leads
  WHERE (created_at AT TIME ZONE 'Asia/Karachi')::date >= CAST(:since AS date) AND seller_id IS NULL GROUP BY 1, 2
), clocks AS (
  SELECT org_id, (started_at AT TIME ZONE 'Asia/Karachi')::date AS day, kind,
    working_seconds / 60 AS minutes,
    CASE WHEN ended_at IS NOT NULL THEN coalesce(late, false) ELSE due_at IS NOT NULL AND due_at <= :now END AS late,
    ended_at IS NOT NULL AS ended
  FROM lead_clocks WHERE (started_at AT TIME ZONE 'Asia/Karachi')::date >= CAST(:since AS date)
), kept AS (
  SELECT org_id, day, count(*) AS promises, count(*) FILTER (WHERE ended AND NOT late) AS kept,
    count(*) FILTER (WHERE late) AS late, count(*) FILTER (WHERE NOT ended AND NOT late) AS running,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY minutes) FILTER (WHERE kind = 'first_answer') AS median_minutes,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY minutes) FILTER (WHERE kind = 'first_answer') AS p90_minutes
  FROM clocks GROUP BY 1, 2
)
INSERT INTO lead_sla_days (org_id, day, {", ".join(_NUMBERS)})
SELECT org_id, day, coalesce(leads, 0), coalesce(promises, 0), coalesce(kept, 0), coalesce(late, 0),
  coalesce(running, 0), median_minutes, p90_minutes
FROM came FULL JOIN kept USING (org_id, day) ORDER BY org_id, day
ON CONFLICT (org_id, day) DO UPDATE SET ({", ".join(_NUMBERS)}) = ({", ".join(f"excluded.{name}" for name in _NUMBERS)})
RETURNING org_id, leads, promises, kept, late, running
""")  # noqa: S608  (constants of this module, no input)
_UNREPORTED: Final = text("""
SELECT c.lead_id, c.kind FROM lead_clocks c
WHERE (c.ended_at IS NULL AND c.due_at < :before AND c.breached_at IS NULL)
  OR (c.breached_at IS NOT NULL AND NOT EXISTS (
    SELECT FROM lead_events e WHERE e.lead_id = c.lead_id AND e.kind = 'sla' AND e.reason = 'breach'
      AND e.details ->> 'clock' = c.kind))
ORDER BY c.lead_id, c.kind LIMIT 20
""")
_BY_HOUR: Final = text("""
SELECT extract(hour FROM started_at AT TIME ZONE 'Asia/Karachi')::int AS hour,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY working_seconds / 60) AS minutes
FROM lead_clocks WHERE kind = 'first_answer' AND answered_at IS NOT NULL AND working_seconds IS NOT NULL
  AND started_at >= :since GROUP BY 1 ORDER BY 1
""")
_EVENTS: Final = text("""
SELECT kind, count(*) AS events, count(DISTINCT lead_id) AS leads FROM lead_events GROUP BY kind ORDER BY kind
""")
_UNOWNED: Final = text("""
SELECT l.id FROM leads l
WHERE l.state NOT IN ('won', 'lost', 'spam', 'merged') AND l.seller_id IS NULL AND (
  (l.owner_id IS NULL AND (l.waiting_reason IS NULL OR (l.waiting_reason = 'new' AND l.created_at < :before)))
  OR (l.owner_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM memberships m WHERE m.org_id = l.org_id AND m.user_id = l.owner_id)))
ORDER BY l.id LIMIT 20
""")


@dataclass(frozen=True)
class ReportResult:
    """Promises of the recent days: each is kept, late or still running."""

    orgs: int
    days: int
    leads: int
    promises: int
    kept: int
    late: int
    running: int


@dataclass(frozen=True)
class EventCounts:
    """The events of all leads by kind, and the leads that have any."""

    leads: int
    by_kind: dict[str, int]


def write_report(session: Session, today: date, now: datetime) -> ReportResult:
    """Count the recent days of every organisation anew; a repetition changes nothing."""
    rows = session.execute(_REPORT, {"since": today - AGAIN, "now": now}).all()
    sums = [int(sum(row[at] for row in rows)) for at in range(1, 6)]
    return ReportResult(len({row.org_id for row in rows}), len(rows), *sums)


def unreported_breaches(session: Session, now: datetime) -> list[str]:
    """Return up to 20 clocks whose breach was not reported in time, or that name a breach without an event."""
    return [f"{row.lead_id} {row.kind}" for row in session.execute(_UNREPORTED, {"before": now - GRACE})]


def response_by_hour(session: Session, now: datetime) -> dict[int, float]:
    """Return the median working minutes until the first answer of the recent days, by the hour at which leads came."""
    rows: Any = session.execute(_BY_HOUR, {"since": now - AGAIN})
    return {row.hour: float(row.minutes) for row in rows}


def count_events(session: Session) -> EventCounts:
    """Count the events of all leads."""
    rows = session.execute(_EVENTS).all()
    return EventCounts(max((row.leads for row in rows), default=0), {row.kind: row.events for row in rows})


def leads_without_owner(session: Session, now: datetime) -> list[str]:
    """Return open leads that nobody has without a reason, that no loop has looked at, or whose owner has left."""
    return [str(lead_id) for lead_id in session.scalars(_UNOWNED, {"before": now - GRACE})]
