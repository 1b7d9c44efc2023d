"""Waiting leads go out oldest first, each to one person; who leaves hands over."""

from datetime import datetime, timedelta
from threading import Thread
from uuid import UUID

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from core.access.roles import Role
from core.db.ids import new_id
from core.db.session import SessionFactory, transaction
from core.db.tables.leads import Lead, LeadDesk, LeadEvent
from core.db.tables.people import MembershipBranch, OrgMembership, User
from pipelines.leads.assigning.waiting import assign_due
from pipelines.leads.log import NewLeadEvent, append, derived, projection_of
from pipelines.leads.timers import issue_due
from serving.leads.departures import hand_over
from tests.factories.listings import dealer
from tests.pipelines.leads.test_timers import FRIDAY, add_lead

LUNCH = FRIDAY + timedelta(hours=1)  # 13:30 in Karachi: the Friday break


def add_person(session: Session, role: Role = Role.SALES_AGENT, *, blocked: bool = False) -> UUID:
    user = User(id=new_id(), blocked_at=FRIDAY if blocked else None)
    session.add(user)
    session.flush()
    session.add(OrgMembership(user_id=user.id, org_id=dealer(session).id, role=role))
    session.flush()
    return user.id


def assign(factory: SessionFactory, at: datetime = FRIDAY, most: int = 50) -> int:
    return assign_due(lambda: transaction(factory), most, lambda: at)


def owners(factory: SessionFactory) -> list[UUID | None]:
    """Return the owners of all leads, oldest first."""
    with factory() as session:
        return list(session.scalars(select(Lead.owner_id).order_by(Lead.created_at, Lead.id)))


def test_lead_waits_with_its_reason_and_goes_out_oldest_first_when_somebody_comes(
    session_factory: SessionFactory,
) -> None:
    with transaction(session_factory) as session:
        agent = add_person(session)
        for minutes in (2, 0, 1):
            add_lead(session, LUNCH + timedelta(minutes=minutes))
        session.execute(text("UPDATE leads SET waiting_reason = 'new'"))
    assert assign(session_factory, LUNCH) == 0
    with session_factory() as session:
        assert set(session.scalars(select(Lead.waiting_reason))) == {"nobody_on_shift"}
        before = len(session.scalars(select(LeadEvent)).all())
    assert assign(session_factory, LUNCH) == 0
    with session_factory() as session:
        assert len(session.scalars(select(LeadEvent)).all()) == before
    assert assign(session_factory, LUNCH + timedelta(hours=2), most=2) == 2
    assert owners(session_factory) == [agent, agent, None]


def test_blocked_people_and_administrators_get_none_while_there_are_agents(session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        admin = add_person(session, Role.ORG_ADMIN)
        gone, agent = add_person(session, blocked=True), add_person(session)
        add_lead(session)
    assign(session_factory)
    assert owners(session_factory) == [agent]
    with transaction(session_factory) as session:
        for person in (gone, agent):
            session.execute(delete(OrgMembership).where(OrgMembership.user_id == person))
        assert hand_over(session, dealer(session).id, agent) == 1
    assign(session_factory)
    assert owners(session_factory) == [admin]


def test_own_hours_beat_the_calendar_and_who_is_away_gets_none(session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        away, night = add_person(session), add_person(session)
        people = [{"user_id": str(away), "away": True}, {"user_id": str(night), "week": {"fri": ["13:00-14:00"]}}]
        session.add(LeadDesk(org_id=dealer(session).id, rules={"people": people}))
        add_lead(session)
    assert assign(session_factory, FRIDAY) == 0
    assert assign(session_factory, LUNCH) == 1
    assert owners(session_factory) == [night]


def test_two_assigners_at_once_give_each_lead_to_one_person(session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        people = {add_person(session) for _ in range(4)}
        leads = [add_lead(session).id for _ in range(40)]
    threads = [Thread(target=lambda: [assign(session_factory, most=7) for _ in range(8)]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with session_factory() as session:
        given = session.execute(select(LeadEvent.lead_id, LeadEvent.owner_id).where(LeadEvent.kind == "assigned")).all()
    assert sorted(row.lead_id for row in given) == sorted(leads)
    shares = [sum(row.owner_id == person for row in given) for person in people]
    assert shares == [10] * 4


def test_lead_that_nobody_answers_in_time_goes_to_somebody_else_with_the_reason(
    session_factory: SessionFactory,
) -> None:
    policies = [{"first_answer": {"minutes": 30, "warn_at": []}, "reassign_minutes": 30}]
    with transaction(session_factory) as session:
        add_person(session), add_person(session)
        session.add(LeadDesk(org_id=dealer(session).id, policies=policies))
        session.flush()
        lead_id = add_lead(session).id
    assign(session_factory)
    [first] = owners(session_factory)
    late = FRIDAY + timedelta(hours=3)
    assert issue_due(lambda: transaction(session_factory), clock=lambda: late) == 2
    assert owners(session_factory) == [None]
    assign(session_factory, late)
    [second] = owners(session_factory)
    assert second not in (None, first)
    with session_factory() as session:
        reasons = session.scalars(
            select(LeadEvent.reason).where(LeadEvent.lead_id == lead_id).order_by(LeadEvent.number)
        ).all()
        lead = session.get_one(Lead, lead_id)
        assert derived(session, lead_id) == projection_of(lead)
    assert reasons[-4:] == ["breach", "reassign", "no_answer_in_time", "round_robin"]
    assert issue_due(lambda: transaction(session_factory), clock=lambda: late) == 0


@pytest.mark.parametrize(("moves", "reason"), [(False, "owner_left"), (True, "owner_moved")])
def test_who_leaves_or_moves_hands_over_open_leads_at_once(
    session_factory: SessionFactory, moves: bool, reason: str
) -> None:
    from core.identity.orgs import BranchSpec, ensure_branches

    with transaction(session_factory) as session:
        org = dealer(session)
        ensure_branches(session, org, [BranchSpec("dha", "DHA"), BranchSpec("clifton", "Clifton")])
        here, there = session.scalars(text("SELECT id FROM branches ORDER BY code")).all()
        leaving = add_person(session)
        lead, won = add_lead(session), add_lead(session)
        lead.branch_id = won.branch_id = here
        for each in (lead, won):
            append(session, each, NewLeadEvent("assigned", FRIDAY, owner_id=leaving, reason="by_hand"))
        append(session, won, NewLeadEvent("state", FRIDAY, state="won"))
        membership = session.scalars(select(OrgMembership).where(OrgMembership.user_id == leaving)).one()
        if moves:
            session.add(MembershipBranch(membership_id=membership.id, branch_id=there, org_id=org.id))
        else:
            session.delete(membership)
        assert hand_over(session, org.id, leaving) == 1
        session.refresh(lead)
        assert (lead.owner_id, won.owner_id) == (None, leaving)
        events = select(LeadEvent.reason).where(LeadEvent.lead_id == lead.id).order_by(LeadEvent.number)
        assert reason in session.scalars(events).all()
        assert derived(session, lead.id) == projection_of(lead)
