"""Deadlines that once were wrong somewhere: Friday's break, weekends, Eid, Ramadan, late events, a clock set back."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cli import leads
from pipelines.leads.calendars.calendar import BusinessCalendar
from pipelines.leads.calendars.errors import BadCalendarError, CalendarNeverOpensError
from pipelines.leads.calendars.reading import calendar_of, parse_calendar
from pipelines.leads.sla.deadline import Deadline, deadline, working_time
from pipelines.leads.sla.moments import Moment, MomentKind, recorded_at
from pipelines.leads.sla.policy import ClockPolicy

FILE = b"""
timezone = "Asia/Karachi"
[week]
mon = ["09:00-18:00"]
tue = ["09:00-18:00"]
fri = ["09:00-13:00", "14:30-18:00"]
[[seasons]]
from = "2027-02-08"
to = "2027-03-09"
week = { mon = ["10:00-15:00"], tue = ["10:00-15:00"], fri = ["10:00-12:30"] }
[[exceptions]]
from = "2027-03-10"
to = "2027-03-15"
name = "Eid ul-Fitr"
periods = []
"""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CALENDAR = parse_calendar(FILE)


def at(text: str, calendar: BusinessCalendar = CALENDAR) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=calendar.zone)


def found(start: str, minutes: int = 60, *events: tuple[str, MomentKind]) -> Deadline:
    moments = [Moment(at(when), kind) for when, kind in events]
    return deadline(at(start), ClockPolicy(minutes=minutes), CALENDAR, moments)


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        ("2026-11-27 12:30", 60, "2026-11-27 15:00"),  # Friday's break
        ("2026-11-27 17:30", 60, "2026-11-30 09:30"),  # over a weekend
        ("2026-11-27 17:00", 60, "2026-11-27 18:00"),  # on a closing, and not on the next opening
        ("2026-11-27 12:30:20", 60, "2026-11-27 15:00:20"),  # not rounded
        ("2027-02-08 14:30", 60, "2027-02-09 10:30"),  # inside Ramadan hours
        ("2027-03-09 14:30", 60, "2027-03-16 09:30"),  # over Eid
    ],
)
def test_deadline_follows_the_calendar(start: str, minutes: int, due: str) -> None:
    assert found(start, minutes).due == at(due)


def test_reassignment_after_the_deadline_restarts_nothing() -> None:
    late = found("2026-11-27 09:00", 60, ("2026-11-27 11:00", MomentKind.REASSIGNED))
    assert (late.due, late.breached_by(None)) == (at("2026-11-27 10:00"), True)


def test_automatic_reply_is_no_answer_and_an_answer_at_the_deadline_is_in_time() -> None:
    automatic = found("2026-11-27 09:00", 60, ("2026-11-27 09:01", MomentKind.AUTO_REPLY))
    assert (automatic.answered_at, automatic.breached_by(None)) == (None, True)
    assert not found("2026-11-27 09:00", 60, ("2026-11-27 10:00", MomentKind.ANSWER)).breached_by(None)
    assert found("2026-11-27 09:00", 60, ("2026-11-27 10:00:01", MomentKind.ANSWER)).breached_by(None)


def test_answer_that_is_recorded_late_counts_by_its_own_time() -> None:
    events = (("2026-11-27 11:00", MomentKind.REASSIGNED), ("2026-11-27 09:30", MomentKind.ANSWER))
    assert not found("2026-11-27 09:00", 60, *events).breached_by(None)


def test_clock_that_is_set_back_never_ends_a_pause_before_it_began() -> None:
    paused, set_back = at("2026-11-27 09:30"), at("2026-11-27 09:10")
    resumed = recorded_at(set_back, paused)
    moments = [Moment(paused, MomentKind.PAUSE), Moment(resumed, MomentKind.RESUME)]
    assert deadline(at("2026-11-27 09:00"), ClockPolicy(minutes=60), CALENDAR, moments).due == at("2026-11-27 10:00")


def test_open_pause_leaves_the_deadline_open() -> None:
    paused = found("2026-11-27 09:00", 60, ("2026-11-27 09:40", MomentKind.PAUSE))
    assert paused.due is None
    assert [warning.at for warning in paused.warnings] == [at("2026-11-27 09:30"), None]
    assert not paused.breached_by(None)


def test_answer_outside_hours_took_no_working_time() -> None:
    assert working_time(CALENDAR, at("2026-11-28 10:00"), at("2026-11-28 11:00")) == timedelta()


def test_whole_days_meet_without_a_gap() -> None:
    always = calendar_of({"week": {day: ["00:00-24:00"] for day in DAYS}})
    start = at("2026-11-27 23:30")
    assert deadline(start, ClockPolicy(minutes=60), always).due == start + timedelta(hours=1)


def test_calendar_that_never_opens_again_is_an_error() -> None:
    with pytest.raises(CalendarNeverOpensError):
        calendar_of({"week": {}})
    once = calendar_of({"exceptions": [{"from": "2026-01-01", "to": "2026-01-01", "periods": ["09:00-10:00"]}]})
    with pytest.raises(CalendarNeverOpensError):
        deadline(at("2026-11-27 09:00"), ClockPolicy(minutes=60), once)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (b"x", "no TOML"),
        (b"\xff", "not UTF-8"),
        (b'timezone = "Mars/Base"', "timezone"),
        (b'[week]\nmoon = ["09:00-18:00"]', "week.moon"),
        (b'[week]\nmon = ["09:00-18:00", "9-10"]', "week.mon[1]"),
        (b'[[exceptions]]\nfrom = "2027-01-02"\nto = "2027-01-01"', "exceptions[0]"),
        (b'[[seasons]]\nfrom = "2027-01-02"\nto = "2027-01-03"', "seasons[0].week is missing"),
    ],
)
def test_bad_calendar_is_refused_with_the_place(text: bytes, place: str) -> None:
    with pytest.raises(BadCalendarError) as refused:
        parse_calendar(text)
    assert place in refused.value.detail


def test_command_prints_the_deadline_with_offsets(tmp_path: Path) -> None:
    calendar, events = tmp_path / "calendar.toml", tmp_path / "events.jsonl"
    calendar.write_bytes(FILE)
    events.write_text(
        '{"at": "2026-11-27 12:40", "kind": "pause"}\n{"at": "2026-11-27T12:50+05:00", "kind": "resume"}\n'
    )
    app = typer.Typer()
    app.add_typer(leads.app, name="leads")
    asked = [
        "leads",
        "deadline",
        "--calendar",
        str(calendar),
        "--from",
        "2026-11-27 12:30",
        "--minutes",
        "60",
        "--json",
    ]
    plain = json.loads(CliRunner().invoke(app, asked).stdout)
    assert plain["due"] == "2026-11-27T15:00:00+05:00"
    assert set(plain) == {"due", "warnings", "paused"}
    told = json.loads(CliRunner().invoke(app, [*asked, "--events", str(events)]).stdout)
    assert told["due"] == "2026-11-27T15:10:00+05:00"
    assert (told["answered_at"], told["breached"]) == (None, True)
    events.write_text("\x00\n")
    refused = CliRunner().invoke(app, [*asked, "--events", str(events)])
    assert (refused.exit_code, "Line 1" in refused.stderr) == (2, True)


def test_answer_in_the_hour_that_clocks_repeat_is_late_by_its_instant() -> None:
    """At 01:50 before clocks go back the answer is due; it comes at 01:10 after they went back, 20 minutes later."""
    calendar = calendar_of({"timezone": "America/New_York", "week": {"sun": ["00:00-24:00"]}})
    start = datetime(2026, 11, 1, 5, 20, tzinfo=UTC)
    answer = Moment(datetime(2026, 11, 1, 6, 10, tzinfo=UTC), MomentKind.ANSWER)
    promise = deadline(start, ClockPolicy(minutes=30), calendar, [answer])
    assert promise.due is not None
    assert promise.due.astimezone(UTC) == datetime(2026, 11, 1, 5, 50, tzinfo=UTC)
    assert promise.breached_by(None)
