"""The errors of business calendars."""

from core.errors import InvalidInputError


class BadCalendarError(InvalidInputError):
    """The calendar says something impossible; the sentence names each place."""

    code = "bad_calendar"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("The calendar cannot be used: " + "; ".join(problems) + ".")
        self.problems = tuple(problems)


class CalendarNeverOpensError(InvalidInputError):
    """No time is left in which work could be done."""

    code = "calendar_never_opens"

    def __init__(self, after: str | None = None) -> None:
        when = "" if after is None else f" after {after}"
        super().__init__(f"The calendar never opens{when}: give [week], a season or an exception at least one period.")


class CalendarTooSeldomError(InvalidInputError):
    """The minutes are not reached within the time that is looked at."""

    code = "calendar_opens_too_seldom"

    def __init__(self, minutes: int, years: int) -> None:
        super().__init__(
            f"The calendar gives less than {minutes} minutes within {years} years: allow more time, or open more often."
        )


class BadInstantError(InvalidInputError):
    """A date and time cannot be read, or did not occur in the calendar's time zone."""

    code = "bad_instant"
