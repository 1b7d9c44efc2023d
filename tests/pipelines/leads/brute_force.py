"""Deadlines by counting steps of time one after the other: slow, and too simple to be wrong in the same way."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass
class Counted:
    due: datetime | None = None
    warnings: dict[int, datetime] = field(default_factory=dict)
    paused: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    answered_at: datetime | None = None


def day_periods(calendar: dict[str, Any], day: str, weekday: str) -> list[str]:
    for exception in calendar.get("exceptions", ()):
        if exception["from"] <= day <= exception["to"]:
            return exception.get("periods", [])
    for season in calendar.get("seasons", ()):
        if season["from"] <= day <= season["to"]:
            return season["week"].get(weekday, [])
    return calendar.get("week", {}).get(weekday, [])


def clock_is_open(calendar: dict[str, Any], at: datetime) -> bool:
    """Read the wall clock, and look whether the reading is in a period of this day or of the night before."""
    local = at.astimezone(ZoneInfo(calendar["timezone"]))
    reading, before = f"{local:%H:%M}", local.date() - timedelta(days=1)
    for text in day_periods(calendar, str(local.date()), DAYS[local.weekday()]):
        opening, closing = text.split("-")
        if (opening <= reading < closing) if opening < closing else opening <= reading:
            return True
    for text in day_periods(calendar, str(before), DAYS[before.weekday()]):
        opening, closing = text.split("-")
        if closing <= opening and reading < closing:
            return True
    return False


def count_deadline(case: dict[str, Any], step: int, limit: datetime) -> Counted:
    """Count working steps from the start until the minutes have passed and no event is left, or to the limit."""
    found, start, one = Counted(), case["start"].astimezone(UTC), timedelta(seconds=step)
    events = sorted(case["events"], key=lambda event: event[0])
    budget = timedelta(minutes=case["minutes"])
    answers = [at for at, kind in events if kind == "answer" and at >= start]
    found.answered_at = min(answers, default=None)
    last = max((at for at, _ in events), default=start)
    opened: dict[datetime, bool] = {}
    now, passed, paused = start, timedelta(), False
    pending = list(events)
    while now < limit and (found.due is None or now <= last):
        while pending and pending[0][0] <= now:
            kind = pending.pop(0)[1]
            paused = {"pause": True, "resume": False}.get(kind, paused)
        over = found.answered_at is not None and now >= found.answered_at
        if paused and not over:
            _extend(found.paused, now, now + one)
        minute = now.replace(second=0, microsecond=0)
        if minute not in opened:
            opened[minute] = clock_is_open(case["calendar"], minute)
        if opened[minute] and (over or not paused):
            _note(found, case["warn_at"], budget, passed, now, one)
            passed += one
        now += one
    if paused and found.answered_at is None and found.paused:
        found.paused[-1] = (found.paused[-1][0], None)
    return found


def _note(
    found: Counted, percents: Iterable[int], budget: timedelta, passed: timedelta, now: datetime, one: timedelta
) -> None:
    for percent in percents:
        if passed < budget * percent / 100 <= passed + one:
            found.warnings[percent] = now + (budget * percent / 100 - passed)
    if passed < budget <= passed + one:
        found.due = now + (budget - passed)


def _extend(paused: list[tuple[datetime, datetime | None]], start: datetime, end: datetime) -> None:
    if paused and paused[-1][1] == start:
        paused[-1] = (paused[-1][0], end)
    else:
        paused.append((start, end))
