"""People are told of their leads once, by their channels, and of nothing that is no longer true."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.identity.contacts import phone
from tests.api.conftest import Add, code_of
from tests.api.leads_desk import BUYER, ask, made
from tests.api.people import People, Person
from tests.factories.lead_desks import Stage

ORG = "khan-motors"
AGENT, OTHER, MANAGER = "+923011111111", "+923022222222", "+923033333333"
NO_QUIET = {"channels": {}, "quiet_hours": None}


@pytest.fixture
def stage(session_factory: SessionFactory, people: People) -> Stage:
    found = Stage(session_factory, people.keys)
    found.open_desk(people.org(ORG))
    return found


@pytest.fixture
def agent(client: httpx.Client, people: People) -> Person:
    return staff(client, people, AGENT, Role.SALES_AGENT)


@pytest.fixture
def lead(client: httpx.Client, people: People, add: Add, agent: Person, stage: Stage) -> UUID:
    """A lead that the agent was given and told of."""
    lead_id = made(ask(client, add(org=ORG), people.person(contact=phone(BUYER)).headers))
    stage.work()
    assert stage.told() == [("lead_assigned", "sms", AGENT)]
    assert stage.deliver().sent == 1
    return lead_id


def staff(client: httpx.Client, people: People, number: str, role: Role) -> Person:
    """Somebody of the organisation who is told things at all hours."""
    person = people.person((ORG, role), contact=phone(number))
    choose(client, person, **NO_QUIET)
    return person


def choose(client: httpx.Client, person: Person, **choice: object) -> None:
    answer = client.put("/v1/me/notifications", json=choice, headers=person.headers)
    assert answer.status_code == 200, answer.text


def act(client: httpx.Client, person: Person, lead: UUID, **body: object) -> None:
    answer = client.post(f"/v1/leads/{lead}/events", json=body, headers=person.headers)
    assert answer.status_code == 201, answer.text


def give(client: httpx.Client, person: Person, lead: UUID, to: UUID) -> None:
    answer = client.post(f"/v1/leads/{lead}/assign", json={"owner_id": str(to)}, headers=person.headers)
    assert answer.status_code == 200, answer.text


def test_owner_is_warned_told_of_the_breach_and_then_the_manager(
    client: httpx.Client, people: People, lead: UUID, stage: Stage
) -> None:
    staff(client, people, MANAGER, Role.BRANCH_MANAGER)
    stage.work(timedelta(minutes=31))
    stage.work()
    assert stage.told() == [("lead_warning", "sms", AGENT)]
    assert stage.deliver().sent == 1
    assert "50 %" in stage.sent[-1].content.text
    stage.work(timedelta(minutes=30))
    assert stage.told() == [("lead_breach", "sms", AGENT)]  # the warning of 80 % came too late to be one
    assert stage.deliver().sent == 1
    stage.work(timedelta(minutes=60))
    assert stage.told() == [("lead_escalated", "sms", MANAGER)]
    with transaction(stage.factory) as session:
        told = session.execute(text("SELECT count(*) FROM lead_events WHERE kind = 'sla'")).scalar_one()
    assert told == 4


@pytest.mark.parametrize("overtaken", ["answered", "reassigned", "closed", "away"])
def test_message_of_a_breach_is_dropped_when_it_is_overtaken_while_it_waits(
    client: httpx.Client, people: People, agent: Person, lead: UUID, stage: Stage, overtaken: str
) -> None:
    stage.work(timedelta(minutes=61))
    assert ("lead_breach", "sms", AGENT) in stage.told()
    if overtaken == "answered":
        act(client, agent, lead, kind="call")
    elif overtaken == "closed":
        act(client, agent, lead, kind="state", state="lost", reason="bought_elsewhere")
    elif overtaken == "reassigned":
        manager = staff(client, people, MANAGER, Role.BRANCH_MANAGER)
        give(client, manager, lead, manager.user_id)
    else:
        with transaction(stage.factory) as session:
            session.execute(text("DELETE FROM memberships WHERE user_id = :person"), {"person": agent.user_id})
    result = stage.deliver()
    assert (result.sent, result.dropped) == (0, 1)
    assert stage.states("lead_breach") == [("dropped", "no_longer_true")]


def test_new_lead_that_waits_through_the_night_is_told_in_the_morning_to_its_owner_of_then(
    client: httpx.Client, people: People, add: Add, stage: Stage
) -> None:
    first = staff(client, people, AGENT, Role.SALES_AGENT)
    quiet = {"from": f"{stage.now + timedelta(hours=4):%H:%M}", "until": f"{stage.now + timedelta(hours=8):%H:%M}"}
    choose(client, first, channels={}, quiet_hours=quiet | {"timezone": "UTC"})
    lead_id = made(ask(client, add(org=ORG), people.person(contact=phone(BUYER)).headers))
    stage.passed += timedelta(hours=5)
    stage.work()
    assert stage.deliver().held >= 1
    manager = staff(client, people, MANAGER, Role.BRANCH_MANAGER)
    second = staff(client, people, OTHER, Role.SALES_AGENT)
    give(client, manager, lead_id, second.user_id)
    stage.work(timedelta(hours=3, minutes=1))
    stage.deliver()
    assert {message.recipient.value for message in stage.sent} <= {OTHER, MANAGER}
    assert ("lead_assigned", OTHER) in {
        ("lead_assigned" if "waits for your answer" in each.content.text else "", each.recipient.value)
        for each in stage.sent
    }
    assert stage.states("lead_assigned")[0] == ("dropped", "no_longer_true")


def test_owner_hears_of_further_messages_and_nobody_of_what_they_did_themselves(
    client: httpx.Client, people: People, add: Add, agent: Person, stage: Stage
) -> None:
    buyer, car = people.person(contact=phone(BUYER)), add(org=ORG)
    lead_id = made(ask(client, car, buyer.headers))
    give(client, agent, lead_id, agent.user_id)
    stage.work()
    assert stage.told() == []
    ask(client, car, buyer.headers, message="Does it have a sunroof?")
    stage.work()
    assert stage.told() == [("lead_message", "sms", AGENT)]
    stage.deliver()
    assert "sunroof" not in stage.sent[-1].content.text


def test_channels_are_those_that_the_person_chose_for_the_kind(
    client: httpx.Client, people: People, add: Add, agent: Person, stage: Stage
) -> None:
    token = {"platform": "android", "token": "fcm-token-1"}
    assert client.post("/v1/me/notifications/devices", json=token, headers=agent.headers).status_code == 201
    choose(client, agent, **NO_QUIET | {"channels": {"lead_assigned": ["push", "whatsapp"], "lead_sla": []}})
    made(ask(client, add(org=ORG), people.person(contact=phone(BUYER)).headers))
    stage.work()
    assert sorted(stage.told()) == [("lead_assigned", "push", "fcm-token-1"), ("lead_assigned", "whatsapp", AGENT)]
    assert stage.deliver().sent == 2
    stage.work(timedelta(minutes=61))
    assert stage.told() == []


def test_answer_goes_to_the_buyer_by_the_channel_that_the_buyer_chose_in_urdu(
    client: httpx.Client, people: People, add: Add, agent: Person, stage: Stage
) -> None:
    buyer = people.person(contact=phone(BUYER))
    choose(client, buyer, **NO_QUIET | {"channels": {"lead_reply": ["whatsapp"]}})
    lead_id = made(ask(client, add(org=ORG), buyer.headers, language="ur"))
    act(client, agent, lead_id, kind="reply", text="Come on Saturday.")
    assert stage.told() == [("lead_reply", "whatsapp", "+923007654321")]
    assert stage.deliver().sent == 1
    assert "کا جواب" in stage.sent[-1].content.subject


def test_outage_loses_nothing_and_reading_the_events_again_doubles_nothing(
    client: httpx.Client, people: People, add: Add, agent: Person, stage: Stage
) -> None:
    made(ask(client, add(org=ORG), people.person(contact=phone(BUYER)).headers))

    def die() -> None:
        with transaction(stage.factory) as session:
            session.execute(text("SELECT 1"))
            raise KeyboardInterrupt

    for _ in range(3):
        stage.work()
        with pytest.raises(KeyboardInterrupt):
            die()
    assert stage.told() == [("lead_assigned", "sms", AGENT)]


def test_what_is_chosen_is_read_back_and_impossible_choices_are_refused(client: httpx.Client, agent: Person) -> None:
    quiet = {"from": "21:00", "until": "09:30", "timezone": "Europe/London"}
    choice = {"channels": {"ads": ["email"], "lead_sla": []}, "quiet_hours": quiet, "language": "ur"}
    choose(client, agent, **choice)
    read = client.get("/v1/me/notifications", headers=agent.headers).json()
    assert (read["language"], read["quiet_hours"]) == ("ur", quiet)
    assert (read["channels"]["ads"], read["channels"]["lead_sla"]) == (["email"], [])
    assert read["channels"]["lead_reply"] == ["sms", "email"]
    for wrong, code in (
        ({"quiet_hours": quiet | {"timezone": "Asia/Nowhere"}}, "unknown_timezone"),
        ({"quiet_hours": quiet | {"timezone": "../etc/passwd"}}, "unknown_timezone"),
        ({"quiet_hours": quiet | {"timezone": ""}}, "unknown_timezone"),
        ({"quiet_hours": quiet | {"until": "21:00"}}, "bad_quiet_hours"),
        ({"channels": {"lead_reply": []}}, "always_sent"),
    ):
        answer = client.put("/v1/me/notifications", json=choice | wrong, headers=agent.headers)
        assert code_of(answer) == (422, code), wrong
    for rubbish in (
        {"channels": {"lead_sla": ["fax"]}},
        {"channels": {"gossip": ["sms"]}},
        {"channels": {"ads": ["sms"] * 5}},
        {"channels": None},
        {"quiet_hours": quiet | {"from": "24:00"}},
        {"quiet_hours": {"from": "21:00"}},
        {"quiet_hours": quiet | {"timezone": "Asia/\u0000"}},
        {"language": "fr"},
        {"user_id": "7"},
    ):
        answer = client.put("/v1/me/notifications", json=choice | rubbish, headers=agent.headers)
        assert answer.status_code in (400, 422), (rubbish, answer.text)
    assert client.get("/v1/me/notifications", headers=agent.headers).json() == read


def test_app_on_a_phone_that_changed_hands_is_its_new_owners_alone(client: httpx.Client, people: People) -> None:
    body = {"platform": "ios", "token": "apns-token-1"}
    first, second = people.person(), people.person()
    for each in (first, second, second):
        answer = client.post("/v1/me/notifications/devices", json=body, headers=each.headers)
        assert answer.status_code == 201, answer.text
    devices = [client.get("/v1/me/notifications", headers=each.headers).json()["devices"] for each in (first, second)]
    assert [len(each) for each in devices] == [0, 1]
    path = f"/v1/me/notifications/devices/{devices[1][0]['device_id']}"
    assert code_of(client.delete(path, headers=first.headers)) == (404, "unknown_device")
    assert client.delete(path, headers=second.headers).status_code == 204
