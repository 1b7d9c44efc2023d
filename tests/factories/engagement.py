"""Events of shoppers for tests: frames of `core.engagement.events`, drawn by a seed."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

import polars as pl
from sqlalchemy import text

from core.db.copy import copy_frame
from core.db.session import SessionFactory, Transaction, transaction
from core.engagement.events import EVENT_SCHEMA
from pipelines.engagement.hours import ensure_hours

HOUR = datetime(2026, 11, 1, 9, tzinfo=UTC)
TYPES = ("listing_view", "listing_impression", "search", "contact_reveal", "whatsapp_click", "lead_created")
MARKS = ("none", "none", "none", "bot", "owner", "staff", "over_cap")


def name(number: int) -> str:
    return str(UUID(int=number))


def event(number: int, **columns: Any) -> dict[str, Any]:
    """A view of listing 1 of dealer 1: with other columns as given."""
    at = columns.get("at", HOUR)
    plain = {
        "hour": at.replace(minute=0, second=0, microsecond=0), "device": 1, "event_id": name(number), "at": at,
        "received_at": at, "type": "listing_view", "version": 1, "mark": "none", "after_close": False, "session": 11,
        "listing_id": name(1), "org_id": name(101), "make": "Toyota", "model": "Corolla", "city": "Lahore",
        "source": "feed", "channel": "automart",
    }  # fmt: skip
    return plain | columns


def frame(events: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame([dict.fromkeys(EVENT_SCHEMA) | each for each in events], schema=dict(EVENT_SCHEMA))


def drawn(seed: int, count: int, hours: int = 1) -> list[dict[str, Any]]:
    """Events of some devices over some hours; a few miss a stamp, a session or a position."""
    draw = Random(seed)
    found = []
    for number in range(count):
        listing = draw.randrange(6)
        found.append(
            event(
                number + 1,
                at=HOUR + timedelta(hours=draw.randrange(hours), seconds=draw.randrange(3_600)),
                device=draw.choice([0, -(2**63), 2**63 - 1, 5, 6, 7]),
                session=draw.choice([None, 21, 22, -23]),
                type=draw.choice(TYPES),
                mark=draw.choice(MARKS),
                listing_id=draw.choice([None, name(listing)]),
                org_id=draw.choice([None, name(100 + listing % 2)]),
                city=draw.choice([None, "Lahore", "Karachi"]),
                model=draw.choice([None, "Corolla", "Yaris"]),
                position=draw.choice([None, 0, 1, 40, 2**31 - 1]),
                dwell_ms=draw.choice([None, 0, 900]),
                after_close=draw.random() < 0.1,
            )
        )
    return found


@contextmanager
def emptied_hours(sessions: SessionFactory) -> Iterator[Transaction]:
    """Transactions of a test; afterwards the partitions are dropped, which emptying the tables leaves."""
    yield partial(transaction, sessions)
    with transaction(sessions) as session:
        session.execute(text("UPDATE engagement_hours SET state = 'sealed'"))
        session.execute(text("SELECT engagement_drop_hour(hour) FROM engagement_hours"))


def put_events(opened: Transaction, events: list[dict[str, Any]], supplement: int | None = None) -> None:
    """Write events into their hours, or beside them as a supplement of what came late."""
    rows = frame(events)
    with opened() as session:
        ensure_hours(session, rows["hour"])
        if supplement is None:
            copy_frame(session, "engagement_events", rows)
        else:
            copy_frame(session, "engagement_late_events", rows.with_columns(supplement=supplement))
