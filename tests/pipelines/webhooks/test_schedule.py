"""Retries of a message follow the plan, the jitter and the receiver's Retry-After."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.webhooks.schedule import (
    LONGEST_WAIT,
    PLAN,
    is_given_up,
    next_attempt,
    parse_retry_after,
    quiet_until,
)

NOW = datetime(2026, 5, 2, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WAITS = st.none() | st.timedeltas(timedelta(0), timedelta(days=400))


def test_plan_is_that_of_the_docs() -> None:
    pauses, at = [], NOW
    for attempts in range(12):
        due = next_attempt(attempts, at, None, lambda: 0.0)
        pauses.append(None if due is None else (due - at).total_seconds())
    hours = [3600 * each for each in (2, 5, 10, 14, 20, 24)]
    assert pauses == [0, 5, 300, 1800, *hours, None, None]


@given(st.integers(0, len(PLAN) - 1), WAITS, st.floats(0, 1))
def test_jitter_and_the_receivers_word_only_lengthen_the_plan(
    attempts: int, wait: timedelta | None, drawn: float
) -> None:
    due = next_attempt(attempts, NOW, wait, lambda: drawn)
    assert due is not None
    assert due - NOW >= PLAN[attempts]
    assert due - NOW <= max(PLAN[attempts] * 1.1, min(wait or timedelta(0), LONGEST_WAIT))


@given(st.integers(0, 10**6), WAITS)
def test_endpoint_is_left_in_peace_for_a_bounded_time(failures: int, wait: timedelta | None) -> None:
    until = quiet_until(failures, NOW, wait)
    assert until is None or timedelta(0) < until - NOW <= LONGEST_WAIT
    assert (until is None) == (failures < 5 and not wait)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        (None, None),
        ("", None),
        ("120", timedelta(seconds=120)),
        ("99999999999999999999", DAY),
        ("-5", None),
        ("1.5", None),
        ("۵", None),
        ("Sat, 02 May 2026 09:00:00 GMT", HOUR),
        ("Sat, 02 May 2020 09:00:00 GMT", timedelta(0)),
        ("soon", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(header: str | None, wait: timedelta | None) -> None:
    assert parse_retry_after(header, NOW) == wait


@pytest.mark.parametrize(
    ("failing", "success", "given_up"),
    [
        (12 * HOUR, 5 * DAY, True),
        (11 * HOUR, 5 * DAY, False),
        (4 * DAY, 5 * DAY - HOUR, False),
        (timedelta(0), 30 * DAY, False),
    ],
)
def test_endpoint_is_given_up_after_five_days_and_two_failures_twelve_hours_apart(
    failing: timedelta, success: timedelta, given_up: bool
) -> None:
    assert is_given_up(NOW - failing, NOW - success, NOW) is given_up
