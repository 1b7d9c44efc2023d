"""The one place that reads the time, so that a test can hold it still."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

PAKISTAN = ZoneInfo("Asia/Karachi")


def utc_now() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)


def market_today() -> date:
    """Today's date where the cars are sold (Asia/Karachi)."""
    return datetime.now(PAKISTAN).date()
