"""One consumer's reading: each event once, none lost, in the order of each subject, whatever commits when."""

import json
from uuid import uuid4

import pytest
from sqlalchemy import text

from core.db.session import SessionFactory, transaction
from core.outbox.consumers import Consumer
from core.outbox.emit import emit
from core.outbox.events import NewEvent
from core.outbox.lag import consumer_lag
from core.outbox.reader import OutboxReader
from core.outbox.restore import adopt_restored_outbox
from tests.core.outbox.conftest import AUDITOR, Read
from tests.factories.listings import add_listing, add_many, change_listing

OTHER = Consumer("other", ("listing",))


def test_late_commit_of_an_early_number_is_not_stepped_over(session_factory: SessionFactory, read: Read) -> None:
    with session_factory() as slow:
        late = add_listing(slow)
        with transaction(session_factory) as session:
            quick = add_listing(session, org="other-dealer")
        assert [event.subject_id for event in read()] == [quick]
        assert read() == []
        slow.commit()
    assert [event.subject_id for event in read()] == [late]


def test_order_of_a_subject_is_that_of_its_commits_and_not_of_transaction_ids(
    session_factory: SessionFactory, read: Read
) -> None:
    with transaction(session_factory) as session:
        car = add_listing(session)
    with session_factory() as early:
        emit(early, "lead", NewEvent(uuid4(), "sent"))  # takes the smaller transaction id
        with transaction(session_factory) as session:
            change_listing(session, car, price_pkr=2)
        change_listing(early, car, city="Multan")
        early.commit()
    mine = [event for event in read() if event.subject_id == car]
    assert [event.sequence for event in mine] == [1, 2, 3]
    assert [event.payload["new"]["price_pkr"] for event in mine] == [3_500_000, 2, 2]


@pytest.mark.parametrize("most", [1, 2, 7, 999, 1000, 1001])
def test_long_backlog_comes_in_parts_without_gap_or_repetition(
    session_factory: SessionFactory, read: Read, most: int
) -> None:
    with session_factory() as slow:
        late = add_listing(slow, org="slow-dealer")
        with transaction(session_factory) as session:
            add_many(session, 20 if most < 10 else 2_500)
        cars = []
        for turn in range(10_000):
            events = read(most=most)
            if turn == 1:
                slow.commit()  # while the backlog is read: it belongs to the next one
            if not events:
                break
            assert len(events) <= most
            cars += [event.subject_id for event in events]
    with session_factory() as session:
        known = set(session.scalars(text("SELECT id FROM listings")))
    assert (len(cars), set(cars)) == (len(known), known)
    assert late in cars


@pytest.mark.parametrize("most", [1, 2, 3, 10])
def test_parts_of_many_rows_of_one_event_are_whole(session_factory: SessionFactory, read: Read, most: int) -> None:
    for number in range(11):
        with transaction(session_factory) as session:
            emit(session, "lead", NewEvent(uuid4(), str(number)))
    parts = iter(lambda: read(most=most), [])
    assert [event.kind for part in parts for event in part] == [str(number) for number in range(11)]


def test_handling_that_fails_gives_the_same_events_again(session_factory: SessionFactory, read: Read) -> None:
    with transaction(session_factory) as session:
        add_many(session, 9)
    with session_factory() as session:
        reader = OutboxReader(session, AUDITOR)
        first = reader.read(4)
        reader.move(first.position)
        session.rollback()
    assert read(most=4) == first.events
    assert len(read(most=100)) == 6


def test_consumers_do_not_share_a_position_and_get_their_topics_alone(
    session_factory: SessionFactory, read: Read
) -> None:
    with transaction(session_factory) as session:
        add_listing(session)
        emit(session, "lead", NewEvent(uuid4(), "sent"))
        emit(session, "price_band", NewEvent(uuid4(), "rated"))
    assert [event.topic for event in read(OTHER)] == ["listing"]
    assert [event.topic for event in read(AUDITOR)] == ["listing", "lead"]
    assert read(OTHER) == read(AUDITOR) == []


def test_reading_after_a_write_of_the_same_transaction_is_refused(session_factory: SessionFactory) -> None:
    with session_factory() as session:
        add_listing(session)
        with pytest.raises(RuntimeError, match="before anything is written"):
            OutboxReader(session, AUDITOR).read()


def test_lag_counts_single_events_of_the_topics(session_factory: SessionFactory, read: Read) -> None:
    with transaction(session_factory) as session:
        add_many(session, 30)
        emit(session, "price_band", NewEvent(uuid4(), "rated"))
    with session_factory() as session:
        lag = consumer_lag(session, AUDITOR)
    assert (lag.events, lag.seconds > 0) == (31, True)
    read()
    with session_factory() as session:
        assert consumer_lag(session, AUDITOR).events == 0


def test_dump_restored_into_another_server_loses_no_event(session_factory: SessionFactory, read: Read) -> None:
    """There transaction ids begin anew: old positions and events are in the new server's future."""
    with transaction(session_factory) as session:
        seen = add_listing(session)
    read()
    with transaction(session_factory) as session:
        waiting = add_listing(session)
        session.execute(text("UPDATE outbox_events SET xid = (xid::text::bigint + 1000000)::text::xid8"))
        session.execute(
            text("UPDATE outbox_offsets SET server = server - 1, snapshot = CAST(:future AS pg_snapshot)"),
            {"future": "2000000:2000000:"},
        )
    with transaction(session_factory) as session:
        new = add_listing(session)
    with transaction(session_factory) as session:
        assert adopt_restored_outbox(session) == 1
    assert [event.subject_id for event in read()] == [seen, waiting, new]  # at least once, and in order
    with transaction(session_factory) as session:
        assert adopt_restored_outbox(session) == 0
    assert read() == []


def test_payload_is_plain_json(session_factory: SessionFactory, read: Read) -> None:
    with transaction(session_factory) as session:
        add_many(session, 2)
    for event in read():
        assert json.loads(json.dumps(event.payload)) == event.payload
