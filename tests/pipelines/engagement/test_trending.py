"""A search becomes a trend when many looked for it on several days, and never when it may hold personal data."""

from datetime import timedelta
from typing import Any

import pytest

from pipelines.engagement.trending import missing_searches, popular_makes, told_as
from tests.factories.engagement import HOUR, event, frame

NAMED = {"alto", "toyota", "corolla", "lx"}


def asked(devices: int, days: int, query: str = "Tesla Model 3", **columns: Any) -> list[dict[str, Any]]:
    plain = {"type": "search", "listing_id": None, "query": query, "results": 0}
    found = []
    for number in range(devices * days):
        of_device = {"device": number % devices + 1, "session": number % devices}
        found.append(event(number, **plain | of_device | {"at": HOUR + timedelta(days=number % days)} | columns))
    return found


def trends(events: list[dict[str, Any]]) -> list[tuple[str, int, int, int]]:
    rows = missing_searches(frame(events).lazy(), NAMED)
    return rows.select("text", "devices", "days", "searches").rows()


def test_search_without_results_is_named_from_twenty_devices_on_three_days() -> None:
    assert trends(asked(20, 3)) == [("tesla model 3", 20, 3, 60)]
    assert trends(asked(19, 30)) == []
    assert trends(asked(23, 2)) == []
    assert trends(asked(20, 3, results=4)) == []
    assert trends(asked(20, 3, mark="bot")) == []
    assert trends(asked(20, 3, device=0)) == []
    assert trends([*asked(10, 3, "tesla MODEL 3"), *[each | {"device": each["device"] + 50} for each in asked(10, 3)]])


def test_one_person_on_many_devices_makes_no_trend() -> None:
    assert trends(asked(25, 3, person=7)) == []


@pytest.mark.parametrize(
    "query",
    [
        "call 0300 1234567", "+92 300 1234567", "35202-1234567-1", "me@example.pk", "at [phone]", "LEA-1234", "abc 123",
        "LE-18-1234", "3 0 0 1 2 3 4 5", "۰۳۰۰ ۱۲۳۴۵۶۷", "ict 99", "", "x" * 300,
    ],
)  # fmt: skip
def test_what_may_be_personal_is_never_named(query: str) -> None:
    assert told_as(query, NAMED) is None
    assert trends(asked(30, 5, query)) == []


@pytest.mark.parametrize("query", ["alto 2018", "LX570", "corolla cross", "lx 570 lahore", "کرولا"])
def test_names_of_cars_with_numbers_are_no_plates(query: str) -> None:
    assert told_as(query, NAMED) is not None


def test_popular_makes_need_as_many() -> None:
    views = [event(n, device=n % 20 + 1, at=HOUR + timedelta(days=n % 3)) for n in range(60)]
    assert popular_makes(frame(views).lazy()).rows() == [("Toyota", 20, 3, 60)]
    assert popular_makes(frame(views[:50]).filter(device=1).lazy()).is_empty()
