"""Calendar, promises and rules are changed by administrators, of the form that they read; open clocks follow."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.db.tables.leads import Lead
from core.identity.contacts import phone
from pipelines.leads.clock_store import sync_clocks
from pipelines.leads.desk import stored_desk
from pipelines.leads.log import NewLeadEvent, append
from pipelines.leads.timers import issue_due
from tests.api.conftest import Add, code_of
from tests.api.leads_desk import BUYER, ask, made, stored
from tests.api.people import People, Person

BASE = "/v1/orgs/khan-motors"
WEEK = {day: ["09:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
EVENING = datetime(2027, 3, 9, 16, 0, tzinfo=UTC)  # 21:00 in Karachi, the evening before Eid


@pytest.fixture
def admin(client: httpx.Client, people: People) -> Person:
    return people.person(("khan-motors", Role.ORG_ADMIN))


def eid(first: str, last: str) -> dict[str, Any]:
    return {"week": WEEK, "exceptions": [{"from": first, "to": last, "name": "Eid ul-Fitr", "periods": []}]}


def put(
    client: httpx.Client, person: Person, part: str, body: dict[str, Any], etag: str | None = None
) -> httpx.Response:
    tag = etag or client.get(f"{BASE}/{part}", headers=person.headers).json()["etag"]
    return client.put(f"{BASE}/{part}", json=body, headers=person.headers | {"if-match": tag})


def moved_to(factory: SessionFactory, lead_id: UUID, at: datetime) -> None:
    """Let the lead have come at a moment."""
    with transaction(factory) as session:
        lead = session.get_one(Lead, lead_id)
        lead.created_at = lead.changed_at = at
        for event in stored(factory, lead_id)[1]:
            event.at = at
            session.merge(event)
        session.flush()
        for clock in stored(factory, lead_id)[2]:
            session.execute(
                Lead.metadata.tables["lead_timers"]
                .delete()
                .where(Lead.metadata.tables["lead_timers"].c.clock_id == clock.id)
            )
            session.delete(session.merge(clock))
        session.flush()
        lead.last_number = 1
        sync_clocks(session, lead, stored_desk(session, lead.org_id))


def test_eid_moved_by_a_day_the_evening_before_moves_open_clocks_and_judges_no_finished_one(
    client: httpx.Client, people: People, admin: Person, add: Add, session_factory: SessionFactory
) -> None:
    assert put(client, admin, "calendar", eid("2027-03-10", "2027-03-12")).status_code == 200
    buyer = people.person(contact=phone(BUYER))
    open_one, done = (made(ask(client, add(), buyer.headers)) for _ in range(2))
    for lead_id in (open_one, done):
        moved_to(session_factory, lead_id, EVENING)
    with transaction(session_factory) as session:
        lead = session.get_one(Lead, done)
        answered = datetime(2027, 3, 13, 4, 30, tzinfo=UTC)
        append(session, lead, NewLeadEvent("reply", answered))
        sync_clocks(session, lead, stored_desk(session, lead.org_id))
    finished = stored(session_factory, done)[2][0]
    assert (finished.late, finished.due_at) == (False, datetime(2027, 3, 13, 5, tzinfo=UTC))
    assert stored(session_factory, open_one)[2][0].due_at == datetime(2027, 3, 13, 5, tzinfo=UTC)
    answer = put(client, admin, "calendar", eid("2027-03-11", "2027-03-13"))
    assert answer.status_code == 200, answer.text
    _, _, [clock], timers = stored(session_factory, open_one)
    assert clock.due_at == datetime(2027, 3, 10, 5, tzinfo=UTC)
    assert [timer.at for timer in timers if timer.step == "breach"] == [clock.due_at]
    assert [timer.at for timer in timers if timer.step == "warning_50"] == [datetime(2027, 3, 10, 4, 30, tzinfo=UTC)]
    again = stored(session_factory, done)[2][0]
    assert (again.late, again.due_at) == (finished.late, finished.due_at)
    assert issue_due(lambda: transaction(session_factory), clock=lambda: EVENING) == 0


def test_promise_that_is_not_made_any_more_ends_its_clocks_and_a_new_one_starts_them(
    client: httpx.Client, people: People, admin: Person, add: Add, session_factory: SessionFactory
) -> None:
    lead = made(ask(client, add(), people.person(contact=phone(BUYER)).headers))
    answer = put(client, admin, "sla-policies", {"policies": [{"resolution": {"minutes": 600}}]})
    assert (answer.status_code, answer.json()["clocks_moved"]) == (200, 1)
    clocks = {clock.kind: clock.ended_at is None for clock in stored(session_factory, lead)[2]}
    assert clocks == {"first_answer": False, "resolution": True}


def test_settings_are_read_with_their_etag_and_changed_once(client: httpx.Client, admin: Person) -> None:
    for part in ("calendar", "sla-policies", "assignment-rules"):
        answer = client.get(f"{BASE}/{part}", headers=admin.headers)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert answer.headers["etag"] == told["etag"]
        assert told["is_default"]
        kept = {name: value for name, value in told.items() if name not in ("etag", "is_default", "clocks_moved")}
        assert code_of(client.put(f"{BASE}/{part}", json=kept, headers=admin.headers)) == (428, "if_match_needed")
        changed = put(client, admin, part, kept)
        assert changed.status_code == 200, changed.text
        assert not changed.json()["is_default"]
        assert code_of(put(client, admin, part, kept, '"x"')) == (412, "desk_changed")


def test_agents_read_settings_and_change_none(client: httpx.Client, people: People) -> None:
    agent = people.person(("khan-motors", Role.SALES_AGENT))
    etag = client.get(f"{BASE}/calendar", headers=agent.headers).json()["etag"]
    assert code_of(put(client, agent, "calendar", {"week": WEEK}, etag)) == (403, "forbidden")


@pytest.mark.parametrize(
    ("part", "body", "code"),
    [
        ("calendar", {"week": {}}, "calendar_never_opens"),
        ("calendar", {"week": {"mon": ["9-5"]}}, "bad_calendar"),
        ("calendar", {"week": WEEK, "timezone": "Mars/Base"}, "bad_calendar"),
        ("calendar", {"week": {"funday": []}}, "invalid_request"),
        ("calendar", eid("2027-03-12", "2027-03-10"), "bad_calendar"),
        ("sla-policies", {"policies": [{}, {}]}, "bad_sla_policy"),
        ("sla-policies", {"policies": [{"pausing_states": ["won"]}]}, "bad_sla_policy"),
        ("sla-policies", {"policies": [{"first_answer": {"minutes": 0}}]}, "invalid_request"),
        ("sla-policies", {"policies": [{"first_answer": {"minutes": 5, "warn_at": [50, 50]}}]}, "bad_sla_policy"),
        ("assignment-rules", {"rules": [{"by": "branch", "values": ["moon"], "people": []}]}, "bad_assignment_rules"),
        ("assignment-rules", {"people": [{"user_id": str(uuid4())}]}, "bad_assignment_rules"),
    ],
)
def test_impossible_settings_are_refused(
    client: httpx.Client, admin: Person, part: str, body: dict[str, Any], code: str
) -> None:
    assert code_of(put(client, admin, part, body))[1] == code
