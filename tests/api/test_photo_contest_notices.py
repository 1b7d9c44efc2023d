"""Both dealers are told of a contest about a copied photo: once when it is opened, once when it is decided."""

from functools import partial
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.identity.contacts import phone
from serving.photos.judgement.notices import notify_of_contests
from tests.api.copies_calls import contest, decide
from tests.api.people import People, Person
from tests.factories.lead_desks import Stage
from tests.factories.photo_copies import add_copies

FIRST, LATER, MARKET = "khan-motors", "ravi-cars", "classifieds"
OF_FIRST, OF_LATER, AGENT, SELLER = "+923011111111", "+923022222222", "+923033333333", "+923044444444"


@pytest.fixture
def stage(client: httpx.Client, session_factory: SessionFactory, people: People) -> Stage:
    del client  # empties the database
    return Stage(session_factory, people.keys)


@pytest.fixture
def accused(stage: Stage, people: People) -> Person:
    del stage
    return people.person((LATER, Role.ORG_ADMIN), contact=phone(OF_LATER))


def told(stage: Stage) -> list[tuple[str, str]]:
    """Queue what is due, and take the messages out of the queue."""
    while notify_of_contests(partial(transaction, stage.factory), stage.keys, 1):
        pass
    found = sorted((template, number) for template, _, number in stage.told())
    with transaction(stage.factory) as session:
        session.execute(text("DELETE FROM messages"))
    return found


def of_dealers(people: People, stage: Stage) -> tuple[UUID, UUID]:
    people.person((FIRST, Role.ORG_ADMIN), contact=phone(OF_FIRST))
    people.person((FIRST, Role.SALES_AGENT), contact=phone(AGENT))  # reads no reports
    return add_copies(stage.factory, LATER, FIRST)


@pytest.mark.parametrize(("decision", "state"), [("grant", "granted"), ("refuse", "refused")])
def test_other_dealer_is_told_of_the_contest_and_both_of_the_decision(
    client: httpx.Client, people: People, accused: Person, stage: Stage, decision: str, state: str
) -> None:
    made = contest(client, accused.headers, LATER, of_dealers(people, stage)).json()
    assert told(stage) == [("photo_contest_open", OF_FIRST)]
    assert told(stage) == []
    decide(client, people, made["contest_id"], decision)
    assert told(stage) == [(f"photo_contest_{state}", OF_FIRST), (f"photo_contest_{state}", OF_LATER)]
    assert told(stage) == []


def test_contest_that_was_decided_meanwhile_is_told_of_once(
    client: httpx.Client, people: People, accused: Person, stage: Stage
) -> None:
    made = contest(client, accused.headers, LATER, of_dealers(people, stage)).json()
    decide(client, people, made["contest_id"], "refuse")
    assert told(stage) == [("photo_contest_refused", OF_FIRST), ("photo_contest_refused", OF_LATER)]


def test_old_news_and_blocked_dealers_are_told_to_nobody(
    client: httpx.Client, people: People, accused: Person, stage: Stage
) -> None:
    made = contest(client, accused.headers, LATER, of_dealers(people, stage)).json()
    with transaction(stage.factory) as session:
        session.execute(text("UPDATE photo_contests SET created_at = now() - interval '8 days'"))
    assert told(stage) == []
    with transaction(stage.factory) as session:
        session.execute(text("UPDATE orgs SET blocked_at = now() WHERE code = :code"), {"code": FIRST})
    decide(client, people, made["contest_id"], "grant")
    assert told(stage) == [("photo_contest_granted", OF_LATER)]


def test_of_a_private_ads_photo_its_seller_is_told_and_nobody_of_the_marketplace(
    client: httpx.Client, people: People, accused: Person, stage: Stage
) -> None:
    people.org(MARKET, "marketplace")
    people.person((MARKET, Role.ORG_ADMIN), contact=phone(AGENT))
    seller = people.person(contact=phone(SELLER))
    ad = {"source": "private", "state_by": "person", "file_id": None, "row_number": None, "status": "live"}
    photos = add_copies(stage.factory, LATER, MARKET, seller_id=seller.user_id, channels=["automart"], **ad)
    assert contest(client, accused.headers, LATER, photos).status_code == 201
    assert told(stage) == [("photo_contest_open", SELLER)]


def test_message_names_both_dealers_in_the_readers_language(
    client: httpx.Client, people: People, accused: Person, stage: Stage
) -> None:
    choice: dict[str, object] = {"channels": {}, "quiet_hours": None, "language": "ur"}
    assert client.put("/v1/me/notifications", json=choice, headers=accused.headers).status_code == 200
    made = contest(client, accused.headers, LATER, of_dealers(people, stage)).json()
    decide(client, people, made["contest_id"], "grant")
    notify_of_contests(partial(transaction, stage.factory), stage.keys, 5)
    stage.deliver()
    [message] = [each for each in stage.sent if each.language == "ur"]
    assert message.content.text.startswith("Ravi-Cars نے اعتراض کیا تھا")
    assert "Khan-Motors" in message.content.text
