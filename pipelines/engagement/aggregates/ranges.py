"""Count many hours and days: each by itself, so that one whose events are incomplete holds up no other."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from core.db.session import Transaction
from core.storage import Storage
from pipelines.engagement.aggregates.counting import count_day, count_hour
from pipelines.engagement.cold.manifest import files_between
from pipelines.engagement.days import DayRange
from pipelines.engagement.errors import HoursWaitError, IncompleteEventsError


@dataclass
class HoursResult:
    """The outcome for hours: counted now, or counted before of the same files; refused ones by reason.

    `events` of both; hours that have no file are in none of them. `left`: some were not come to.
    """

    counted: list[datetime] = field(default_factory=list)
    unchanged: list[datetime] = field(default_factory=list)
    refused: dict[datetime, str] = field(default_factory=dict)
    events: dict[datetime, int] = field(default_factory=dict)
    left: bool = False


@dataclass
class DaysResult:
    """The outcome for days, as for hours; `waiting` ones have hours that are open or not counted."""

    counted: list[date] = field(default_factory=list)
    unchanged: list[date] = field(default_factory=list)
    waiting: list[date] = field(default_factory=list)
    events: dict[date, int] = field(default_factory=dict)


def count_hours(
    transaction: Transaction, storage: Storage, hours: Iterable[datetime], now: datetime, most: int | None = None
) -> HoursResult:
    """Count hours, at most so many anew; hours whose events are incomplete keep what is stored."""
    result = HoursResult()
    for hour in hours:
        if len(result.counted) == most:
            result.left = True
            break
        try:
            found = count_hour(transaction, storage, hour, now)
        except IncompleteEventsError as error:
            result.refused[hour] = error.detail
            continue
        if found is not None:
            (result.counted if found.outcome == "counted" else result.unchanged).append(hour)
            result.events[hour] = found.events
    return result


def count_days(transaction: Transaction, days: Iterable[date], now: datetime) -> DaysResult:
    """Count days from their hours; those that wait for hours keep what is stored."""
    result = DaysResult()
    for day in days:
        try:
            found = count_day(transaction, day, now)
        except HoursWaitError:
            result.waiting.append(day)
            continue
        if found is not None:
            (result.counted if found.outcome == "counted" else result.unchanged).append(day)
            result.events[day] = found.events
    return result


@dataclass(frozen=True)
class RangeResult:
    """Hours and days that were counted or were counted before, those that wait, and why hours were refused."""

    hours: int
    days: int
    unchanged_hours: int
    unchanged_days: int
    waiting_days: list[date]
    refused: list[str]


def count_range(transaction: Transaction, storage: Storage, days: DayRange, now: datetime) -> RangeResult:
    """Count each hour and day of the range once; hours whose events are incomplete keep what is stored."""
    with transaction() as session:
        kept = {file.hour for file in files_between(session, days.start, days.end)}
    hours = count_hours(transaction, storage, sorted(kept), now)
    counted = count_days(transaction, days.days(), now)
    before = (len(hours.unchanged), len(counted.unchanged))
    told = (counted.waiting, list(hours.refused.values()))
    return RangeResult(len(hours.counted), len(counted.counted), *before, *told)
