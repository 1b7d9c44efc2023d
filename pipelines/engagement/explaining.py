"""Say of a listing and a day what became of each event: counted, set aside by a mark, repeated or rejected."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.storage import Storage
from pipelines.engagement.cold.scanning import scan_events
from pipelines.engagement.days import DayRange

_OF_LISTING = "listing_id = :listing AND at >= :start AND at < :end"
_HOT = text(
    f"SELECT type, mark, after_close FROM engagement_events e WHERE {_OF_LISTING} AND hour >= :start AND hour < :end"  # noqa: S608
    " AND NOT EXISTS (SELECT FROM engagement_files f WHERE f.hour = e.hour AND f.supplement = 0)"
    f" UNION ALL SELECT type, mark, after_close FROM engagement_late_events WHERE {_OF_LISTING}"
)
_APART = text(f"SELECT reason, count(*) FROM engagement_apart_events WHERE {_OF_LISTING} GROUP BY 1")  # noqa: S608
_REFUSED = text(
    "SELECT answer, coalesce(code, ''), count(*) FROM engagement_refusals"
    " WHERE listing_id = :listing AND hour >= :start AND hour < :end GROUP BY 1, 2"
)
_KINDS = ["type", "mark", "after_close"]


@dataclass(frozen=True)
class Explanation:
    """Events of a listing on a day of the market.

    `views` counts `listing_view` events by mark (`none`: they count), `accepted` all of them by type, `late` those
    that came after their hour had closed, `apart` those that count in no hour, by reason, `rejected` by code.
    """

    listing: UUID
    day: date
    views: dict[str, int]
    accepted: dict[str, int]
    late: int
    apart: dict[str, int]
    duplicate: int
    rejected: dict[str, int]


def explain_listing(session: Session, storage: Storage, listing: UUID, day: date) -> Explanation:
    """Count events of a listing on a day, in files and in the database.

    Repeated and rejected events are known for 40 days, those of which listing or time cannot be read not at all.

    Raises:
        IncompleteEventsError: a file of the day has expired, is missing or was changed.
    """
    days = DayRange(day, day)
    asked = {"listing": listing, "start": days.start, "end": days.end}
    cold = scan_events(session, storage, days.start, days.end).filter(pl.col("listing_id") == str(listing))
    events = [*cold.select(_KINDS).collect().rows(), *(tuple(row) for row in session.execute(_HOT, asked))]
    refused = list(session.execute(_REFUSED, asked))
    return Explanation(
        listing=listing,
        day=day,
        views=_counted(mark for kind, mark, _ in events if kind == "listing_view"),
        accepted=_counted(kind for kind, _, _ in events),
        late=sum(late for _, _, late in events),
        apart={row[0]: row[1] for row in session.execute(_APART, asked)},
        duplicate=sum(row[2] for row in refused if row[0] == "duplicate"),
        rejected={row[1]: row[2] for row in refused if row[0] == "rejected"},
    )


def _counted(words: Iterable[Any]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))
