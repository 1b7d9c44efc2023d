"""The funnel joins what one shopper did with one car, and nobody else's steps."""

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from pipelines.engagement.funnel import FUNNEL_BY, FUNNEL_COLUMNS, STEPS, counted_steps, funnel
from tests.factories.engagement import HOUR, drawn, event, frame, name

ALICE, BOB = 71, 72
COUNTER = iter(range(1, 10_000))


def at(seconds: int, **columns: Any) -> dict[str, Any]:
    return event(next(COUNTER), at=HOUR + timedelta(seconds=seconds), **columns)


def row(events: list[dict[str, Any]], key: str, by: Any = "dealer") -> dict[str, Any]:
    (found,) = funnel(counted_steps(frame(events).lazy()), by).filter(pl.col("key") == key).to_dicts()
    return found


def steps(found: dict[str, Any]) -> tuple[int | None, ...]:
    return tuple(found[step] for step in STEPS)


DEALER, NEXT_DEALER = name(101), name(102)
SEARCH = {"type": "search", "listing_id": None, "org_id": None, "make": None, "model": None, "city": None}
WAY = [
    at(0, **SEARCH, query_id="q1"),
    at(5, type="listing_impression", query_id="q1"),
    at(10, query_id="q1"),
    at(40, type="whatsapp_click"),
    at(110, type="lead_created", lead_id=name(1)),
    at(500, type="deposit_opened", deposit_id=name(2), device=0, session=None),
    at(900, type="listing_sold", device=0, session=None),
]


def test_shopper_is_followed_from_search_to_sale() -> None:
    found = row(WAY, DEALER)
    assert steps(found) == (1, 1, 1, 1, 1, 1)
    assert [found[f"{step}_p50_s"] for step in ("view", "contact", "lead", "deposit", "sold")] == [
        10,
        30,
        100,
        490,
        890,
    ]
    for by, key in (("model", "Toyota|Corolla"), ("city", "Lahore"), ("source", "feed")):
        assert steps(row(WAY, key, by)) == (1, 1, 1, 1, 1, 1)


def test_step_without_any_event_is_unknown_and_one_that_nobody_came_to_is_nought() -> None:
    assert steps(row(WAY[2:3], DEALER)) == (None, 1, None, None, None, None)
    other = at(0, org_id=NEXT_DEALER, listing_id=name(2), type="call_click")
    found = row([*WAY[2:3], other], DEALER)
    assert (steps(found), found["contact_p50_s"]) == ((None, 1, 0, None, None, None), None)


def test_two_people_on_one_phone_are_never_joined() -> None:
    looked = at(0, person=ALICE, session=1)
    called = at(60, person=BOB, session=2, type="call_click")
    found = row([looked, called], DEALER)
    assert (found["view"], found["contact"], found["contact_p50_s"]) == (1, 1, None)
    unnamed = [at(5, session=3), at(65, session=4, type="call_click")]  # either of both may have been it
    found = row([looked, called, *unnamed], DEALER)
    assert (found["view"], found["contact"], found["contact_p50_s"]) == (2, 2, None)
    both_in_one = [at(0, person=ALICE), at(9, person=BOB), at(20), at(50, type="call_click", person=BOB)]
    assert row(both_in_one, DEALER)["contact_p50_s"] == 41


def test_person_is_one_shopper_on_two_devices_and_before_the_login_of_a_session() -> None:
    events = [
        at(0, device=5, session=1), at(10, device=5, session=1, person=ALICE, type="favourite"),
        at(100, device=6, session=2, person=ALICE, type="call_click"),
    ]  # fmt: skip
    assert (row(events, DEALER)["view"], row(events, DEALER)["contact_p50_s"]) == (1, 100)


def test_moved_car_leaves_its_views_with_the_first_dealer() -> None:
    moved = [at(0), at(100, org_id=NEXT_DEALER, type="call_click"), at(200, org_id=NEXT_DEALER)]
    assert (row(moved, DEALER)["view"], row(moved, DEALER)["contact"]) == (1, 0)
    found = row(moved, NEXT_DEALER)
    assert (found["view"], found["contact"], found["contact_p50_s"]) == (1, 1, None)


def test_bots_and_foreign_searches_count_nowhere() -> None:
    events = [at(0, mark="bot"), at(1, device=9, **SEARCH, query_id="q1"), at(2, query_id="q1")]
    assert steps(row(events, DEALER))[:2] == (0, 1)


def test_lead_of_an_unknown_device_is_counted_and_not_timed() -> None:
    events = [at(0), *(at(5, type="lead_created", device=0, session=None, lead_id=name(each)) for each in (1, 2, 2))]
    assert (row(events, DEALER)["lead"], row(events, DEALER)["lead_p50_s"]) == (2, None)


@pytest.mark.parametrize("by", FUNNEL_BY)
def test_order_and_missing_columns_change_nothing(by: Any) -> None:
    events = frame(drawn(3, 400, hours=3))
    first = funnel(counted_steps(events.lazy()), by)
    assert first.equals(funnel(counted_steps(events.sample(fraction=1, shuffle=True, seed=1).lazy()), by))
    assert tuple(first.columns) == FUNNEL_COLUMNS
    assert funnel(counted_steps(events.clear().lazy()), by).is_empty()
