"""The desk lists, reads, answers and moves leads; each sees what is theirs."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select, text

from core.access.roles import Role
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables import Branch, Org
from core.db.tables.audit import AuditRecord
from core.db.tables.leads import Lead
from core.identity.contacts import phone
from pipelines.leads.adf.prospects import Person as AdfPerson
from pipelines.leads.adf.read import read_adf
from pipelines.leads.adf.rules import faults_of
from pipelines.leads.adf.tree import read_tree
from pipelines.leads.log import derived, projection_of
from tests.api.conftest import Add, code_of
from tests.api.leads_desk import BUYER, OTHER_BUYER, ask, made, stored
from tests.api.people import People, Person

ORG = "khan-motors"


@pytest.fixture
def agent(client: httpx.Client, people: People) -> Person:
    return people.person((ORG, Role.SALES_AGENT))


@pytest.fixture
def manager(client: httpx.Client, people: People) -> Person:
    return people.person((ORG, Role.BRANCH_MANAGER))


@pytest.fixture
def buyer(client: httpx.Client, people: People) -> Person:
    return people.person(contact=phone(BUYER))


@pytest.fixture
def lead(client: httpx.Client, buyer: Person, add: Add) -> UUID:
    return made(ask(client, add(), buyer.headers, name="Bilal"))


def read(client: httpx.Client, person: Person, lead_id: UUID) -> dict[str, Any]:
    answer = client.get(f"/v1/leads/{lead_id}", headers=person.headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def write(client: httpx.Client, person: Person, lead_id: UUID, **body: Any) -> httpx.Response:
    return client.post(f"/v1/leads/{lead_id}/events", json=body, headers=person.headers)


def give(client: httpx.Client, person: Person, lead_id: UUID, owner_id: UUID | None, **headers: str) -> httpx.Response:
    body = {"owner_id": None if owner_id is None else str(owner_id)}
    return client.post(f"/v1/leads/{lead_id}/assign", json=body, headers=person.headers | headers)


def listed(client: httpx.Client, person: Person, **params: Any) -> list[str]:
    answer = client.get("/v1/leads", params=params, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return [each["lead_id"] for each in answer.json()["items"]]


def test_reply_is_sent_stops_the_clock_and_is_recorded(
    client: httpx.Client, people: People, agent: Person, lead: UUID, session_factory: SessionFactory
) -> None:
    answer = write(client, agent, lead, kind="reply", text="Yes, come on Saturday.")
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["state"], told["contact"], told["name"]) == ("contacted", "+923007654321", "Bilal")
    [clock] = told["clocks"]
    assert (clock["late"], clock["answered_at"] is not None) == (False, True)
    assert people.messages(phone(BUYER))[-1]["text"] == "Yes, come on Saturday."
    row, _, clocks, timers = stored(session_factory, lead)
    assert clocks[0].answered_by == agent.user_id
    assert [timer for timer in timers if timer.issued_at is None] == []
    with session_factory() as session:
        of_lead = (
            select(AuditRecord.action).where(AuditRecord.subject_id == str(lead)).order_by(AuditRecord.recorded_at)
        )
        acts = session.scalars(of_lead).all()
        assert derived(session, lead) == projection_of(row)
    assert acts == ["leads.create", "leads.work"]


@pytest.mark.parametrize(
    ("body", "stops"),
    [
        ({"kind": "call"}, True),
        ({"kind": "reply", "text": "By hand", "send": False}, True),
        ({"kind": "note", "text": "Wants red"}, False),
        ({"kind": "auto_reply", "text": "We are closed"}, False),
        ({"kind": "state", "state": "appointment"}, False),
        ({"kind": "state", "state": "lost", "reason": "sold"}, True),
        ({"kind": "tags", "tags": ["hot", "cash", "hot"]}, False),
        ({"kind": "next_action", "action": "Call", "action_at": "2027-01-01T10:00:00+05:00"}, False),
        ({"kind": "pause"}, False),
    ],
)
def test_only_answers_and_the_end_of_the_matter_stop_clocks(
    client: httpx.Client, agent: Person, lead: UUID, body: dict[str, Any], stops: bool
) -> None:
    answer = write(client, agent, lead, **body)
    assert answer.status_code == 201, answer.text
    [clock] = answer.json()["clocks"]
    assert (clock["ended_at"] is not None) is stops
    if body["kind"] == "tags":
        assert answer.json()["tags"] == ["cash", "hot"]
    if body["kind"] == "pause":
        assert clock["due_at"] is None


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "reply"},
        {"kind": "note"},
        {"kind": "state"},
        {"kind": "state", "state": "merged"},
        {"kind": "state", "state": "new"},
        {"kind": "state", "state": "lost"},
        {"kind": "note", "text": "x", "state": "won"},
        {"kind": "next_action"},
        {"kind": "tags"},
        {"kind": "note", "text": "x", "at": "2026-01-01T00:00:00Z"},
        {"kind": "call", "at": "2199-01-01T00:00:00Z"},
        {"kind": "call", "at": "2020-01-01T00:00:00Z"},
        {"kind": "sla"},
        {"kind": "note", "text": "a\0"},
        {"kind": "note", "text": 5},
        {},
    ],
)
def test_bad_event_is_refused_and_changes_nothing(
    client: httpx.Client, agent: Person, lead: UUID, session_factory: SessionFactory, body: dict[str, Any]
) -> None:
    assert write(client, agent, lead, **body).status_code == 422
    assert stored(session_factory, lead)[0].last_number == 1


def test_each_sees_what_is_theirs_and_buyers_see_no_notes(
    client: httpx.Client, people: People, agent: Person, buyer: Person, lead: UUID
) -> None:
    assert write(client, agent, lead, kind="note", text="He haggles").status_code == 201
    assert write(client, agent, lead, kind="reply", text="Yes").status_code == 201
    assert [event["kind"] for event in read(client, agent, lead)["events"]] == ["buyer_message", "note", "reply"]
    seen = read(client, buyer, lead)
    assert [event["kind"] for event in seen["events"]] == ["buyer_message", "reply"]
    assert seen["clocks"] == []
    assert listed(client, buyer) == [str(lead)]
    stranger, other = people.person(contact=phone(OTHER_BUYER)), people.person(("clifton-cars", Role.ORG_ADMIN))
    assert listed(client, stranger) == listed(client, other) == []
    assert code_of(client.get(f"/v1/leads/{lead}", headers=stranger.headers)) == (403, "forbidden")
    for path in (lead, uuid4()):
        assert code_of(client.get(f"/v1/leads/{path}", headers=other.headers)) == (404, "lead_not_found")
    assert code_of(write(client, buyer, lead, kind="note", text="x")) == (403, "forbidden")
    assert code_of(write(client, other, lead, kind="note", text="x")) == (404, "lead_not_found")


def test_people_of_a_branch_see_its_leads_alone(
    client: httpx.Client, people: People, buyer: Person, add: Add, session_factory: SessionFactory
) -> None:
    here = people.person((ORG, Role.SALES_AGENT), branches=("dha",))
    there = people.person((ORG, Role.SALES_AGENT), branches=("clifton",))
    with session_factory() as session:
        query = select(Branch.id).join(Org, Org.id == Branch.org_id).where(Org.code == ORG, Branch.code == "dha")
        branch = session.scalars(query).one()
    lead = made(ask(client, add(branch_id=branch), buyer.headers))
    assert (listed(client, here), listed(client, there)) == ([str(lead)], [])
    assert code_of(write(client, there, lead, kind="note", text="x")) == (404, "lead_not_found")
    assert code_of(give(client, here, lead, there.user_id)) == (403, "only_yourself")


def test_list_is_filtered_and_paged(client: httpx.Client, people: People, agent: Person, buyer: Person, add: Add,
                                    session_factory: SessionFactory) -> None:  # fmt: skip
    leads = [str(made(ask(client, add(), buyer.headers))) for _ in range(3)]
    give(client, agent, UUID(leads[0]), agent.user_id)
    write(client, agent, UUID(leads[1]), kind="call")
    with transaction(session_factory) as session:
        session.execute(text("UPDATE lead_clocks SET due_at = now() - interval '1 minute' WHERE lead_id = :id"),
                        {"id": leads[2]})  # fmt: skip
    assert listed(client, agent) == leads[::-1]
    assert listed(client, agent, owner="me") == leads[:1]
    assert listed(client, agent, owner=str(agent.user_id)) == leads[:1]
    assert listed(client, agent, owner="none") == leads[:0:-1]
    assert listed(client, agent, state=["contacted", "won"]) == [leads[1]]
    assert listed(client, agent, overdue="true") == [leads[2]]
    assert listed(client, agent, source="adf") == []
    page = client.get("/v1/leads", params={"limit": 2}, headers=agent.headers).json()
    assert listed(client, agent, cursor=page["next_cursor"]) == leads[:1]
    summary = client.get("/v1/leads/summary", headers=agent.headers).json()
    assert summary["states"] == {"assigned": 1, "contacted": 1, "new": 1}
    assert (summary["overdue"], summary["waiting"]) == (1, {"new": 2})
    assert [(each["key"], each["answers"]) for each in summary["by_person"]] == [(str(agent.user_id), 1)]
    assert len(summary["by_hour"]) == 1


def test_lead_is_taken_over_given_and_given_back_and_a_stale_etag_is_refused(
    client: httpx.Client, people: People, agent: Person, manager: Person, lead: UUID
) -> None:
    etag = read(client, agent, lead)["etag"]
    taken = give(client, agent, lead, agent.user_id, **{"if-match": etag})
    assert (taken.json()["owner_id"], taken.json()["state"]) == (str(agent.user_id), "assigned")
    assert code_of(give(client, manager, lead, manager.user_id, **{"if-match": etag})) == (412, "lead_changed")
    assert code_of(give(client, agent, lead, manager.user_id)) == (403, "only_yourself")
    assert give(client, manager, lead, manager.user_id).json()["owner_id"] == str(manager.user_id)
    assert code_of(give(client, manager, lead, people.person().user_id)) == (422, "unknown_owner")
    back = give(client, manager, lead, None).json()
    assert (back["owner_id"], back["waiting_reason"], back["state"]) == (None, "given_back", "new")


def test_many_leads_are_given_away_at_once(
    client: httpx.Client, agent: Person, manager: Person, buyer: Person, add: Add
) -> None:
    leads = [made(ask(client, add(), buyer.headers)) for _ in range(3)]
    for lead in leads:
        give(client, agent, lead, agent.user_id)
    write(client, agent, leads[0], kind="state", state="won")
    body = {"from_owner_id": str(agent.user_id), "owner_id": str(manager.user_id)}
    assert code_of(client.post("/v1/leads/reassign", json=body, headers=agent.headers)) == (403, "forbidden")
    assert client.post("/v1/leads/reassign", json=body, headers=manager.headers).json() == {"moved": 2}
    assert listed(client, manager, owner="me") == [str(each) for each in leads[:0:-1]]
    named = {"lead_ids": [str(leads[1])], "owner_id": str(agent.user_id)}
    assert client.post("/v1/leads/reassign", json=named, headers=manager.headers).json() == {"moved": 1}
    assert client.post("/v1/leads/reassign", json={"owner_id": None}, headers=manager.headers).status_code == 422


def test_merging_keeps_both_timelines_and_ends_the_clocks_of_the_one(
    client: httpx.Client, people: People, agent: Person, buyer: Person, add: Add, session_factory: SessionFactory
) -> None:
    car = add()
    first, second = made(ask(client, add(), buyer.headers)), made(ask(client, car, buyer.headers))
    write(client, agent, second, kind="note", text="Second note")
    merged = client.post(f"/v1/leads/{second}/merge", json={"into": str(first)}, headers=agent.headers)
    assert merged.status_code == 200, merged.text
    told = merged.json()
    assert told["lead_id"] == str(first)
    assert {event["kind"] for event in told["events"]} == {"buyer_message", "note", "state", "merged"}
    assert "Second note" in [event["text"] for event in told["events"]]
    row, _, clocks, _ = stored(session_factory, second)
    assert (row.state, row.merged_into) == ("merged", first)
    assert all(clock.ended_at is not None for clock in clocks)
    assert code_of(write(client, agent, second, kind="note", text="x")) == (409, "lead_merged")
    assert ask(client, car, buyer.headers).json() == {"lead_id": str(first), "outcome": "joined"}
    assert "Second note" not in str(read(client, buyer, first))
    stranger = people.person(contact=phone(OTHER_BUYER))
    other = made(ask(client, car, stranger.headers))
    refused = client.post(f"/v1/leads/{other}/merge", json={"into": str(first)}, headers=agent.headers)
    assert code_of(refused) == (422, "bad_lead_event")


def test_export_is_for_managers_and_recorded_and_holds_no_formulas(
    client: httpx.Client, agent: Person, manager: Person, buyer: Person, add: Add, session_factory: SessionFactory
) -> None:
    made(ask(client, add(), buyer.headers, name='=HYPERLINK("x")'))
    assert code_of(client.get("/v1/leads/export", headers=agent.headers)) == (403, "forbidden")
    [row] = client.get("/v1/leads/export", headers=manager.headers).json()["leads"]
    assert (row["contact"], row["state"]) == ("+923007654321", "new")
    answer = client.get("/v1/leads/export", params={"format": "csv"}, headers=manager.headers)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "'=HYPERLINK" in answer.text
    assert "+923007654321" in answer.text
    with session_factory() as session:
        acts = session.scalars(select(AuditRecord.action).where(AuditRecord.action == "leads.export")).all()
    assert len(acts) == 2


def test_exported_adf_keeps_the_rules_and_is_read_as_the_same_buyer_and_car(
    client: httpx.Client, manager: Person, buyer: Person, add: Add
) -> None:
    def exported(state: str) -> httpx.Response:
        return client.get("/v1/leads/export", params={"format": "adf", "state": state}, headers=manager.headers)

    car = add()
    lead = made(ask(client, car, buyer.headers, name="Bilal & Sons", type="test_drive", email="b@example.pk"))
    answer = exported("new")
    assert answer.headers["content-type"].startswith("application/xml")
    assert list(faults_of(read_tree(answer.text))) == []
    [found] = read_adf(answer.text)
    assert (found.ids[0].value, found.vehicles[0].stock, found.vehicles[0].interest) == (
        str(lead),
        str(car),
        "test-drive",
    )
    assert found.customer == AdfPerson("Bilal & Sons", "b@example.pk", ("+923007654321",))
    assert code_of(exported("won")) == (422, "nothing_to_export")


def test_late_written_call_counts_by_its_own_time(
    client: httpx.Client, agent: Person, lead: UUID, session_factory: SessionFactory
) -> None:
    with transaction(session_factory) as session:
        for table, column in (("leads", "created_at"), ("lead_events", "at"), ("lead_clocks", "started_at")):
            session.execute(text(f"UPDATE {table} SET {column} = {column} - interval '2 days'"))
    called = utc_now() - timedelta(days=1)
    answer = write(client, agent, lead, kind="call", at=called.isoformat())
    assert answer.status_code == 201, answer.text
    [clock] = answer.json()["clocks"]
    assert clock["answered_at"].startswith(called.strftime("%Y-%m-%dT%H:%M"))


def test_removed_member_has_no_open_lead_from_that_moment_on(
    client: httpx.Client, people: People, agent: Person, lead: UUID, session_factory: SessionFactory
) -> None:
    admin = people.person((ORG, Role.ORG_ADMIN))
    give(client, agent, lead, agent.user_id)
    answer = client.delete(f"/v1/orgs/{ORG}/members/{agent.user_id}", headers=admin.headers)
    assert answer.status_code == 204, answer.text
    row, events, _, _ = stored(session_factory, lead)
    assert row.owner_id != agent.user_id
    assert "owner_left" in [event.reason for event in events]
    assert code_of(client.get(f"/v1/leads/{lead}", headers=agent.headers)) == (403, "forbidden")


def test_buyer_is_shown_neither_the_desks_work_nor_that_the_lead_was_taken_for_spam(
    client: httpx.Client, agent: Person, buyer: Person, lead: UUID, session_factory: SessionFactory
) -> None:
    assert write(client, agent, lead, kind="tags", tags=["time_waster"]).status_code == 201
    assert write(client, agent, lead, kind="next_action", action="ask the bank").status_code == 201
    assert write(client, agent, lead, kind="state", state="spam", reason="rude").status_code == 201
    with transaction(session_factory) as session:
        session.get_one(Lead, lead).score = 0.07
    assert (read(client, agent, lead)["tags"], read(client, agent, lead)["lead_score"]) == (["time_waster"], 0.07)
    for seen in (read(client, buyer, lead), client.get("/v1/leads", headers=buyer.headers).json()["items"][0]):
        hidden = ("owner_id", "waiting_reason", "state_reason", "next_action", "next_action_at", "lead_score")
        assert {seen[name] for name in hidden} == {None}
        assert (seen["tags"], seen["state"]) == ([], "new")
    filters = {"state=spam": 0, "state=new": 1, "state=new&state=won": 1, "min_score=0.5": 1, "owner=none": 1}
    for asked, number in filters.items():
        answer = client.get(f"/v1/leads?{asked}", headers=buyer.headers)
        assert len(answer.json()["items"]) == number, asked


def test_leads_are_sorted_and_filtered_by_score(
    client: httpx.Client, agent: Person, buyer: Person, add: Add, session_factory: SessionFactory
) -> None:
    leads = [made(ask(client, add(), buyer.headers)) for _ in range(5)]
    with transaction(session_factory) as session:
        for lead_id, score in zip(leads, (0.2, None, 0.9, 0.2, None), strict=True):
            session.get_one(Lead, lead_id).score = score
    wanted = [str(leads[place]) for place in (2, 3, 0, 4, 1)]
    found, cursor = [], ""
    while True:
        page = client.get(f"/v1/leads?sort=score&limit=2{cursor}", headers=agent.headers).json()
        found += [each["lead_id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == wanted
    high = client.get("/v1/leads?min_score=0.2", headers=agent.headers).json()["items"]
    assert [(each["lead_id"], each["lead_score"]) for each in high] == [
        (str(leads[3]), 0.2), (str(leads[2]), 0.9), (str(leads[0]), 0.2),
    ]  # fmt: skip
    for bad in ("min_score=2", "min_score=nan", "sort=best"):
        assert client.get(f"/v1/leads?{bad}", headers=agent.headers).status_code == 422
