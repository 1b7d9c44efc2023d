"""Dashboards of dealers, statistics of listings and demand in the market, of counted and open hours."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from core.access.roles import Role
from core.clock import utc_now
from core.db.copy import copy_frame
from core.db.session import SessionFactory, Transaction
from core.db.tables import Branch, Listing, Org
from core.storage import Storage
from pipelines.engagement.aggregates.ranges import count_range
from pipelines.engagement.cold.compacting import compact
from pipelines.engagement.days import DayRange, day_of
from pipelines.engagement.funnels import write_funnels
from pipelines.engagement.hours import ensure_hours
from pipelines.engagement.reporting import make_report
from tests.api.conftest import Add, code_of
from tests.api.people import People
from tests.factories.bands import add_band
from tests.factories.engagement import emptied_hours, event, frame

ORG, OTHER = "khan-motors", "clifton-cars"
HOUR = timedelta(hours=1)
Put = Callable[..., None]


@pytest.fixture
def opened(session_factory: SessionFactory) -> Iterator[Transaction]:
    with emptied_hours(session_factory) as opened:
        yield opened


@pytest.fixture
def put(opened: Transaction) -> Put:
    """Write events of a car, as capture stamps them."""

    def put(car: UUID, *events: dict[str, Any]) -> None:
        with opened() as session:
            listing = session.get_one(Listing, car)
            owner = {"listing_id": str(car), "org_id": str(listing.org_id)}
            branch = {"branch_id": None if listing.branch_id is None else str(listing.branch_id)}
            rows = frame([event(1, event_id=str(uuid4()), **(owner | branch | each)) for each in events])
            ensure_hours(session, rows["hour"])
            copy_frame(session, "engagement_events", rows)

    return put


def asked(client: httpx.Client, person: Any, path: str = f"/v1/orgs/{ORG}/analytics", **params: str) -> dict[str, Any]:
    answer = client.get(path, params=params, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def counted(opened: Transaction, storage: Storage, days: DayRange) -> None:
    compact(opened, storage, utc_now())
    result = count_range(opened, storage, days, utc_now())
    assert result.refused == []


def some_days_ago(days: int, hour: int = 9) -> datetime:
    return (utc_now() - timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)


def test_dashboard_counts_people_once_over_counted_and_open_hours_as_the_report_does(
    client: httpx.Client, people: People, add: Add, put: Put, opened: Transaction, storage: Storage
) -> None:
    manager, car, second = people.person((ORG, Role.ORG_ADMIN)), add(), add()
    foreign = add(org=OTHER)
    past, now = some_days_ago(2), utc_now()
    days = DayRange(day_of(past), day_of(now))
    lead = {"type": "lead_created", "device": 0, "session": None}
    bot = {"device": 9, "mark": "bot"}
    seen = [
        {"at": past},
        {"at": past + HOUR, "device": 2, "session": 12},
        {"at": past, **lead},
        {"at": past + 2 * HOUR, **bot},
    ]
    put(car, *seen, {"at": past, "type": "call_click"})
    put(second, {"at": past + HOUR})
    put(foreign, {"at": past, "device": 77}, {"at": now, "device": 78})
    counted(opened, storage, days)
    put(car, {"at": now}, {"at": now, "device": 3, "session": 13}, {"at": now, "mark": "owner"})
    span = {"from": str(days.first), "to": str(days.last)}
    found = asked(client, manager, by="listing", **span)
    figures = found["activity"]["figures"]
    assert {name: figures[name] for name in ("views", "visitors", "sessions", "contacts", "leads")} == {
        "views": 5, "visitors": 3, "sessions": 3, "contacts": 1, "leads": 1,
    }  # fmt: skip
    assert (figures["bot_views"], figures["staff_views"], figures["contact_rate"]) == (1, 1, 0.2)
    assert [(row["key"], row["views"], row["visitors"]) for row in found["activity"]["rows"]] == [
        (str(car), 4, 3), (str(second), 1, 1),
    ]  # fmt: skip
    assert found["activity"]["uniques"] == "exact"
    assert asked(client, manager, **span)["activity"]["figures"] == figures  # read as a sum
    open_hour = now.replace(minute=0, second=0, microsecond=0)
    assert datetime.fromisoformat(found["activity"]["complete_until"]) == open_hour
    assert found["previous"]["figures"]["views"] == 0

    by_day = asked(client, manager, by="day", **span)["activity"]["rows"]
    assert {row["key"]: row["views"] for row in by_day} == {str(day_of(past)): 3, str(day_of(now)): 2}
    for by, key in (("model", "Toyota Corolla"), ("city", "Lahore"), ("source", "feed")):
        (row,) = asked(client, manager, by=by, **span)["activity"]["rows"]
        assert (row["key"], row["views"], row["visitors"], row["leads"]) == (key, 5, 3, 1)
    old = {"from": str(days.first), "to": str(days.first)}
    with opened() as session:
        report = make_report(session, DayRange(days.first, days.first), "dealer")
        (row,) = [each for each in report.rows if each["key"] == ORG]
    figures = asked(client, manager, **old)["activity"]["figures"]
    assert {name: figures[name] for name in row if name in figures} == {
        name: value for name, value in row.items() if name in figures
    }

    csv = client.get(
        f"/v1/orgs/{ORG}/analytics", params={"format": "csv", "by": "day", **span}, headers=manager.headers
    )
    lines = csv.text.splitlines()
    assert (lines[0].split(",")[:2], lines[-1].split(",")[:2], len(lines)) == (["key", "views"], ["total", "5"], 4)

    with opened() as session:
        session.execute(text("UPDATE engagement_aggregates SET visitor_sketch = NULL, session_sketch = NULL"))
    expired = asked(client, manager, **span)["activity"]  # as where the files are deleted
    assert (expired["uniques"], expired["figures"]["views"], expired["figures"]["visitors"]) == ("expired", 5, 2)


@pytest.mark.parametrize("is_counted", [False, True])
def test_days_are_those_of_karachi_with_the_last_one_included(
    client: httpx.Client, people: People, add: Add, put: Put, opened: Transaction, storage: Storage, *, is_counted: bool
) -> None:
    manager, car = people.person((ORG, Role.ORG_ADMIN)), add()
    day = utc_now().date() - timedelta(days=3)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    last = start + timedelta(hours=18, minutes=59, seconds=59, milliseconds=999)
    moments = [start, last, start + timedelta(hours=19), start + timedelta(days=1)]
    put(car, *({"at": moment, "device": number} for number, moment in enumerate(moments, 1)))
    if is_counted:
        counted(opened, storage, DayRange(day, day + timedelta(days=1)))
    for first, end, views in ((0, 0, 2), (1, 1, 2), (0, 1, 4), (-1, -1, 0)):
        span = {"from": str(day + timedelta(days=first)), "to": str(day + timedelta(days=end))}
        figures = asked(client, manager, **span)["activity"]["figures"]
        assert (figures["views"], figures["visitors"]) == (views, views), span


def test_stock_is_rated_and_stale_cars_get_a_price_of_their_band(
    client: httpx.Client, people: People, add: Add, opened: Transaction
) -> None:
    manager = people.person((ORG, Role.ORG_ADMIN))
    long_ago = utc_now().date() - timedelta(days=90)
    dear, plain = add(listed_on=long_ago, price_pkr=3_600_000), add(price_pkr=None, listed_on=long_ago)
    add(org=OTHER, listed_on=long_ago)
    with opened() as session:
        levels = {"low_90_pkr": 2_900_000, "low_50_pkr": 3_100_000, "high_50_pkr": 3_300_000, "high_90_pkr": 3_550_000}
        add_band(session, dear, 3_000_000, 3_203_456, 3_500_000, **levels)
    stock = asked(client, manager)["stock"]
    assert (stock["cars"], stock["unrated"], stock["stale"]) == (2, 1, 2)
    assert stock["price_position"] == {"great": 0.0, "good": 0.0, "fair": 0.0, "high": 0.0, "overpriced": 1.0}
    cars = {UUID(each["listing_id"]): each for each in stock["stale_cars"]}
    assert (cars[dear]["suggested_price_pkr"], cars[dear]["move_pkr"]) == (3_200_000, -400_000)
    assert cars[plain]["suggested_price_pkr"] is None


def two_branches(opened: Transaction) -> tuple[UUID, UUID]:
    """Return the ids of the organisation's two branches."""
    with opened() as session:
        org = session.query(Org).filter_by(code=ORG).one()
        dha, clifton = (
            session.query(Branch).filter_by(org_id=org.id, code=code).one().id for code in ("dha", "clifton")
        )
    return dha, clifton


