"""Compute when a message is sent again: by a fixed plan, jitter that only lengthens, and the receiver's own word.

The plan is that of Standard Webhooks' recommendations: ten attempts over four days.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

PLAN: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (0, 5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
"""The pause before each attempt; the first is sent at once."""
JITTER: Final = 0.1
LONGEST_WAIT: Final = timedelta(hours=24)
QUIET_AFTER: Final = 5
"""Failures of an endpoint one after the other, from which on it is left in peace for a while."""
_QUIET_MOST: Final = timedelta(minutes=5)


def next_attempt(
    attempts: int, now: datetime, retry_after: timedelta | None, random: Callable[[], float]
) -> datetime | None:
    """Return when the attempt after `attempts` failed ones is due; None: there is none any more.

    `random` gives numbers from 0 to 1. A wait that the receiver asked for only lengthens the plan's, to a day at most.
    """
    if attempts >= len(PLAN):
        return None
    pause = PLAN[attempts] * (1 + JITTER * random())
    return now + max(pause, min(retry_after or timedelta(0), LONGEST_WAIT))


def quiet_until(failures: int, now: datetime, retry_after: timedelta | None) -> datetime | None:
    """Return until when an endpoint is sent nothing, after so many failures of it one after the other."""
    pause = min(retry_after or timedelta(0), LONGEST_WAIT)
    if failures >= QUIET_AFTER:
        pause = max(pause, min(timedelta(seconds=5 * 2 ** min(failures - QUIET_AFTER, 10)), _QUIET_MOST))
    return now + pause if pause else None


def parse_retry_after(header: str | None, now: datetime) -> timedelta | None:
    """Read the header Retry-After: seconds, or an HTTP date; None where it says neither."""
    if header is None:
        return None
    if header.strip().isdecimal() and header.isascii():
        return timedelta(seconds=min(int(header.strip()[:9]), LONGEST_WAIT.total_seconds()))
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(at - now, timedelta(0))


FAILING_FOR: Final = timedelta(days=5)
WARNED_AFTER: Final = timedelta(days=3)
FAILURES_APART: Final = timedelta(hours=12)


def is_given_up(failing_since: datetime, last_success: datetime, now: datetime) -> bool:
    """Tell whether an endpoint is disabled: no success for 5 days, and two failures at least 12 hours apart."""
    return now - last_success >= FAILING_FOR and now - failing_since >= FAILURES_APART


def is_warned(failing_since: datetime, last_success: datetime, now: datetime) -> bool:
    """Tell whether an endpoint's organisation is warned: no success for 3 days, and two failures 12 hours apart."""
    return now - last_success >= WARNED_AFTER and now - failing_since >= FAILURES_APART
