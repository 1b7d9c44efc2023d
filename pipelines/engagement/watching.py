"""Look at kept and counted events as a whole: what is missing, counted twice, collapsed or flooded."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Final

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.engagement.hours import CLOSES_AFTER, HOUR, hour_of
from core.storage import Storage
from pipelines.engagement.aggregates.counting import waiting_hours
from pipelines.engagement.aggregates.storing import partitions_between
from pipelines.engagement.capture.caps import MOST_EVENTS, MOST_VIEWS
from pipelines.engagement.cold.manifest import files_of, read_file
from pipelines.engagement.days import DayRange

LOOKED_BACK: Final = timedelta(days=30)
_GRACE: Final = timedelta(minutes=20)
"""The loop closes hours within a minute; large ones take a while to write and count."""
_COLLAPSED: Final = 0.3
_ENOUGH_VIEWS: Final = 50
_WEEK: Final = timedelta(days=7)
_FIRST = text("SELECT min(hour) FROM engagement_hours WHERE hour >= :since")
_FILES = text(
    "SELECT hour, CAST(sum(events) AS bigint) AS events, max(written_at) AS written_at FROM engagement_files"
    " WHERE expired_at IS NULL AND hour >= :start AND hour < :end GROUP BY hour ORDER BY hour"
)
_WRITTEN = text("SELECT DISTINCT hour FROM engagement_files WHERE written_at > :since ORDER BY hour")
_KNOWN = text("SELECT hour FROM engagement_hours WHERE hour >= :start AND hour < :end")
_TOTALS = text(
    "SELECT starts, CAST(sum(events) AS bigint), CAST(sum(views) AS bigint) FROM engagement_aggregates"
    " WHERE grain = 'hour' AND dimension = 'all' AND starts >= :start AND starts < :end GROUP BY starts"
)
_FLOODS = text(
    "SELECT count(*) FROM engagement_device_days WHERE day >= :since AND (views > :views OR events > :events)"
)


@dataclass(frozen=True)
class HourFiles:
    """The events in an hour's files, and when one of them was written last; None: the hour never was."""

    hour: datetime
    events: int
    written_at: datetime | None


def files_by_hour(session: Session, start: datetime, end: datetime) -> list[HourFiles]:
    """Return what is in the files of each hour from `start` to before `end` that has some."""
    return [HourFiles(*row) for row in session.execute(_FILES, {"start": start, "end": end})]


def hours_written(session: Session, since: datetime, now: datetime) -> list[HourFiles]:
    """Return hours of which files were written since, and closed hours of their days that never were, as empty ones.

    Hours never were before the first event of the platform, and around replays of older days.
    """
    written = list(session.scalars(_WRITTEN, {"since": since}))
    found: dict[datetime, HourFiles] = {}
    for day in sorted({DayRange.of(hour).first for hour in written}):
        span = DayRange(day, day)
        there = {each.hour: each for each in files_by_hour(session, span.start, span.end)}
        known = set(session.scalars(_KNOWN, {"start": span.start, "end": span.end}))
        closed = (hour for hour in span.hours() if hour + HOUR + CLOSES_AFTER <= now)
        never = {hour: HourFiles(hour, 0, None) for hour in closed if hour not in known}
        found |= {hour: files for hour, files in there.items() if hour in set(written)} | never
    return [found[hour] for hour in sorted(found)]


def counted_otherwise(session: Session, storage: Storage, hours: Iterable[datetime]) -> list[str]:
    """Name the hours in which an event is counted twice or not at all.

    Raises:
        IncompleteEventsError: a file has expired, is missing or was changed.
    """
    sentences = []
    for hour in hours:
        files = files_of(session, hour)
        counted = partitions_between(session, "hour", hour, hour + HOUR).get(hour)
        if not files or counted is None:
            continue
        events = pl.concat([read_file(storage, file).select("device", "event_id") for file in files])
        row = session.execute(_TOTALS, {"start": hour, "end": hour + HOUR}).one_or_none()
        seen = (events.height, events.unique().height, counted.events, row[1] if row else 0)
        if len(set(seen)) > 1:
            kept, different, said, summed = seen
            sentences.append(
                f"{hour:%Y-%m-%d %H:00} UTC: {kept} events in files, {different} different ones, {said} counted,"
                f" {summed} in the sums."
            )
    return sentences


def missing_hours(session: Session, now: datetime) -> list[datetime]:
    """Return the hours of the last 30 days that should be closed and counted by now and are not."""
    return _missing(session, now, now - LOOKED_BACK)


def counted_until(session: Session, now: datetime) -> datetime | None:
    """Return the end of the newest hour that should be counted by now, if it is; None where it is not.

    Whatever happens to older hours changes nothing of this.
    """
    newest = _newest_due(now)
    known = newest in partitions_between(session, "hour", newest, newest + HOUR)
    return newest + HOUR if known and not _missing(session, now, newest) else None


def _newest_due(now: datetime) -> datetime:
    return hour_of(now - HOUR - CLOSES_AFTER - _GRACE)


def _missing(session: Session, now: datetime, since: datetime) -> list[datetime]:
    end = _newest_due(now) + HOUR
    first = session.scalar(_FIRST, {"since": since})
    return [] if first is None or first >= end else waiting_hours(session, first, end)


def views_by_hour(session: Session, start: datetime, end: datetime) -> dict[datetime, int]:
    """Return the views of each counted hour from `start` to before `end`."""
    return {row[0]: row[2] for row in session.execute(_TOTALS, {"start": start, "end": end})}


def collapsed_views(session: Session, hour: datetime) -> str | None:
    """Say so where an hour's views are under 30 % of the median of the same hour of the four weeks before.

    Medians under 50 say nothing.
    """
    past = [
        views
        for week in range(1, 5)
        for views in views_by_hour(session, hour - week * _WEEK, hour - week * _WEEK + HOUR).values()
    ]
    usual = median(past) if past else 0
    found = views_by_hour(session, hour, hour + HOUR).get(hour, 0)
    if usual < _ENOUGH_VIEWS or found >= _COLLAPSED * usual:
        return None
    return f"{found} views from {hour:%Y-%m-%d %H:00} UTC, where the weeks before had {usual:.0f}."


def flooding_devices(session: Session, since: date) -> int:
    """Count the devices that sent more than counts of one, on a UTC day since then."""
    caps = {"since": since, "views": MOST_VIEWS, "events": MOST_EVENTS}
    return int(session.scalar(_FLOODS, caps) or 0)