def test_role_of_one_branch_sees_that_branch_alone(
    client: httpx.Client, people: People, add: Add, put: Put, opened: Transaction, storage: Storage
) -> None:
    people.org(ORG)
    mine, others = two_branches(opened)
    near, far = add(branch_id=mine), add(branch_id=others)
    put(near, {"at": utc_now()})
    put(far, {"at": utc_now(), "device": 5}, {"at": utc_now(), "device": 6})
    manager = people.person((ORG, Role.BRANCH_MANAGER), branches=("dha",))
    found = asked(client, manager, by="listing")
    assert (found["activity"]["figures"]["views"], found["stock"]["cars"]) == (1, 1)
    assert [row["key"] for row in found["activity"]["rows"]] == [str(near)]
    # Counted rows and those of the open hour are read by different statements.
    put(far, {"at": utc_now() - 2 * HOUR}, {"at": utc_now() - 2 * HOUR, "device": 6})
    put(near, {"at": utc_now() - 2 * HOUR})
    counted(opened, storage, DayRange(day_of(utc_now() - 2 * HOUR), day_of(utc_now())))
    for by in ("model", "city", "source"):
        assert [row["views"] for row in asked(client, manager, by=by)["activity"]["rows"]] == [2]
    assert code_of(client.get(f"/v1/listings/{far}/statistics", headers=manager.headers)) == (404, "listing_not_found")


