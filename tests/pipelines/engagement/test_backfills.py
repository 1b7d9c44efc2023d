"""A backfill of everything brings back nothing erased, drops nothing incomplete, and moves no car to another dealer."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import polars as pl
from sqlalchemy import text

from core.clock import utc_now
from core.db.session import SessionFactory, Transaction
from core.engagement.digests import person_number
from core.outbox.emit import emit
from core.outbox.events import NewEvent
from core.outbox.follow import following
from core.storage import Storage
from pipelines.engagement.aggregates.ranges import count_range
from pipelines.engagement.capture.batch import Caller
from pipelines.engagement.capture.capturing import capture
from pipelines.engagement.cold.compacting import compact
from pipelines.engagement.cold.parquet import PREFIX
from pipelines.engagement.consumers import SERVER_TRUTH
from pipelines.engagement.days import DayRange
from pipelines.engagement.following import following_changes
from serving.engagement.personal_data import erase_person_events
from tests.factories.batches import NOW, READER, sent_batch, sent_event
from tests.factories.engagement import event
from tests.factories.listings import add_listing, dealer
from tests.factories.turns import OneTurn

ONE = timedelta(hours=1)
ALICE = uuid4()
REMEMBERED = {"engagement_erasures"}  # by which a replay is refused
Delivery = tuple[datetime, dict[str, Any], Caller]


def deliver(opened: Transaction, deliveries: list[Delivery]) -> set[tuple[str, str | None]]:
    with opened() as session:
        read = [READER.read(batch, at, caller) for at, batch, caller in deliveries]
        return {(each.status, each.code) for answers in capture(session, read) for each in answers}


def close_and_count(opened: Transaction, storage: Storage, now: datetime) -> None:
    compact(opened, storage, now)
    days = DayRange.of(NOW - timedelta(days=1)).first, DayRange.of(now).first
    count_range(opened, storage, DayRange(*days), now)


def numbers_everywhere(opened: Transaction, storage: Storage, numbers: set[int]) -> dict[str, int]:
    """Search every bigint of every table, and of every file, for digests of devices and people."""
    columns = text(
        "SELECT c.table_name, c.column_name, c.data_type = 'ARRAY' FROM information_schema.columns c"
        " JOIN information_schema.tables t USING (table_schema, table_name)"
        " WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.udt_name IN ('int8', '_int8')"
        " ORDER BY 1, 2"
    )
    found: dict[str, int] = {}
    with opened() as session:
        for table, column, many in session.execute(columns).all():
            condition = f'"{column}" {"&&" if many else "= ANY("} CAST(:numbers AS bigint[]){"" if many else ")"}'
            hits = session.scalar(text(f'SELECT count(*) FROM "{table}" WHERE {condition}'), {"numbers": [*numbers]})
            if hits:
                found[table] = found.get(table, 0) + hits
    for key in storage.keys(PREFIX):
        rows = pl.read_parquet(storage.get(key))
        if rows.filter(pl.col("device").is_in(numbers) | pl.col("person").is_in(numbers)).height:
            found[key] = 1
    return found


def test_erased_person_is_nowhere_after_a_replay_and_a_full_backfill(opened: Transaction, storage: Storage) -> None:
    with opened() as session:
        car = add_listing(session)
    closed = NOW - 5 * ONE
    mine = Caller(person=ALICE)

    def one(received: datetime, at: datetime, caller: Caller, **fields: Any) -> Delivery:
        return received, sent_batch(sent_event(car, at=at, **fields), at=received, device_id="phone of alice"), caller

    early = [one(closed, closed, mine), one(closed, closed, Caller())]
    later = [
        one(NOW, NOW, mine), one(NOW, closed, mine), one(NOW, closed, Caller()),  # open, late, late and not logged in
        one(NOW, NOW - timedelta(days=9), mine), one(NOW, NOW + 2 * ONE, mine),  # too late, future
        one(NOW, NOW, mine, type="nonsense"),
    ]  # fmt: skip
    other = (NOW, sent_batch(sent_event(car), device_id="phone of bob"), Caller(person=uuid4()))
    deliver(opened, early)
    close_and_count(opened, storage, NOW - ONE)
    deliver(opened, [*later, other])
    close_and_count(opened, storage, NOW + timedelta(minutes=20))
    alice = {person_number(ALICE), READER.digests.device("phone of alice")}
    before = numbers_everywhere(opened, storage, alice)
    assert len([key for key in before if key.startswith(PREFIX)]) == 2
    assert before.keys() >= {"engagement_events", "engagement_apart_events", "engagement_refusals"}

    with opened() as session:
        assert erase_person_events(session, storage, person_number(ALICE)) == 8
    assert deliver(opened, [*early, *later]) == {("rejected", "erased"), ("rejected", "unknown_type")}
    close_and_count(opened, storage, NOW + timedelta(days=5))
    with opened() as session:
        session.execute(text("DELETE FROM engagement_partitions"))
        session.execute(text("DELETE FROM engagement_aggregates"))
    close_and_count(opened, storage, NOW + timedelta(days=5))
    assert numbers_everywhere(opened, storage, alice).keys() - REMEMBERED == set()
    assert numbers_everywhere(opened, storage, {READER.digests.device("phone of bob")})
    with opened() as session:
        views = "SELECT sum(views) FROM engagement_aggregates WHERE grain = 'day' AND dimension = 'all'"
        assert session.scalar(text(views)) == 1


def test_month_of_which_one_file_is_lost_is_backfilled_around_it(
    opened: Transaction, storage: Storage, put: Callable[..., None]
) -> None:
    first = date(2026, 10, 1)
    days = DayRange(first, first + timedelta(days=29))
    now = days.end + timedelta(days=5)
    moments = [days.start + timedelta(days=day, hours=day % 24) for day in range(30)]
    put([event(number + 1, at=at, device=number % 7) for number, at in enumerate(moments)])
    compact(opened, storage, now)
    assert count_range(opened, storage, days, now).hours == 30
    before = all_rows(opened)
    storage.delete(sorted(storage.keys(PREFIX))[20])
    assert len(count_range(opened, storage, days, now).refused) == 1
    assert all_rows(opened) == before
    with opened() as session:  # another backfill, of hours that count as never counted
        session.execute(text("UPDATE engagement_partitions SET input_digest = 'other'"))
    again = count_range(opened, storage, days, now)
    assert (again.hours, again.unchanged_hours, len(again.refused), len(again.waiting_days)) == (29, 0, 1, 1)
    assert all_rows(opened) == before


def all_rows(opened: Transaction) -> list[tuple[Any, ...]]:
    with opened() as session:
        found = session.execute(
            text("SELECT * FROM engagement_aggregates ORDER BY grain, starts, dimension, key, org_id")
        )
        return [tuple(row) for row in found]


def test_moved_car_leaves_views_and_leads_with_its_first_dealer_after_a_backfill(
    opened: Transaction, storage: Storage, session_factory: SessionFactory
) -> None:
    with opened() as session:
        car = add_listing(session)
        first = session.scalar(text("SELECT org_id FROM listings"))
        second = dealer(session, "other-motors").id
        named = {"listing_id": str(car), "device_id": "phone-1", "session_id": "s1", "query_id": "q-1"}
        emit(session, "lead", NewEvent(uuid4(), "created", payload=named))
    seen = utc_now()
    deliver(opened, [(seen, sent_batch(sent_event(car, at=seen), at=seen), Caller())])
    move(opened, car, second)
    turn = following(SERVER_TRUTH, following_changes(READER.digests))
    while turn(OneTurn(session_factory)):  # type: ignore[arg-type]
        pass
    later = seen + timedelta(days=4)
    for _ in range(2):
        compact(opened, storage, later)
        days = DayRange(DayRange.of(seen).first, DayRange.of(later).first)
        count_range(opened, storage, days, later)
        assert by_dealer(opened) == {str(first): (1, 1)}
        with opened() as session:
            session.execute(text("DELETE FROM engagement_partitions"))
            session.execute(text("DELETE FROM engagement_aggregates"))


def move(opened: Transaction, car: UUID, org: UUID) -> None:
    change = "UPDATE listings SET org_id = :org, file_id = NULL, row_number = NULL, source = 'form' WHERE id = :car"
    with opened() as session:
        session.execute(text(change), {"org": org, "car": car})


def by_dealer(opened: Transaction) -> dict[str, tuple[int, int]]:
    query = text(
        "SELECT key, sum(views) AS views, sum(leads) AS leads FROM engagement_aggregates"
        " WHERE grain = 'hour' AND dimension = 'dealer' GROUP BY key HAVING sum(views) + sum(leads) > 0 ORDER BY key"
    )
    with opened() as session:
        return {row.key: (int(row.views), int(row.leads)) for row in session.execute(query)}
