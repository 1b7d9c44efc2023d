"""Read business calendars from TOML or JSON, and refuse impossible ones with every fault and its place."""

import tomllib
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from pydantic import ValidationError

from pipelines.leads.calendars.calendar import BusinessCalendar
from pipelines.leads.calendars.errors import BadCalendarError, CalendarNeverOpensError
from pipelines.leads.calendars.period import joined
from pipelines.leads.calendars.schema import CalendarException, CalendarSpec, Season

LARGEST_FILE = 512 * 1024

_PLAINER = {
    "extra_forbidden": "is not a key of a calendar",
    "missing": "is missing",
    "tuple_type": 'must be a list, for example ["09:00-18:00"]',
    "string_type": "must be text",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "too_long": "has too many entries",
    "recursion_loop": "refers to itself",
}


def parse_calendar(text: bytes) -> BusinessCalendar:
    """Read a calendar from the bytes of its TOML file.

    Raises:
        BadCalendarError: no TOML, or it says something impossible.
        CalendarNeverOpensError: no period is left to work in.
    """
    if len(text) > LARGEST_FILE:
        raise BadCalendarError([f"the file is larger than {LARGEST_FILE // 1024} KB"])
    try:
        value = tomllib.loads(text.decode("utf-8-sig").replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        raise BadCalendarError([f"the file is not UTF-8 (byte {error.start + 1})"]) from error
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        raise BadCalendarError([f"the file is no TOML: {why}"]) from error
    return calendar_of(value)


def calendar_of(value: object) -> BusinessCalendar:
    """Check a calendar that was parsed from TOML or JSON.

    Raises:
        BadCalendarError: it says something impossible; each place is named as in `exceptions[2].periods[0]`.
        CalendarNeverOpensError: no period is left to work in.
    """
    try:
        spec = CalendarSpec.model_validate(value)
    except ValidationError as error:
        raise BadCalendarError(
            [_problem(fault["loc"], fault["type"], fault["msg"]) for fault in error.errors()]
        ) from error
    problems = [*_contradictions("seasons", spec.seasons), *_contradictions("exceptions", spec.exceptions)]
    if problems:
        raise BadCalendarError(problems)
    calendar = BusinessCalendar(spec)
    if not _ever_opens(calendar):
        raise CalendarNeverOpensError
    return calendar


def spec_of(calendar: BusinessCalendar) -> dict[str, object]:
    """Give a calendar as the JSON that is stored and answered; `calendar_of` reads it back."""
    return calendar.spec.model_dump(mode="json", by_alias=True)


def _problem(place: tuple[int | str, ...], kind: str, message: str) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".") or "the calendar"
    known = " (known: mon, tue, wed, thu, fri, sat, sun)" if kind == "extra_forbidden" and "week" in place else ""
    return f"{path} {_PLAINER[kind]}{known}" if kind in _PLAINER else f"{path}: {message.removeprefix('Value error, ')}"


def _contradictions(name: str, spans: Sequence[Season] | Sequence[CalendarException]) -> list[str]:
    """Find dates for which two entries name different hours: neither could be preferred without guessing."""
    order = sorted(range(len(spans)), key=lambda at: (spans[at].start, spans[at].end))
    problems = []
    longest = order[0] if order else 0
    for before, after in pairwise(order):
        longest = max(longest, before, key=lambda at: spans[at].end)
        if spans[after].start <= spans[longest].end and _hours(spans[longest]) != _hours(spans[after]):
            problems.append(
                f"{name}[{longest}] and {name}[{after}] give {spans[after].start} different hours: keep one of them"
            )
    return problems


def _hours(span: Season | CalendarException) -> object:
    return tuple(map(joined, span.week.days())) if isinstance(span, Season) else joined(span.periods)


def _ever_opens(calendar: BusinessCalendar) -> bool:
    """Tell whether any date has a period; which of a season's do, depends on weekdays and exceptions."""
    spans = (*calendar.spec.exceptions, *calendar.spec.seasons)
    days = (span.start + timedelta(days=at) for span in spans for at in range((span.end - span.start).days + 1))
    return calendar.opens_every_week or any(calendar.periods_of(day) for day in days)