def test_statistics_are_for_the_owner_and_strangers_find_nothing(
    client: httpx.Client, people: People, add: Add, put: Put, opened: Transaction, storage: Storage
) -> None:
    admin, stranger, seller = (
        people.person((ORG, Role.ORG_ADMIN)),
        people.person((OTHER, Role.ORG_ADMIN)),
        people.person(),
    )
    car = add()
    ad = add(org="private-ads", seller_id=seller.user_id)
    past = some_days_ago(1)
    for each in (car, ad):
        put(each, {"at": past}, {"at": past + HOUR, "device": 2, "mark": "bot"})
    counted(opened, storage, DayRange(day_of(past), day_of(past)))
    for each in (car, ad):
        put(each, {"at": utc_now(), "device": 4, "session": 14})
    nowhere, refused = (404, "listing_not_found"), (403, "forbidden")  # the latter to people of no organisation
    for person, own, foreign, outcome in ((admin, car, ad, nowhere), (seller, ad, car, refused)):
        figures = asked(client, person, f"/v1/listings/{own}/statistics")["figures"]
        assert (figures["views"], figures["visitors"], figures["bot_views"]) == (2, 2, 1)
        for missing in (foreign, uuid4()):
            answer = client.get(f"/v1/listings/{missing}/statistics", headers=person.headers)
            assert code_of(answer) == outcome
    assert code_of(client.get(f"/v1/listings/{car}/statistics", headers=stranger.headers)) == (404, "listing_not_found")
    assert code_of(client.get(f"/v1/listings/{car}/statistics")) == (401, "login_needed")


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"from": "2026-11-02", "to": "2026-11-01"}, "bad_range"),
        ({"from": "2024-01-01", "to": "2026-11-01"}, "range_too_long"),
        ({"from": "0001-01-01", "to": "0001-01-02"}, "bad_range"),
        ({"to": "9999-12-31"}, "bad_range"),
        ({"from": "1732000000"}, "invalid_request"),
        ({"by": "buyer"}, "invalid_request"),
        ({"by": "\x00"}, "invalid_request"),
        ({"until": "2026-11-01"}, "unknown_parameter"),
    ],
)
def test_impossible_questions_are_refused(
    client: httpx.Client, people: People, params: dict[str, str], code: str
) -> None:
    manager = people.person((ORG, Role.ORG_ADMIN))
    answer = client.get(f"/v1/orgs/{ORG}/analytics", params=params, headers=manager.headers)
    assert (answer.status_code // 100, answer.json()["code"]) == (4, code)


def test_benchmark_needs_five_other_dealers_none_above_half(
    client: httpx.Client, people: People, add: Add, put: Put, opened: Transaction, storage: Storage
) -> None:
    manager = people.person((ORG, Role.ORG_ADMIN))
    add()
    cars = [add(org=f"dealer-{number}") for number in range(4)]
    add(org="dealer-4", visibility="private")
    add(org="dealer-4", visibility="wholesale_public")
    add(org="dealer-4", status="withdrawn")
    (cell,) = asked(client, manager)["benchmarks"]
    assert (cell["city"], cell["body"], cell["cars"], cell["median_days"]) == ("Lahore", "sedan", None, None)
    cars.append(add(org="dealer-4"))
    for car in cars:
        put(car, {"at": utc_now() - HOUR * 2})
    counted(opened, storage, DayRange(day_of(utc_now() - HOUR * 2), day_of(utc_now())))
    (cell,) = asked(client, manager)["benchmarks"]
    assert (cell["dealers"], cell["cars"], cell["views_per_car"]) == (5, 5, 1.0)
    for _ in range(4):
        add(org="dealer-0")
    (cell,) = asked(client, manager)["benchmarks"]
    assert cell["cars"] is None


def test_demand_is_told_when_five_sellers_stay_whoever_reads_it(
    client: httpx.Client, add: Add, put: Put, opened: Transaction, storage: Storage
) -> None:
    cars = [add(org=f"dealer-{number}") for number in range(5)]
    add(org="dealer-5", visibility="wholesale_public")
    moment = utc_now() - HOUR * 2
    for car in cars:
        put(car, {"at": moment}, {"at": moment, "device": 2})
    where = {"make": "toyota", "model": "COROLLA", "city": "Lahore", "month": f"{day_of(moment):%Y-%m}"}

    def demand(**params: str) -> dict[str, Any]:
        answer = client.get("/v1/market-demand", params=where | params)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    assert (demand()["supply"], demand()["demand_index"]) == (None, None)
    cars.append(add(org="dealer-5"))
    put(cars[-1], {"at": moment, "type": "price_drop", "device": 0}, {"at": moment, "mark": "bot"}, {"at": moment})
    counted(opened, storage, DayRange(day_of(moment), day_of(utc_now())))
    found = demand()
    assert (found["supply"], found["views"], found["demand_index"]) == (6, 11, 1.8333)
    assert (found["price_drop_share"], found["median_days_to_sell"]) == (0.1667, None)
    assert demand(city="Karachi")["supply"] is None
    assert demand(make="!!")["supply"] is None
    assert client.get("/v1/market-demand", params={"make": "x\x00"}).status_code == 422
    assert client.get("/v1/market-demand", params={"model": "Corolla"}).status_code == 422
    assert client.get("/v1/market-demand", params=where | {"month": "2026-13"}).status_code == 422


def test_dashboard_tells_the_way_from_search_to_sale(
    client: httpx.Client, people: People, add: Add, put: Put, opened: Transaction, storage: Storage
) -> None:
    manager, car = people.person((ORG, Role.ORG_ADMIN)), add()
    day = DayRange(day_of(some_days_ago(2)), day_of(some_days_ago(2)))
    looked = [{"at": day.start, "device": each, "session": each} for each in range(1, 7)]
    called = [
        {"at": day.start + timedelta(seconds=10 * each), "device": each, "session": each, "type": "call_click"}
        for each in range(1, 6)
    ]
    asked_for = {"device": 1, "session": 1, "type": "lead_created", "lead_id": str(uuid4())}
    put(car, *looked, *called, {"at": day.start + timedelta(minutes=9), **asked_for})
    counted(opened, storage, day)
    span = {"from": str(day.first), "to": str(day.last)}
    assert asked(client, manager, **span)["funnel"] is None
    with opened() as session:
        write_funnels(session, storage, day.last)
    funnel = asked(client, manager, **span)["funnel"]
    assert (funnel["from"], funnel["to"]) == (str(day.last - timedelta(days=29)), str(day.last))
    (row,) = funnel["rows"]
    assert [(step["step"], step["count"], step["p50_seconds"], step["p90_seconds"]) for step in row["steps"]] == [
        ("search", None, None, None), ("view", 6, None, None), ("contact", 5, 30, 50), ("lead", 1, None, None),
        ("deposit", None, None, None), ("sold", None, None, None),
    ]  # fmt: skip  # one lead alone is not timed: that would tell when its shopper first came
    for by, key in (("model", "Toyota Corolla"), ("city", "Lahore"), ("source", "feed"), ("day", "total")):
        (row,) = asked(client, manager, by=by, **span)["funnel"]["rows"]
        assert (row["key"], row["steps"][1]["count"]) == (key, 6)
    answer = client.get(
        f"/v1/orgs/{ORG}/analytics", params={"format": "csv", "table": "funnel", **span}, headers=manager.headers
    )
    lines = answer.text.splitlines()
    assert lines[0] == "key,from,to,step,count,p50_seconds,p90_seconds"
    assert (lines[3].split(",")[3:], len(lines)) == (["contact", "5", "30", "50"], 7)
    stranger = people.person((OTHER, Role.ORG_ADMIN))
    assert asked(client, stranger, f"/v1/orgs/{OTHER}/analytics", **span)["funnel"] is None
    with opened() as session:
        write_funnels(session, storage, day.last)  # a second time replaces the first
    assert asked(client, manager, **span)["funnel"] == funnel


def test_role_of_one_branch_reads_the_funnel_of_that_branch(
    client: httpx.Client, people: People, add: Add, put: Put, opened: Transaction, storage: Storage
) -> None:
    people.org(ORG)
    mine, others = two_branches(opened)
    near, far, past = add(branch_id=mine), add(branch_id=others), some_days_ago(2)
    put(near, {"at": past})
    put(far, {"at": past, "device": 5}, {"at": past, "device": 6})
    counted(opened, storage, DayRange(day_of(past), day_of(past)))
    with opened() as session:
        write_funnels(session, storage, day_of(past))
    narrow = people.person((ORG, Role.BRANCH_MANAGER), branches=("dha",))
    admin = people.person((ORG, Role.ORG_ADMIN))
    for person, by, found in (
        (narrow, "day", [(str(mine), 1)]), (narrow, "model", [(str(mine), 1)]),
        (admin, "branch", [(str(others), 2), (str(mine), 1)]),
    ):  # fmt: skip
        rows = asked(client, person, by=by)["funnel"]["rows"]
        assert [(row["key"], row["steps"][1]["count"]) for row in rows] == found
