"""Aggregates against an oracle in plain Python, over events with missing fields in any order."""

from collections import defaultdict
from datetime import timedelta
from random import Random
from typing import Any

import polars as pl
import pytest

from core.db.tables.engagement_aggregates import EngagementAggregate
from pipelines.engagement.aggregates.combining import combine
from pipelines.engagement.aggregates.hourly import AGGREGATE_COLUMNS, aggregate_hour
from tests.factories.engagement import HOUR, drawn, event, frame, name

KEYS = {"listing": "listing_id", "dealer": "org_id", "branch": "branch_id", "city": "city", "channel": "channel"}


def oracle(events: list[dict[str, Any]], dimension: str) -> dict[tuple[str, str | None], dict[str, int]]:
    """Count one event after the other."""
    counts: dict[Any, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    devices, sessions = defaultdict(set), defaultdict(set)
    for each in events:
        key = each.get(KEYS[dimension])
        if key is None:
            continue
        cell = (key, each.get("org_id") if dimension in ("listing", "dealer", "branch") else None)
        found, counted = counts[cell], each["mark"] == "none"
        found["events"] += 1
        found["late_after_close"] += each["after_close"]
        found["leads"] += counted and each["type"] == "lead_created"
        found["contacts"] += counted and each["type"] in ("contact_reveal", "whatsapp_click")
        if each["type"] == "listing_view":
            found["views"] += counted
            found["bot_views"] += each["mark"] == "bot"
            found["staff_views"] += each["mark"] in ("staff", "owner")
            found["dwell_ms"] += (each.get("dwell_ms") or 0) if counted else 0
            if counted and each["device"] != 0:
                devices[cell].add(each["device"])
            if counted and each["session"] is not None:
                sessions[cell].add(each["session"])
    return {
        cell: dict(found) | {"visitors": len(devices[cell]), "sessions": len(sessions[cell])}
        for cell, found in counts.items()
    }


def rows_of(aggregates: pl.DataFrame, dimension: str) -> dict[tuple[str, str | None], dict[str, int]]:
    rows = aggregates.filter(pl.col("dimension") == dimension).to_dicts()
    return {(row["key"], row["org_id"]): row for row in rows}


@pytest.mark.parametrize("dimension", KEYS)
@pytest.mark.parametrize("seed", range(5))
def test_aggregates_equal_the_oracle(dimension: str, seed: int) -> None:
    events = drawn(seed, 400)
    found, expected = rows_of(aggregate_hour(frame(events).lazy()), dimension), oracle(events, dimension)
    assert found.keys() == expected.keys()
    for cell, counts in expected.items():
        assert {measure: found[cell][measure] for measure in counts} == counts, cell


@pytest.mark.parametrize("seed", range(4))
def test_order_of_deliveries_changes_nothing(seed: int) -> None:
    events = drawn(seed, 300)
    first = aggregate_hour(frame(events).lazy())
    Random(seed).shuffle(events)
    assert aggregate_hour(frame(events).lazy()).equals(first)


@pytest.mark.parametrize("seed", range(4))
def test_hours_add_up_to_the_day_and_people_count_once(seed: int) -> None:
    events = drawn(seed, 600, hours=5)
    hours = [HOUR + timedelta(hours=each) for each in range(5)]
    parts = [aggregate_hour(frame([e for e in events if e["hour"] == hour]).lazy()) for hour in hours]
    assert combine(pl.concat(parts)).equals(aggregate_hour(frame(events).lazy()))


def test_views_of_a_moved_car_stay_with_the_dealer_who_offered_it() -> None:
    events = frame([event(1), event(2, org_id=name(102)), event(3, org_id=name(102), device=2)])
    cars = rows_of(aggregate_hour(events.lazy()), "listing")
    assert {org: row["views"] for (_, org), row in cars.items()} == {name(101): 1, name(102): 2}


def test_later_places_count_for_less_examination() -> None:
    shown = frame([event(n, type="listing_impression", position=place) for n, place in enumerate((1, 40), 1)])
    alone = aggregate_hour(shown.head(1).lazy())["examined"][0]
    both = aggregate_hour(shown.lazy())["examined"][0]
    assert alone == 1_000_000
    assert alone < both < 1.1 * alone


def test_hour_without_events_has_no_rows() -> None:
    empty = aggregate_hour(frame([]).lazy())
    assert (empty.height, tuple(empty.columns)) == (0, AGGREGATE_COLUMNS)
    assert combine(empty).height == 0


def test_table_has_the_columns_that_are_counted() -> None:
    columns = [column.name for column in EngagementAggregate.__table__.columns]
    assert columns == ["grain", "starts", *AGGREGATE_COLUMNS]
