"""The deadline of every random calendar and history is the one that counting step by step finds."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import event, given, settings

from pipelines.leads.calendars.errors import CalendarNeverOpensError, CalendarTooSeldomError
from pipelines.leads.calendars.reading import calendar_of, spec_of
from pipelines.leads.sla.deadline import deadline, working_time
from pipelines.leads.sla.moments import Moment, MomentKind
from pipelines.leads.sla.policy import ClockPolicy
from tests.examples import examples
from tests.factories.leads import cases
from tests.pipelines.leads.brute_force import clock_is_open, count_deadline

pytestmark = pytest.mark.slow

WINDOW = {60: timedelta(days=9), 1: timedelta(hours=8)}


def in_utc(at: datetime | None) -> datetime | None:
    """Convert a time to UTC: in the hour that clocks repeat, Python calls times of two zones never equal (PEP 495)."""
    return None if at is None else at.astimezone(UTC)


def hold_equal(case: dict[str, Any], step: int) -> None:
    limit = case["start"] + WINDOW[step]
    counted = count_deadline(case, step, limit)
    try:
        calendar = calendar_of(case["calendar"])
        policy = ClockPolicy(minutes=case["minutes"], warn_at=case["warn_at"])
        moments = [Moment(at, MomentKind(kind)) for at, kind in case["events"]]
        found = deadline(case["start"], policy, calendar, moments)
    except (CalendarNeverOpensError, CalendarTooSeldomError):
        event("does not open for long enough")
        assert counted.due is None
        return
    assert calendar_of(spec_of(calendar)) == calendar
    event("paused" if found.paused else "never paused")
    event("answered" if found.answered_at else "unanswered")
    event("due after the window" if counted.due is None else "due")
    if counted.due is None:
        assert found.due is None or found.due > limit
    else:
        assert in_utc(found.due) == in_utc(counted.due)
        assert found.breached_by(None) == (counted.answered_at is None or counted.answered_at > counted.due)
    early = {warning.percent: in_utc(warning.at) for warning in found.warnings if warning.at and warning.at <= limit}
    assert early == {percent: in_utc(at) for percent, at in counted.warnings.items()}
    assert in_utc(found.answered_at) == in_utc(counted.answered_at)
    paused = [(in_utc(pause.start), in_utc(pause.end)) for pause in found.paused]
    assert paused == [(in_utc(start), in_utc(end)) for start, end in counted.paused]
    if found.due is not None:
        assert working_time(calendar, case["start"], found.due, found.paused) == timedelta(minutes=case["minutes"])
    probes = [case["start"] + timedelta(minutes=97 * at) for at in range(40)]
    assert [calendar.is_open(at) for at in probes] == [clock_is_open(case["calendar"], at) for at in probes]


@settings(max_examples=examples(150))
@given(cases(60))
def test_deadline_is_that_of_counting_minute_by_minute(case: dict[str, Any]) -> None:
    hold_equal(case, 60)


@settings(max_examples=examples(30))
@given(cases(1))
def test_deadline_is_that_of_counting_second_by_second(case: dict[str, Any]) -> None:
    hold_equal(case, 1)


@pytest.mark.sweep
@pytest.mark.timeout(3000)
@settings(max_examples=10_000, derandomize=False)
@given(cases(60))
def test_ten_thousand_deadlines_are_those_of_counting_minutes(case: dict[str, Any]) -> None:
    hold_equal(case, 60)


@pytest.mark.sweep
@pytest.mark.timeout(3000)
@settings(max_examples=1_000, derandomize=False)
@given(cases(1))
def test_one_thousand_deadlines_are_those_of_counting_seconds(case: dict[str, Any]) -> None:
    hold_equal(case, 1)


@settings(max_examples=examples(100))
@given(cases(60))
def test_order_of_recording_does_not_matter_between_different_times(case: dict[str, Any]) -> None:
    once = list({at: (at, kind) for at, kind in case["events"]}.values())
    shuffled = random.Random(7).sample(once, len(once))
    try:
        calendar = calendar_of(case["calendar"])
        before, after = (
            deadline(case["start"], ClockPolicy(minutes=case["minutes"]), calendar,
                     [Moment(at, MomentKind(kind)) for at, kind in order])
            for order in (once, shuffled)
        )  # fmt: skip
    except (CalendarNeverOpensError, CalendarTooSeldomError):
        return
    assert before == after
