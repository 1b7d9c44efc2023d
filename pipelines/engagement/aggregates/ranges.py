"""Count all hours and days of a range of days of the market."""

from dataclasses import dataclass, field
from datetime import date, datetime

from core.db.session import Transaction
from core.storage import Storage
from pipelines.engagement.aggregates.counting import count_day, count_hour
from pipelines.engagement.days import DayRange
from pipelines.engagement.errors import HoursWaitError, IncompleteEventsError


@dataclass
class RangeResult:
    """Hours and days that were counted or were counted before, those that wait, and why hours were refused."""

    hours: int = 0
    days: int = 0
    unchanged_hours: int = 0
    unchanged_days: int = 0
    waiting_days: list[date] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def count_range(transaction: Transaction, storage: Storage, days: DayRange, now: datetime) -> RangeResult:
    """Count each hour and day of the range once; hours whose events are incomplete keep what is stored."""
    result = RangeResult()
    for hour in days.hours():
        try:
            counted = count_hour(transaction, storage, hour, now)
        except IncompleteEventsError as error:
            result.refused.append(error.detail)
            continue
        if counted is not None:
            result.hours += counted.outcome == "counted"
            result.unchanged_hours += counted.outcome == "unchanged"
    for day in days.days():
        try:
            counted = count_day(transaction, day, now)
        except HoursWaitError:
            result.waiting_days.append(day)
            continue
        if counted is not None:
            result.days += counted.outcome == "counted"
            result.unchanged_days += counted.outcome == "unchanged"
    return result
