"""Counters in PostgreSQL: several processes without Redis keep a limit together.

A call is one statement in a transaction of its own, which locks the rows of its counters: calls of one key take turns.
The statement counts in one counter after the other, and stops at the first that is used up. All times are the
database's, so that the clocks of hosts do not matter.
"""

import time
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from math import floor
from typing import Any, Final

from limits.util import WindowStats
from sqlalchemy import Row, text

from core.db.session import Session, SessionFactory
from core.rate_limits.limiter import decided, item_of
from core.rate_limits.rules import Counter, Decision

_NOW: Final = "extract(epoch FROM clock_timestamp())"
# {n} is the place of the counter in the statement, {gate} what must hold for it to be counted at all.
_TAKE_TIME: Final = f"""
INSERT INTO rate_limit_counters AS c (key, times, ends_at)
SELECT %(key{{n}})s, ARRAY[{_NOW}]::float8[], clock_timestamp() + make_interval(secs => %(expiry{{n}})s) WHERE {{gate}}
ON CONFLICT (key) DO UPDATE SET
  times = ARRAY(SELECT t FROM unnest(c.times) t WHERE t > {_NOW} - %(expiry{{n}})s ORDER BY t) || {_NOW}::float8,
  ends_at = excluded.ends_at
WHERE (SELECT count(*) FROM unnest(c.times) t WHERE t > {_NOW} - %(expiry{{n}})s) < %(limit{{n}})s
RETURNING {{n}} AS place, c.times[1] AS oldest, cardinality(c.times)::float8 AS calls, 0::float8 AS previous,
  0::float8 AS left
"""  # noqa: S608  (only our own constant is put in)
_TIMES: Final = text(f"""
SELECT coalesce(min(t), {_NOW}) AS oldest, count(t) AS calls, 0 AS previous, 0 AS left
FROM rate_limit_counters c, unnest(c.times) t WHERE c.key = :key AND t > {_NOW} - :expiry
""")  # noqa: S608
# The number of a window is that of its beginning in units of its length; a row of an older one counts as it did then.
_COUNTS: Final = """
  CASE WHEN c.number = n.number THEN c.current ELSE 0 END AS current,
  CASE WHEN c.number = n.number THEN c.previous WHEN c.number = n.number - 1 THEN c.current ELSE 0 END AS previous
"""
_TAKE_COUNT: Final = f"""
INSERT INTO rate_limit_counters AS c (key, number, current, ends_at)
SELECT %(key{{n}})s, floor({_NOW} / %(expiry{{n}})s), 1, clock_timestamp() + make_interval(secs => 2 * %(expiry{{n}})s)
WHERE {{gate}}
ON CONFLICT (key) DO UPDATE SET
  number = excluded.number,
  current = CASE WHEN c.number = excluded.number THEN c.current ELSE 0 END + 1,
  previous = CASE WHEN c.number = excluded.number THEN c.previous
    WHEN c.number = excluded.number - 1 THEN c.current ELSE 0 END,
  ends_at = excluded.ends_at
WHERE (
  SELECT floor(counts.previous * ((n.number + 1) * %(expiry{{n}})s - {_NOW}) / %(expiry{{n}})s) + counts.current + 1
    <= %(limit{{n}})s
  FROM (SELECT excluded.number AS number) n, LATERAL (SELECT {_COUNTS}) counts)
RETURNING {{n}} AS place, 0::float8 AS oldest, c.current::float8 AS calls, coalesce(c.previous, 0)::float8 AS previous,
  ((c.number + 1) * %(expiry{{n}})s - {_NOW})::float8 AS left
"""  # noqa: S608
_COUNTED: Final = text(f"""
SELECT 0 AS oldest, counts.current AS calls, counts.previous, (n.number + 1) * :expiry - {_NOW} AS left
FROM rate_limit_counters c, (SELECT floor({_NOW} / :expiry) AS number) n, LATERAL (SELECT {_COUNTS}) counts
WHERE c.key = :key
""")  # noqa: S608


class DatabaseStore:
    """Counters of all processes. The loop `retention.trim` deletes rows that say nothing any more."""

    def __init__(self, sessions: SessionFactory) -> None:
        self._sessions = sessions

    def take(self, operation: str, counter: Counter) -> Decision:
        """Count a call, unless the counter is used up."""
        return self.take_all(operation, (counter,))[0]

    def take_all(self, operation: str, counters: Sequence[Counter]) -> list[Decision]:
        """Count a call in each counter up to the first that is used up, whose refusal comes last."""
        if not counters:
            return []
        given: dict[str, Any] = {}
        for n, counter in enumerate(counters):
            key = _key(operation, counter)
            given |= {f"key{n}": key, f"limit{n}": counter.calls, f"expiry{n}": counter.seconds}
        with self._sessions() as session:
            alone = session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})  # one trip, one statement
            rows = alone.exec_driver_sql(_taking(tuple(each.is_exact for each in counters)), given).all()
            found = [decided(counters[row.place], _stats(counters[row.place], row), passed=True) for row in rows]
            if len(found) < len(counters):
                found.append(_refused(session, operation, counters[len(found)]))
        return found


@cache
def _taking(exact: tuple[bool, ...]) -> str:
    """Return the statement for counters of these kinds; each part looks at the one before, so they run in order.

    It is for the driver: many calls begin with it, and SQLAlchemy's way to the driver takes a third of its time.
    """
    parts = []
    for n, one in enumerate(exact):
        gate = "true" if n == 0 else f"EXISTS (SELECT FROM taken{n - 1})"
        parts.append(f"taken{n} AS ({(_TAKE_TIME if one else _TAKE_COUNT).format(n=n, gate=gate)})")
    rows = " UNION ALL ".join(f"SELECT * FROM taken{n}" for n in range(len(exact)))  # noqa: S608  (names of our own)
    return f"WITH {', '.join(parts)} {rows} ORDER BY place"


def _refused(session: Session, operation: str, counter: Counter) -> Decision:
    statement = _TIMES if counter.is_exact else _COUNTED
    row = session.execute(statement, {"key": _key(operation, counter), "expiry": counter.seconds}).first()
    stats = WindowStats(time.time(), 0) if row is None else _stats(counter, row)
    return decided(counter, stats, passed=False)


def _stats(counter: Counter, row: Row[Any]) -> WindowStats:
    """Return what is left of a counter, as the library `limits` computes it."""
    if counter.is_exact:
        return WindowStats(float(row.oldest) + counter.seconds, counter.calls - int(row.calls))
    previous, left = float(row.previous), float(row.left)
    remaining = counter.calls - floor(previous * left / counter.seconds + float(row.calls))
    resets = [left % counter.seconds] if row.calls else []
    if previous:
        resets.append(left % (counter.seconds / previous))
    return WindowStats(time.time() + min(resets, default=0.0), max(0, remaining))


def _key(operation: str, counter: Counter) -> str:
    key = item_of(counter).key_for(operation, counter.key)
    return sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
