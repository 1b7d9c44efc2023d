"""The shape of a business calendar, in its TOML file and as the JSON that an organisation stores."""

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from pipelines.leads.calendars.period import Period, read_period

EARLIEST, LATEST = date(1970, 1, 1), date(2199, 12, 31)


def _period(value: object) -> object:
    if isinstance(value, Period):
        return value
    if not isinstance(value, str):
        raise ValueError('a period is text such as "09:00-18:00"')  # noqa: TRY004  (pydantic collects ValueErrors)
    return read_period(value)


def _date(value: object) -> object:
    if type(value) is date:  # a datetime is none: it would hide an hour
        return value
    if not isinstance(value, str) or len(value) != len("2027-02-08"):
        raise ValueError('a date is written "2027-02-08"')
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"{value!a} is no date ({error}): write it as 2027-02-08") from error


def _in_range(value: date) -> date:
    if not EARLIEST <= value <= LATEST:
        raise ValueError(f"{value} is not between {EARLIEST} and {LATEST}")
    return value


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: the name of a folder of zones
        raise ValueError(f'{name[:60]!a} is no time zone: write one such as "Asia/Karachi"') from error
    return name


PeriodText = Annotated[Period, BeforeValidator(_period), PlainSerializer(str)]
Periods = Annotated[tuple[PeriodText, ...], Field(max_length=48)]
Day = Annotated[date, BeforeValidator(_date), AfterValidator(_in_range)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Week(_Part):
    """The periods of each weekday; a day left out is closed."""

    mon: Periods = ()
    tue: Periods = ()
    wed: Periods = ()
    thu: Periods = ()
    fri: Periods = ()
    sat: Periods = ()
    sun: Periods = ()

    def days(self) -> tuple[tuple[Period, ...], ...]:
        """Give the periods of Monday to Sunday."""
        return (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)


class _Span(_Part):
    start: Day = Field(alias="from")
    end: Day = Field(alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> "_Span":
        if self.end < self.start:
            raise ValueError(f"to ({self.end}) is before from ({self.start})")
        return self


class Season(_Span):
    """A week of its own between two dates, both included."""

    week: Week


class CalendarException(_Span):
    """Dates, both included, whose periods beat season and week; no periods: closed."""

    name: Annotated[str, Field(max_length=120)] = ""
    periods: Periods = ()


class CalendarSpec(_Part):
    """A business calendar; all its times are local to `timezone`."""

    timezone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Karachi"
    week: Week = Week()
    seasons: Annotated[tuple[Season, ...], Field(max_length=200)] = ()
    exceptions: Annotated[tuple[CalendarException, ...], Field(max_length=2000)] = ()
