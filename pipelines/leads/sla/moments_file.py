"""Read the events of a clock from JSON lines."""

import json
from zoneinfo import ZoneInfo

from core.errors import InvalidInputError
from pipelines.leads.calendars.instants import read_instant
from pipelines.leads.sla.moments import Moment, MomentKind

LARGEST_FILE = 16 * 1024 * 1024
_KEYS = frozenset({"at", "kind"})


class BadEventsError(InvalidInputError):
    """The file of events cannot be used; the sentence names the line."""

    code = "bad_events"


def read_moments(data: bytes, zone: ZoneInfo) -> list[Moment]:
    """Read one event a line: `{"at": "2026-11-27 12:40", "kind": "pause"}`; empty lines are passed over.

    Raises:
        BadEventsError: a line is no event; the first such line is named.
    """
    if len(data) > LARGEST_FILE:
        raise BadEventsError(f"The file of events is larger than {LARGEST_FILE // 1024 // 1024} MB.")
    return [
        _moment(line, number, zone)
        for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1)
        if line.strip()
    ]


def _moment(line: bytes, number: int, zone: ZoneInfo) -> Moment:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise BadEventsError(f"Line {number} of the events is no JSON: {why}.") from error
    if not isinstance(value, dict) or not value.keys() >= _KEYS:
        raise BadEventsError(f'Line {number} of the events is no event: write {{"at": ..., "kind": ...}}.')
    at, kind = value["at"], value["kind"]
    if not isinstance(at, str):
        raise BadEventsError(f'Line {number} of the events: at must be text such as "2026-11-27 12:40".')
    try:
        return Moment(read_instant(at, zone), MomentKind(kind))
    except InvalidInputError as error:
        raise BadEventsError(f"Line {number} of the events: {error.detail}") from error
    except (ValueError, TypeError) as error:
        known = ", ".join(MomentKind)
        raise BadEventsError(f"Line {number} of the events: kind is {str(kind)[:40]!a}, not one of {known}.") from error
