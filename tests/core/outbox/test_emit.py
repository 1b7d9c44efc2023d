"""Events of other topics: with their transaction or not at all, numbered by subject, small, and never of a listing."""

import threading
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.db.session import SessionFactory, transaction
from core.outbox.emit import emit, emit_rows
from core.outbox.events import LISTING, NewEvent
from tests.core.outbox.conftest import Read
from tests.factories.listings import add_listing


def test_each_door_writes_one_event(session_factory: SessionFactory, read: Read) -> None:
    lead, org, person = uuid4(), uuid4(), uuid4()
    with transaction(session_factory) as session:
        car = add_listing(session)
    with transaction(session_factory) as session:
        emit(session, "lead", NewEvent(lead, "sent", org, person, ("autotrader:public",), {"new": {"n": 1}}))
    events = read()
    assert [(event.topic, event.subject_id, event.kind, event.sequence) for event in events] == [
        ("listing", car, "created", 1),
        ("lead", lead, "sent", 1),
    ]
    told = events[1]
    assert (told.org_id, told.person_id, told.audience, told.payload) == (
        org, person, ("autotrader:public",), {"new": {"n": 1}},
    )  # fmt: skip


def test_events_of_listings_are_refused(session: Session) -> None:
    with pytest.raises(ValueError, match="triggers alone"):
        emit(session, LISTING, NewEvent(uuid4(), "updated"))


def test_rolled_back_event_was_never_told_and_leaves_no_gap(session_factory: SessionFactory, read: Read) -> None:
    lead = uuid4()
    for kind in ("first", "undone", "second"):
        with session_factory() as session:
            emit(session, "lead", NewEvent(lead, kind))
            session.rollback() if kind == "undone" else session.commit()
    assert [(event.kind, event.sequence) for event in read()] == [("first", 1), ("second", 2)]


def test_several_events_of_a_subject_at_once_are_numbered_as_given(session_factory: SessionFactory, read: Read) -> None:
    one, two = uuid4(), uuid4()
    with transaction(session_factory) as session:
        emit(session, "lead", *(NewEvent(subject, kind) for kind in "abc" for subject in (one, two)))
    events = read()
    assert [event.kind for event in events] == list("aabbcc")
    assert [(event.kind, event.sequence) for event in events if event.subject_id == one] == [
        ("a", 1),
        ("b", 2),
        ("c", 3),
    ]


def test_many_events_come_from_a_table(session_factory: SessionFactory, read: Read) -> None:
    with transaction(session_factory) as session:
        session.execute(
            text("""
            CREATE TEMP TABLE many ON COMMIT DROP AS
            SELECT uuidv7() AS subject_id, 'sent' AS kind, NULL::uuid AS org_id, NULL::uuid AS person_id,
              '{}'::text[] AS audience, jsonb_build_object('n', n) AS payload FROM generate_series(1, 3000) n
            """)
        )
        emit_rows(session, "lead", "many")
    assert [event.payload["n"] for event in read()] == list(range(1, 3_001))


def test_payload_is_facts_and_no_document(session: Session) -> None:
    with pytest.raises(ValueError, match="4,000 bytes"):
        emit(session, "lead", NewEvent(uuid4(), "sent", payload={"text": "x" * 5_000}))
    noise = "SELECT string_agg(md5(n::text), '') FROM generate_series(1, 300) n"
    with pytest.raises(DBAPIError, match="payload_is_small"):
        session.execute(text(f"INSERT INTO outbox_events (topic, subject_id, kind, sequence, payload)"
                             f" VALUES ('lead', uuidv7(), 'x', 1, jsonb_build_object('text', ({noise})))"))  # fmt: skip


def test_transactions_that_tell_of_one_subject_take_turns(session_factory: SessionFactory, read: Read) -> None:
    lead, told = uuid4(), threading.Event()

    def second() -> None:
        with transaction(session_factory) as session:
            emit(session, "lead", NewEvent(lead, "later"))
        told.set()

    with session_factory() as session:
        emit(session, "lead", NewEvent(lead, "earlier"))
        thread = threading.Thread(target=second)
        thread.start()
        assert not told.wait(0.5)
        session.commit()
    thread.join(30)
    assert [(event.kind, event.sequence) for event in read()] == [("earlier", 1), ("later", 2)]


def test_transactions_that_tell_of_the_same_subjects_never_block_each_other_for_ever(
    session_factory: SessionFactory, read: Read
) -> None:
    subjects: list[UUID] = [uuid4() for _ in range(40)]
    failures: list[BaseException] = []

    def tell(order: list[UUID]) -> None:
        try:
            for _ in range(5):
                with transaction(session_factory) as session:
                    emit(session, "lead", *(NewEvent(subject, "told") for subject in order))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=tell, args=(order,)) for order in (subjects, subjects[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    events = read()
    for subject in subjects:
        assert [event.sequence for event in events if event.subject_id == subject] == list(range(1, 11))
