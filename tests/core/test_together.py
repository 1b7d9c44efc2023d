"""Rows that wait for each other are written by one statement, and a step ends before anything else is asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from core.access.tenant import STEP, Step, platform_step
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.session import SessionFactory, transaction
from core.db.tables.audit import AuditRecord
from core.db.tables.events import OutboxEvent
from core.errors import NotFoundError
from core.outbox.emit import emit
from core.outbox.events import NewEvent

ACTOR = Actor.system("tests")
LEAD = uuid4()


def do(session: Session) -> None:
    """Tell of a change and record it, twice each."""
    for verb in ("made", "sent"):
        emit(session, "lead", NewEvent(LEAD, verb))
        record(session, ACTOR, Act(f"leads.{verb}", "lead", str(LEAD)))


def do_and_fail(session: Session) -> None:
    with platform_step(session, Step.LEAD):
        do(session)
        raise NotFoundError("no such lead")


def written(session: Session) -> tuple[list[tuple[str, int]], list[str]]:
    rows = session.execute(select(OutboxEvent.kind, OutboxEvent.sequence).order_by(OutboxEvent.sequence)).all()
    acts = session.scalars(select(AuditRecord.action).order_by(AuditRecord.action)).all()
    return [(row.kind, row.sequence) for row in rows], list(acts)


BOTH = ([("made", 1), ("sent", 2)], ["leads.made", "leads.sent"])


@contextmanager
def statements(sessions: SessionFactory) -> Iterator[list[str]]:
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        found.append(statement)

    engine = sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_step_writes_its_events_and_records_by_one_statement(session_factory: SessionFactory) -> None:
    with (
        statements(session_factory) as asked,
        transaction(session_factory) as session,
        platform_step(session, Step.LEAD),
    ):
        do(session)
    assert len(asked) == 2  # the step, and all that was written in it
    with session_factory() as session:
        assert written(session) == BOTH


def test_outside_a_step_rows_are_written_at_once(session: Session) -> None:
    do(session)
    assert written(session) == BOTH


def test_error_that_the_caller_survives_loses_nothing(session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        with pytest.raises(NotFoundError):
            do_and_fail(session)
        assert written(session) == BOTH


def test_savepoint_that_is_taken_back_takes_its_rows_along(session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session, platform_step(session, Step.LEAD):
        nested = session.begin_nested()
        do(session)
        nested.rollback()
    with session_factory() as session:
        assert written(session) == ([], [])


def test_step_within_another_writes_before_it_ends(session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session, platform_step(session, Step.DEPOSIT):
        with platform_step(session, Step.LEAD):
            do(session)
        assert written(session) == BOTH
        assert setting(session) == Step.DEPOSIT


def test_step_has_ended_for_the_next_statement_and_the_next_transaction(session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        with platform_step(session, Step.LEAD):
            assert setting(session) == Step.LEAD
        assert not setting(session)
        with platform_step(session, Step.LEAD):
            pass
        with platform_step(session, Step.DEPOSIT):
            assert setting(session) == Step.DEPOSIT
        with platform_step(session, Step.LEAD):
            pass
    with transaction(session_factory) as session:
        assert not setting(session)


def test_step_has_ended_after_a_savepoint_that_failed(session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        nested = session.begin_nested()
        with platform_step(session, Step.LEAD):
            pass
        nested.rollback()
        assert not setting(session)
        assert session.scalar(select(func.count()).select_from(OutboxEvent)) == 0


def setting(session: Session) -> str:
    return session.scalar(text("SELECT current_setting(:name, true)"), {"name": STEP}) or ""
