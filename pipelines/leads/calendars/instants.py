"""Read points in time as people and other systems write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pipelines.leads.calendars.errors import BadInstantError
from pipelines.leads.calendars.schema import EARLIEST, LATEST


def read_instant(text: str, zone: ZoneInfo) -> datetime:
    """Read a date and time; without an offset it is local to the zone, the first of two where a clock is set back.

    Raises:
        BadInstantError: it cannot be read, or the local clock skipped it.
    """
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise BadInstantError(f'{text[:40]!a} is no date and time: write "2026-11-27 12:30".') from error
    if len(text.strip()) <= len("2026-11-27"):
        raise BadInstantError(f'{text[:40]!a} has no time of day: write "2026-11-27 12:30".')
    if not EARLIEST.year < at.year < LATEST.year:
        raise BadInstantError(f"{text[:40]!a} is not between {EARLIEST.year + 1} and {LATEST.year - 1}.")
    if at.tzinfo is not None:
        return at
    local = at.replace(tzinfo=zone)
    if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != at:
        raise BadInstantError(f"{text[:40]!a} did not occur in {zone.key}: the clock was set forward over it.")
    return local
