"""A lead from the buyer's message to its breach: stored, timed, pushed live, told to people, and on record."""

from datetime import timedelta

import httpx
from sqlalchemy import select

from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.db.tables.audit import AuditRecord
from core.identity.contacts import phone
from pipelines.leads.log import derived, projection_of
from tests.api.conftest import Add
from tests.api.leads_desk import BUYER, ask, made, proof_of, stored
from tests.api.live_client import events, numbering, opened, read
from tests.api.people import People
from tests.api.test_lead_notices import AGENT, MANAGER, ORG, staff
from tests.factories.lead_desks import Stage
from tests.factories.live import number_waiting


def test_lead_is_stored_timed_pushed_told_and_recorded(
    client: httpx.Client, people: People, add: Add, session_factory: SessionFactory
) -> None:
    stage = Stage(session_factory, people.keys)
    stage.open_desk(people.org(ORG), reassign_minutes=90)
    agent = staff(client, people, AGENT, Role.SALES_AGENT)
    manager = staff(client, people, MANAGER, Role.BRANCH_MANAGER)
    car, proof = add(org=ORG), proof_of(people, session_factory)
    number_waiting(session_factory)  # the events of the car itself
    with numbering(session_factory), opened(client, manager.token) as socket:
        assert read(socket)["type"] == "ready"
        lead_id = made(ask(client, car, contact_proof=proof, name="Bilal"))
        stage.work()
        client.post(f"/v1/leads/{lead_id}/assign", json={"owner_id": str(agent.user_id)}, headers=manager.headers)
        stage.work()
        stage.deliver()
        for minutes in (31, 18, 12, 60, 31, 1):
            stage.work(timedelta(minutes=minutes))
            stage.deliver()
        body = {"kind": "reply", "text": "Come on Saturday."}
        answered = client.post(f"/v1/leads/{lead_id}/events", json=body, headers=manager.headers)
        assert answered.status_code == 201, answered.text
        while stage.states("lead_reply") != [("sent", None)]:  # the buyer's night is quiet, whenever this test runs
            stage.passed += timedelta(hours=1)
            stage.deliver()
        lead, happened, clocks, timers = stored(session_factory, lead_id)
        pushed = events(socket, lead.last_number)

    steps = [event.reason for event in happened if event.kind == "sla"]
    assert steps == ["warning_50", "warning_80", "breach", "escalation_1", "reassign"]
    assert [timer.issued_at is not None for timer in timers] == [True] * len(timers)
    assert (lead.state, clocks[0].late, clocks[0].breached_at is not None) == ("contacted", True, True)
    assert [event["data"]["number"] for event in pushed] == [event.number for event in happened]
    assert [event["data"]["reason"] for event in pushed if event["kind"] == "sla"] == steps
    assert "Bilal" not in str(pushed)
    told = {(message.recipient.value, message.content.subject.partition(":")[0]) for message in stage.sent}
    assert {
        (AGENT, "A buyer waits for you"),
        (AGENT, "50 % of the time to answer is gone"),
        (AGENT, "80 % of the time to answer is gone"),
        (AGENT, "The time to answer is over"),
        (MANAGER, "A buyer of your team still waits"),
        (MANAGER, "A buyer waits for you"),
    } <= told
    assert (phone(BUYER).value, "Khan-Motors answers you about the Toyota") in told
    with transaction(session_factory) as session:
        assert derived(session, lead_id) == projection_of(lead)
        of_lead = select(AuditRecord.action).where(AuditRecord.subject_id == str(lead_id))
        acts = session.scalars(of_lead.order_by(AuditRecord.recorded_at, AuditRecord.id)).all()
    assert acts == ["leads.create", "leads.assign", "leads.work"]
