"""Let a device count only so often a day: what goes beyond is kept, marked, and outside all counts."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from pipelines.engagement.capture.batch import Batch, SentEvent

MOST_VIEWS: Final = 1_000
"""Views of listings by one device that count on a UTC day of arrival."""
MOST_EVENTS: Final = 20_000
"""Events of all types by one device that count on such a day."""
_VIEW = "listing_view"
_ADD = text("""
INSERT INTO engagement_device_days AS known (device, day, events, views)
SELECT * FROM unnest(CAST(:devices AS bigint[]), CAST(:days AS date[]), CAST(:events AS int[]), CAST(:views AS int[]))
ORDER BY 1, 2
ON CONFLICT (device, day) DO UPDATE SET events = known.events + excluded.events, views = known.views + excluded.views
RETURNING device, day, events, views
""")


def mark_beyond_caps(session: Session, batches: Sequence[Batch]) -> None:
    """Count the new events of each device, and mark those beyond its caps as `over_cap`."""
    sent: dict[tuple[int, date], list[SentEvent]] = {}
    for batch in batches:
        if not batch.server:
            counted = [event for event in batch.open_events() if event.mark == "none"]
            sent.setdefault((batch.device, batch.received_at.date()), []).extend(counted)
    added = {key: (len(events), sum(event.type == _VIEW for event in events)) for key, events in sent.items() if events}
    if not added:
        return
    values = {
        "devices": [device for device, _ in added],
        "days": [day for _, day in added],
        "events": [events for events, _ in added.values()],
        "views": [views for _, views in added.values()],
    }
    for row in session.execute(_ADD, values):
        if row.events > MOST_EVENTS or row.views > MOST_VIEWS:
            events, views = added[row.device, row.day]
            _mark(sent[row.device, row.day], row.events - events, row.views - views)


def _mark(events: Sequence[SentEvent], events_before: int, views_before: int) -> None:
    for event in events:
        events_before += 1
        views_before += event.type == _VIEW
        if events_before > MOST_EVENTS or (event.type == _VIEW and views_before > MOST_VIEWS):
            event.mark = "over_cap"
