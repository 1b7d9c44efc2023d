"""Events derive the lead, clocks follow the desk, and each step is issued once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.db.ids import new_id
from core.db.session import SessionFactory, transaction
from core.db.tables.leads import Lead, LeadClock, LeadDesk, LeadEvent, LeadTimer
from pipelines.leads.clock_store import sync_clocks
from pipelines.leads.desk import stored_desk
from pipelines.leads.log import NewLeadEvent, append, derived, projection_of, recorded_at
from pipelines.leads.timers import issue_due, timer_backlog
from tests.factories import lead_rows

FRIDAY = datetime(2026, 11, 27, 7, 30, tzinfo=UTC)  # 12:30 in Karachi, half an hour before the break


def add_lead(session: Session, at: datetime = FRIDAY) -> Lead:
    return lead_rows.add_lead(session, at)


def steps(session: Session, lead: Lead) -> dict[str, datetime]:
    rows = session.scalars(select(LeadTimer).where(LeadTimer.lead_id == lead.id))
    return {row.step: row.at for row in rows}


def test_first_answer_is_due_after_the_friday_break(session: Session) -> None:
    found = steps(session, add_lead(session))
    assert found["breach"] == datetime(2026, 11, 27, 10, tzinfo=UTC)  # 15:00 in Karachi
    assert found["warning_50"] == datetime(2026, 11, 27, 8, tzinfo=UTC)
    assert found["escalation_1"] == datetime(2026, 11, 27, 11, tzinfo=UTC)


@pytest.mark.parametrize(("kind", "stops"), [("reply", True), ("call", True), ("note", False), ("auto_reply", False)])
def test_only_an_answer_ends_the_clock_and_its_timers(session: Session, kind: str, stops: bool) -> None:
    lead = add_lead(session)
    append(session, lead, NewLeadEvent(kind, FRIDAY + timedelta(minutes=5)))
    sync_clocks(session, lead, stored_desk(session, lead.org_id))
    clock = session.scalars(select(LeadClock).where(LeadClock.lead_id == lead.id)).one()
    assert (clock.ended_at is not None) is stops
    assert (steps(session, lead) == {}) is stops
    assert lead.state == ("contacted" if stops else "new")


def test_columns_are_what_the_events_say(session: Session) -> None:
    lead, owner = add_lead(session), new_id()
    session.execute(text("INSERT INTO users (id) VALUES (:id)"), {"id": owner})
    for number, event in enumerate(
        [
            NewLeadEvent("assigned", FRIDAY, owner_id=owner, reason="round_robin"),
            NewLeadEvent("tags", FRIDAY, details={"tags": ["hot"]}),
            NewLeadEvent("next_action", FRIDAY, details={"action": "call", "at": FRIDAY.isoformat()}),
            NewLeadEvent("state", FRIDAY, state="lost", reason="bought_elsewhere"),
            NewLeadEvent("buyer_message", FRIDAY),
        ],
        3,
    ):
        append(session, lead, event)
        session.flush()
        assert derived(session, lead.id) == projection_of(lead)
        assert lead.last_number == number
    assert (lead.state, lead.owner_id, lead.tags) == ("assigned", owner, ["hot"])


def test_changed_calendar_moves_open_clocks_and_issues_nothing_twice(session: Session) -> None:
    lead = add_lead(session)

    @contextmanager
    def same() -> Iterator[Session]:
        yield session

    half = datetime(2026, 11, 27, 8, tzinfo=UTC)
    assert issue_due(same, clock=lambda: half) == 1
    week = {"fri": ["09:00-13:00"], "sat": ["09:00-18:00"]}
    session.add(LeadDesk(org_id=lead.org_id, calendar={"timezone": "Asia/Karachi", "week": week}))
    session.flush()
    sync_clocks(session, lead, stored_desk(session, lead.org_id))
    found = steps(session, lead)
    assert found["breach"] == datetime(2026, 11, 28, 4, 30, tzinfo=UTC)
    assert found["warning_50"] == half
    assert issue_due(same, clock=lambda: found["breach"]) == 2  # the warning of 80 % and the breach
    assert issue_due(same, clock=lambda: found["breach"]) == 0


def test_clock_that_was_set_back_records_no_event_before_the_last(session: Session) -> None:
    lead = add_lead(session)
    assert recorded_at(FRIDAY - timedelta(hours=1), lead) == FRIDAY


def test_two_schedulers_at_once_issue_each_step_once(session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        leads = [add_lead(session).id for _ in range(40)]
    late = FRIDAY + timedelta(days=1)
    with session_factory() as session:
        assert timer_backlog(session, late).due == 160

    def work() -> None:
        for _ in range(400):  # a turn may find that the other thread has locked every clock that is due
            issued = issue_due(lambda: transaction(session_factory), 7, lambda: late)
            with session_factory() as session:
                if not issued and timer_backlog(session, late).due == 0:
                    return

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with session_factory() as session:
        issued = session.scalars(select(LeadEvent.reason).where(LeadEvent.kind == "sla")).all()
        told = session.scalar(text("SELECT count(*) FROM outbox_events WHERE topic = 'lead' AND kind = 'sla'"))
        assert timer_backlog(session, late).due == 0
    assert set(issued) == {"breach", "escalation_1", "warning_50", "warning_80"}
    assert len(issued) == told == 4 * len(leads)
