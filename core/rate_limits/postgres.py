"""Counters in PostgreSQL, for the library `limits`: several processes without Redis keep a limit together.

Each call is one statement in a transaction of its own, which locks the key's row: calls of one key take turns. All
times are the database's, so that the clocks of hosts do not matter.
"""

from hashlib import sha256
from typing import Final

from sqlalchemy import text

from core.db.session import SessionFactory, transaction
from core.rate_limits.windows import WindowStorage

_NOW: Final = "extract(epoch FROM clock_timestamp())"
_ACQUIRE_TIME: Final = text(f"""
INSERT INTO rate_limit_counters AS c (key, times, ends_at)
VALUES (:key, ARRAY[{_NOW}]::float8[], clock_timestamp() + make_interval(secs => :expiry))
ON CONFLICT (key) DO UPDATE SET
  times = ARRAY(SELECT t FROM unnest(c.times) t WHERE t > {_NOW} - :expiry ORDER BY t) || {_NOW}::float8,
  ends_at = excluded.ends_at
WHERE (SELECT count(*) FROM unnest(c.times) t WHERE t > {_NOW} - :expiry) < :limit
RETURNING true
""")  # noqa: S608  (only our own constant is put in)
_TIMES: Final = text(f"""
SELECT coalesce(min(t), {_NOW}) AS oldest, count(t) AS calls
FROM rate_limit_counters c, unnest(c.times) t WHERE c.key = :key AND t > {_NOW} - :expiry
""")  # noqa: S608
# The number of a window is that of its beginning in units of its length; a row of an older one counts as it did then.
_COUNTS: Final = """
  CASE WHEN c.number = n.number THEN c.current ELSE 0 END AS current,
  CASE WHEN c.number = n.number THEN c.previous WHEN c.number = n.number - 1 THEN c.current ELSE 0 END AS previous
"""
_ACQUIRE_COUNT: Final = text(f"""
INSERT INTO rate_limit_counters AS c (key, number, current, ends_at)
VALUES (:key, floor({_NOW} / :expiry), 1, clock_timestamp() + make_interval(secs => 2 * :expiry))
ON CONFLICT (key) DO UPDATE SET
  number = excluded.number,
  current = CASE WHEN c.number = excluded.number THEN c.current ELSE 0 END + 1,
  previous = CASE WHEN c.number = excluded.number THEN c.previous
    WHEN c.number = excluded.number - 1 THEN c.current ELSE 0 END,
  ends_at = excluded.ends_at
WHERE (SELECT floor(counts.previous * ((n.number + 1) * :expiry - {_NOW}) / :expiry) + counts.current + 1 <= :limit
  FROM (SELECT excluded.number AS number) n, LATERAL (SELECT {_COUNTS}) counts)
RETURNING true
""")  # noqa: S608
_COUNTED: Final = text(f"""
SELECT counts.previous, counts.current, (n.number + 1) * :expiry - {_NOW} AS left
FROM rate_limit_counters c, (SELECT floor({_NOW} / :expiry) AS number) n, LATERAL (SELECT {_COUNTS}) counts
WHERE c.key = :key
""")  # noqa: S608
_FORGET: Final = text("DELETE FROM rate_limit_counters WHERE key = :key")
_FORGET_ALL: Final = text("DELETE FROM rate_limit_counters")


class PostgresStorage(WindowStorage):
    """Counters of all processes. The loop `retention.trim` deletes rows that say nothing any more."""

    STORAGE_SCHEME = ["automart-postgresql"]  # noqa: RUF012  (the library's API)

    def __init__(self, sessions: SessionFactory) -> None:
        super().__init__()
        self._sessions = sessions

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Keep a call with its time, unless `limit` are within the last `expiry` seconds."""
        return self._acquired(_ACQUIRE_TIME, key, limit, expiry, amount)

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """Return the time of the oldest call of the window, and the number of its calls."""
        with transaction(self._sessions) as session:
            row = session.execute(_TIMES, {"key": _digest(key), "expiry": expiry}).one()
        return float(row.oldest), int(row.calls)

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count a call, unless this window's calls and the share of the last one's come to `limit`."""
        return self._acquired(_ACQUIRE_COUNT, key, limit, expiry, amount)

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Return the last window's calls and the seconds that they still count, and the same of this one."""
        with transaction(self._sessions) as session:
            row = session.execute(_COUNTED, {"key": _digest(key), "expiry": expiry}).one_or_none()
        if row is None:
            return 0, 0.0, 0, 0.0
        left = float(row.left)
        return int(row.previous), left if row.previous else 0.0, int(row.current), left + expiry

    def clear(self, key: str) -> None:
        """Forget a key."""
        with transaction(self._sessions) as session:
            session.execute(_FORGET, {"key": _digest(key)})

    def reset(self) -> int | None:
        """Forget all keys."""
        with transaction(self._sessions) as session:
            session.execute(_FORGET_ALL)
        return None

    def check(self) -> bool:
        """Tell whether the database answers."""
        with transaction(self._sessions) as session:
            return session.scalar(text("SELECT true")) is True

    def _acquired(self, statement: object, key: str, limit: int, expiry: int, amount: int) -> bool:
        if amount != 1:
            raise TypeError("calls are counted one at a time here")
        with transaction(self._sessions) as session:
            given = {"key": _digest(key), "limit": limit, "expiry": expiry}
            return session.scalar(statement, given) is True  # type: ignore[call-overload]  # one of ours above


def _digest(key: str) -> str:
    return sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
