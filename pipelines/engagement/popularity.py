"""Rank public listings by how much shoppers want them, once a day, for the order of search results.

A car is popular where shoppers open it and get in touch more often than they do with others in its place: a place high
in the list brings views by itself, so that counting them alone would keep at the top what is there. Views behind
results and contacts, of neither bots nor staff nor owners, are compared with those that the average car would have had
where this one was shown; a car that fewer than 20 different devices opened is taken for average.
"""

import json
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import polars as pl
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core.access.thresholds import FEWEST_DEVICES
from core.access.visible_to import IS_PUBLIC_SQL
from core.db.tables.listing_popularity import ListingPopularity
from core.outbox.emit import emit
from core.outbox.events import NewEvent
from core.search.ranking import MOST_STEPS, POPULARITY, POPULARITY_CHANGED
from core.states.listings import state_sql
from pipelines.engagement.days import DayRange, day_of

DAYS: Final = 28
CONTACT_VIEWS: Final = 3
"""Views that a contact counts as."""
_PRIOR: Final = 10.0
"""Views of the average car that each car begins with: few views say little."""
_TIMES: Final = 4.0
"""Times the average at which a car has all steps."""
_MARGIN: Final = 0.75
"""Steps that a car must be off its present number before that changes: a change is written to every index."""
_RENEWED_AFTER: Final = timedelta(days=1)
_SCHEMA: Final = {
    "listing_id": pl.String, "clicks": pl.Int64, "contacts": pl.Int64, "devices": pl.Int64, "seen": pl.Float64,
}  # fmt: skip
# Of a day no more clicks and contacts count than the car had visitors. Devices are counted over all days together, by
# the sketches, which hold every device of a day with fewer than 20: else one device, back every day, would be many.
_COUNTS: Final = text(f"""
SELECT l.id::text AS listing_id, sum(least(a.placed_clicks, a.visitors))::bigint AS clicks,
  sum(least(a.contacts, a.visitors))::bigint AS contacts,
  CASE WHEN max(a.visitors) >= {FEWEST_DEVICES} OR sum(a.visitors) < {FEWEST_DEVICES} THEN max(a.visitors) ELSE (
    SELECT count(DISTINCT substring(d.visitor_sketch FROM 8 * n + 1 FOR 8))
    FROM engagement_aggregates d, generate_series(0, length(d.visitor_sketch) / 8 - 1) n
    WHERE d.grain = 'day' AND d.dimension = 'listing' AND d.key = l.id::text AND d.starts >= :start AND d.starts < :end
  ) END AS devices,
  sum(a.examined) / 1000000.0::float8 AS seen
FROM engagement_aggregates a JOIN listings l ON l.id = a.key::uuid
WHERE a.grain = 'day' AND a.dimension = 'listing' AND a.starts >= :start AND a.starts < :end
  AND {state_sql("searched")} AND {IS_PUBLIC_SQL}
GROUP BY l.id ORDER BY l.id
""")  # noqa: S608  (no input)
_REPLACE: Final = text("""
WITH gone AS (DELETE FROM listing_popularity WHERE NOT listing_id = ANY(CAST(:kept AS uuid[])))
INSERT INTO listing_popularity (listing_id, steps, made_at)
SELECT listing_id, steps, :now FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (listing_id uuid, steps smallint)
ON CONFLICT (listing_id) DO UPDATE SET steps = excluded.steps, made_at = excluded.made_at
""")


def renew_popularity(session: Session, now: datetime) -> int | None:
    """Rank all public listings anew where the present ranks are a day old; return how many changed, None if not due.

    An event is written for each listing whose steps changed, and for no other.
    """
    made_at = session.scalar(select(func.max(ListingPopularity.made_at)))
    if made_at is not None and now - made_at < _RENEWED_AFTER:
        return None
    last = day_of(now) - timedelta(days=1)
    days = DayRange(last - timedelta(days=DAYS - 1), last)
    rows = session.execute(_COUNTS, {"start": days.start, "end": days.end}).all()
    counts = pl.DataFrame([tuple(row) for row in rows], schema=_SCHEMA, orient="row")
    return keep_popularity(session, popularity_steps(counts), now)


def popularity_steps(counts: pl.DataFrame) -> dict[UUID, float]:
    """Return how popular each listing is, from 0 to 7 steps, not rounded.

    Args:
        counts: a row a listing: `listing_id`, `clicks` (views behind a result), `contacts`, `devices` (different ones
            over all days, exact below 20), `seen` (what its places in results were worth: `measures.examination`).
    """
    wanted = pl.col("clicks") + CONTACT_VIEWS * pl.col("contacts")
    average = wanted.sum() / pl.col("seen").sum()
    times = (wanted + _PRIOR) / (pl.col("seen") * average + _PRIOR)
    steps = (MOST_STEPS * times.log() / pl.lit(_TIMES).log()).clip(0, MOST_STEPS)
    known = counts.filter(pl.col("seen") > 0).with_columns(steps=steps).filter(pl.col("devices") >= FEWEST_DEVICES)
    return {UUID(one): value for one, value in known.select("listing_id", "steps").iter_rows()}


def keep_popularity(session: Session, found: dict[UUID, float], now: datetime) -> int:
    """Put the steps in place of those that are kept, tell of those that changed, and count these."""
    rows = session.execute(select(ListingPopularity.listing_id, ListingPopularity.steps))
    kept = {row.listing_id: row.steps for row in rows}
    new = {one: _settled(steps, kept.get(one, 0)) for one, steps in found.items()}
    new = {one: steps for one, steps in new.items() if steps > 0}
    changed = sorted(one for one in kept.keys() | new.keys() if kept.get(one, 0) != new.get(one, 0))
    given: list[dict[str, Any]] = [{"listing_id": str(one), "steps": steps} for one, steps in sorted(new.items())]
    session.execute(_REPLACE, {"kept": list(new), "rows": json.dumps(given), "now": now})
    emit(session, POPULARITY, *(NewEvent(one, POPULARITY_CHANGED) for one in changed))
    return len(changed)


def _settled(steps: float, present: int) -> int:
    return present if abs(steps - present) <= _MARGIN else round(steps)
