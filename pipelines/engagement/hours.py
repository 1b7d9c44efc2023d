"""Open, close, cut, seal and drop hours, and read what they hold.

Whoever writes events of an hour holds the hour's lock together with others; whoever closes or cuts it holds it alone.
So after the commit of a change no row enters where it may not any more. Functions take the session first; the caller
commits.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.copy import copy_out
from core.db.locks import lock_name
from core.engagement.events import EVENT_SCHEMA
from core.engagement.hours import AHEAD, CLOSES_AFTER, HOUR, LATEST, hour_of

_FIRST = text("SELECT min(hour) FROM engagement_hours WHERE hour >= :since")
_ENSURE = text("SELECT engagement_ensure_hours(CAST(:hours AS timestamptz[]))")
_SHARE = text("SELECT pg_advisory_xact_lock_shared(hashtextextended(name, 0)) FROM unnest(CAST(:names AS text[])) name")
_STATES = text("SELECT hour, state, supplement FROM engagement_hours WHERE hour = ANY(CAST(:hours AS timestamptz[]))")
_CLOSABLE = text("SELECT hour FROM engagement_hours WHERE state = 'open' AND hour <= :until ORDER BY hour")
_CLOSE = text("UPDATE engagement_hours SET state = 'closed', closed_at = :now WHERE hour = :hour AND state = 'open'")
_WAITING = text(
    "SELECT DISTINCT l.hour, l.supplement FROM engagement_late_events l JOIN engagement_hours h ON h.hour = l.hour"
    " WHERE h.state = 'closed' ORDER BY 1, 2"
)
_FILLED = text(
    "SELECT h.supplement FROM engagement_hours h WHERE h.hour = :hour AND EXISTS (SELECT FROM engagement_late_events l"
    " WHERE l.hour = h.hour AND l.supplement = h.supplement)"
)
_CUT = text("UPDATE engagement_hours SET supplement = supplement + 1 WHERE hour = :hour")
_SEALABLE = text("SELECT hour FROM engagement_hours WHERE state = 'closed' AND closed_at <= :until ORDER BY hour")
_SEAL = text("UPDATE engagement_hours SET state = 'sealed', sealed_at = :now WHERE hour = :hour AND state = 'closed'")
_DROP = text("SELECT engagement_drop_hour(:hour)")
_UUIDS: Final = ("event_id", "listing_id", "org_id", "branch_id", "lead_id", "deposit_id")
_ORDER = "listing_id NULLS LAST, at, device, event_id"


@dataclass(frozen=True)
class HourState:
    """The events that an hour takes now: `open` in its partition, `closed` in `supplement`, `sealed` none."""

    state: str
    supplement: int


def ensure_hours(session: Session, hours: Iterable[datetime]) -> int:
    """Make the partitions of hours that have none; return their number. Commit at once: others wait for it."""
    return int(session.scalar(_ENSURE, {"hours": sorted(set(hours))}) or 0)


def ensure_hours_around(session: Session, now: datetime) -> int:
    """Make the partitions of the next 48 hours, and of hours since the first known one that were left out.

    Those are of a time in which no process made any; 72 hours back is as far as events come.
    """
    first = session.scalar(_FIRST, {"since": hour_of(now - LATEST)}) or hour_of(now)
    until = hour_of(now + AHEAD)
    return ensure_hours(session, [first + HOUR * number for number in range(int((until - first) / HOUR) + 1)])


def share_hours(session: Session, hours: Iterable[datetime]) -> dict[datetime, HourState]:
    """Hold the locks of hours together with others, until the transaction ends; return the states.

    Hours that have no partition yet are missing in the answer.
    """
    wanted = sorted(set(hours))
    session.execute(_SHARE, {"names": [_lock(hour) for hour in wanted]})
    rows = session.execute(_STATES, {"hours": wanted})
    return {row.hour: HourState(row.state, row.supplement) for row in rows}


def closable_hours(session: Session, now: datetime) -> list[datetime]:
    """Return the open hours that ended at least 10 minutes ago, oldest first."""
    return list(session.scalars(_CLOSABLE, {"until": now - HOUR - CLOSES_AFTER}))


def close_hour(session: Session, hour: datetime, now: datetime) -> None:
    """Close an hour: after the commit no row enters its partition."""
    lock_name(session, _lock(hour))
    session.execute(_CLOSE, {"hour": hour, "now": now})


def supplements_waiting(session: Session) -> list[tuple[datetime, int]]:
    """Return the supplements of closed hours that have rows."""
    return [(row.hour, row.supplement) for row in session.execute(_WAITING)]


def cut_supplement(session: Session, hour: datetime) -> int | None:
    """End the supplement that fills, if it has rows; return its number. After the commit its rows are frozen."""
    lock_name(session, _lock(hour))
    number: int | None = session.scalar(_FILLED, {"hour": hour})
    if number is not None:
        session.execute(_CUT, {"hour": hour})
    return number


def sealable_hours(session: Session, now: datetime) -> list[datetime]:
    """Return the hours that were closed 72 hours ago, oldest first."""
    return list(session.scalars(_SEALABLE, {"until": now - LATEST}))


def seal_hour(session: Session, hour: datetime, now: datetime) -> None:
    """Seal a closed hour: after the commit its events are kept apart. Cut its supplement in the same transaction."""
    lock_name(session, _lock(hour))
    session.execute(_SEAL, {"hour": hour, "now": now})


def drop_hour(session: Session, hour: datetime) -> bool:
    """Drop the partition of a closed hour; False when a reader holds it, to be tried again later."""
    return session.scalar(_DROP, {"hour": hour}) is True


def read_hour(session: Session, hour: datetime) -> pl.DataFrame:
    """Read the rows of an hour's partition, sorted by listing, time, device and id."""
    return _read(session, "engagement_events", f"hour = '{hour.isoformat()}'")


def read_supplement(session: Session, hour: datetime, number: int) -> pl.DataFrame:
    """Read the rows of a supplement, sorted as `read_hour` does."""
    condition = f"hour = '{hour.isoformat()}' AND supplement = {int(number)}"
    return _read(session, "engagement_late_events", condition)


def _read(session: Session, table: str, condition: str) -> pl.DataFrame:
    """Read events by COPY: times as microseconds, so that nothing is lost or guessed in a text."""
    columns = ", ".join(_out(name, kind) for name, kind in EVENT_SCHEMA.items())
    statement = f"COPY (SELECT {columns} FROM {table} WHERE {condition} ORDER BY {_ORDER}) TO STDOUT (FORMAT csv)"  # noqa: S608
    plain: dict[str, Any] = {
        name: pl.Int64 if isinstance(kind, pl.Datetime) else pl.String if kind == pl.Boolean else kind
        for name, kind in EVENT_SCHEMA.items()
    }
    rows = copy_out(session, statement, plain)
    return rows.select(_in(name, kind) for name, kind in EVENT_SCHEMA.items())


def _out(name: str, kind: Any) -> str:  # noqa: ANN401  (a type of polars)
    if isinstance(kind, pl.Datetime):
        return f"CAST(extract(epoch FROM {name}) * 1000000 AS bigint)"
    return name


def _in(name: str, kind: Any) -> pl.Expr:  # noqa: ANN401
    if isinstance(kind, pl.Datetime):
        return pl.from_epoch(name, time_unit="us").dt.replace_time_zone("UTC")
    return pl.col(name) == "t" if kind == pl.Boolean else pl.col(name)


def _lock(hour: datetime) -> str:
    return f"engagement_hours.{hour:%Y%m%d%H}"
