"""Numbers of deposits by day of Karachi, and how many leads led to one."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

_AGAIN: Final = timedelta(days=120)
"""So long the numbers of a day can change: leads of it may lead to a deposit yet."""
_SUMS: Final = {
    "opened": ("number", "opened"),
    "held": ("number", "held"),
    "captured": ("number", "captured"),
    "ended": ("number", "ended"),
    "refunds": ("number", "refunded"),
    "leads": ("number", "leads"),
    "converted": ("number", "converted"),
    "held_paisa": ("paisa", "held"),
    "captured_paisa": ("paisa", "captured"),
    "fees_paisa": ("paisa", "fees"),
    "refunded_paisa": ("paisa", "refunded"),
}
"""Each column of the table: what is summed, and of which facts."""
_VALUES: Final = ", ".join(f"coalesce(sum({of}) FILTER (WHERE what = '{what}'), 0)" for of, what in _SUMS.values())
_DAILY: Final = text(f"""
WITH facts AS (
  SELECT created_at AS at, 'opened' AS what, amount_paisa AS paisa FROM deposits
  UNION ALL SELECT held_at, 'held', amount_paisa FROM deposits
  UNION ALL SELECT captured_at, 'captured', amount_paisa FROM deposits
  UNION ALL SELECT captured_at, 'fees', fee_paisa FROM deposits
  UNION ALL SELECT ended_at, 'ended', 0 FROM deposits WHERE captured_at IS NULL
  UNION ALL SELECT done_at, 'refunded', amount_paisa FROM deposit_refunds WHERE kind <> 'unallocated'
  UNION ALL SELECT created_at, 'leads', 0 FROM leads
  UNION ALL SELECT l.created_at, 'converted', 0 FROM leads l
    WHERE EXISTS (SELECT FROM deposits d WHERE d.lead_id = l.id AND d.held_at IS NOT NULL)
), days AS (
  SELECT (at AT TIME ZONE 'Asia/Karachi')::date AS day, what, count(*) AS number, sum(paisa) AS paisa
  FROM facts WHERE (at AT TIME ZONE 'Asia/Karachi')::date >= CAST(:since AS date) GROUP BY 1, 2
)
INSERT INTO deposits_daily (day, {", ".join(_SUMS)}) SELECT day, {_VALUES} FROM days GROUP BY day
ON CONFLICT (day) DO UPDATE SET ({", ".join(_SUMS)}) = ({", ".join(f"excluded.{name}" for name in _SUMS)})
RETURNING held, captured, leads, converted
""")  # noqa: S608  (constants of this module, no input)
_HOLDS: Final = text("""
SELECT count(*) FROM deposits WHERE (held_at AT TIME ZONE 'Asia/Karachi')::date >= CAST(:since AS date)
""")
_AGES: Final = text("""
SELECT CASE WHEN held_at > now() - interval '1 day' THEN 'under a day' WHEN held_at > now() - interval '3 days'
  THEN '1 to 3 days' ELSE 'over 3 days' END AS age, count(*) AS number, sum(amount_paisa)::bigint AS paisa
FROM deposits WHERE state IN ('held', 'disputed', 'refunding') AND held_at IS NOT NULL GROUP BY 1
""")
AGES: Final = ("under a day", "1 to 3 days", "over 3 days")


@dataclass(frozen=True)
class DailyResult:
    """The sums of the numbers of the recent days.

    Attributes:
        holds: deposits of these days that were held, counted by themselves: as many as `held`.
        conversion: the share of the leads of these days that led to a hold.
    """

    days: int
    held: int
    holds: int
    captured: int
    leads: int
    converted: int
    conversion: float


@dataclass(frozen=True)
class Holds:
    """Money that is held or owed, by how long it has been so, in paisa."""

    number: int
    paisa: dict[str, int]


def sum_days(session: Session, today: date) -> DailyResult:
    """Count the recent days anew; a repetition changes nothing."""
    rows = session.execute(_DAILY, {"since": today - _AGAIN}).all()
    held, captured, leads, converted = (int(sum(row[at] for row in rows)) for at in range(4))
    holds = session.scalar(_HOLDS, {"since": today - _AGAIN}) or 0
    return DailyResult(len(rows), held, holds, captured, leads, converted, converted / leads if leads else 0.0)


def age_holds(session: Session) -> Holds:
    """Sum what is held or owed by its age."""
    rows = {row.age: row for row in session.execute(_AGES)}
    paisa = {age: int(rows[age].paisa) if age in rows else 0 for age in AGES}
    return Holds(sum(row.number for row in rows.values()), paisa)
