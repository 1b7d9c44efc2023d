"""Write captured events by COPY, as text: what is in them was checked, so no row can fail the others."""

import json
from collections.abc import Iterable
from typing import Any, Final

from psycopg import Connection, sql
from sqlalchemy.orm import Session

from core.engagement.events import EVENT_SCHEMA
from pipelines.engagement.capture.batch import Batch, SentEvent

_NULL = "\\N"
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_OWN_COLUMNS: Final = ("query_id", "query", "results", "position", "dwell_ms", "price_pkr", "old_price_pkr", "lead_id",
                       "deposit_id")  # fmt: skip
_ELSEWHERE: Final = frozenset({*_OWN_COLUMNS, "listing_id", "channel", "app_version"})
_EVENTS = tuple(EVENT_SCHEMA)
_REFUSALS: Final = ("received_at", "hour", "answer", "code", "type", "device", "session", "person", "event_id",
                    "listing_id")  # fmt: skip


def write_events(session: Session, batches: Iterable[Batch]) -> None:
    """Write accepted events where they belong, and a row about each other one."""
    hour, late, apart, refused = [], [], [], []
    for batch in batches:
        for event in batch.events:
            if event.status != "accepted":
                refused.append(_line(_refusal(batch, event)))
            elif event.place == "hour":
                hour.append(_line(_row(batch, event)))
            elif event.place == "supplement":
                late.append(_line((*_row(batch, event), event.supplement)))
            else:
                apart.append(_line((*_row(batch, event), event.place)))
    for table, columns, lines in (
        ("engagement_events", _EVENTS, hour),
        ("engagement_late_events", (*_EVENTS, "supplement"), late),
        ("engagement_apart_events", (*_EVENTS, "reason"), apart),
        ("engagement_refusals", _REFUSALS, refused),
    ):
        if lines:
            _copy(session, table, columns, "".join(lines))


def _copy(session: Session, table: str, columns: tuple[str, ...], lines: str) -> None:
    connection: Connection = session.connection().connection.driver_connection  # type: ignore[assignment]  # psycopg
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(lines)


def _row(batch: Batch, event: SentEvent) -> tuple[Any, ...]:
    values, stamp = event.values, event.stamp
    stood = (None,) * 6
    if stamp is not None:
        stood = (stamp.org_id, stamp.branch_id, stamp.make, stamp.model, stamp.city, stamp.source)
    further = {name: value for name, value in values.items() if name not in _ELSEWHERE}
    return (
        event.hour,
        batch.device,
        event.event_id,
        event.at,
        batch.received_at,
        event.type,
        event.version,
        event.mark,
        event.after_close,
        batch.session,
        batch.person,
        values.get("listing_id"),
        *stood,
        values.get("channel") or batch.channel,
        batch.app,
        values.get("app_version") or batch.app_version,
        *map(values.get, _OWN_COLUMNS),
        json.dumps(further, sort_keys=True) if further else None,
    )


def _refusal(batch: Batch, event: SentEvent) -> tuple[Any, ...]:
    hour = event.counted_in if event.counted_in is not None or event.at is None else event.hour
    if event.nameless:
        return (batch.received_at, hour, event.status, event.code, event.type, *(None,) * 5)
    return (
        batch.received_at,
        hour,
        event.status,
        event.code,
        event.type,
        batch.device,
        batch.session,
        batch.person,
        event.event_id,
        event.values.get("listing_id"),
    )


def _line(values: tuple[Any, ...]) -> str:
    cells = [_NULL if value is None else str(value) for value in values]
    line = "\t".join(cells)
    special = line.count("\t") + 1 > len(cells) or "\n" in line or "\r" in line
    if special or line.count("\\") > cells.count(_NULL):
        line = "\t".join(_NULL if value is None else str(value).translate(_ESCAPES) for value in values)
    return line + "\n"
