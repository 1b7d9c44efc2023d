"""Options of days that several commands share."""

from datetime import datetime
from typing import Annotated

import typer

from core.clock import market_today
from pipelines.engagement.days import DayRange

_DAY = ["%Y-%m-%d"]
From = Annotated[datetime, typer.Option("--from", formats=_DAY, help="First day, in Asia/Karachi.")]
To = Annotated[
    datetime | None, typer.Option("--to", formats=_DAY, help="Last day, included; default: today.", show_default=False)
]
Day = Annotated[datetime, typer.Option("--day", formats=_DAY, help="A day in Asia/Karachi.")]


def day_range(first: datetime, last: datetime | None) -> DayRange:
    """Return the days from the first to the last one given, or to today.

    Raises:
        InvalidInputError: the last one is before the first, or they span more than 400 days.
    """
    return DayRange(first.date(), market_today() if last is None else last.date())
