"""People see what is held of them and erase themselves."""

from datetime import timedelta
from functools import partial

import httpx
from sqlalchemy import text, update

from core.access.roles import Role
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables.logins import UserSession
from core.identity.contacts import phone
from core.settings import Settings
from core.storage import open_storage
from pipelines.personal_data.replay import finish_all
from tests.api.conftest import code_of
from tests.api.people import People

NUMBER = phone("0300 1234567")


def test_export_shows_the_callers_own_contacts(client: httpx.Client, people: People) -> None:
    person = people.person(contact=NUMBER)
    people.person(contact=phone("0301 7654321"))
    domains = client.get("/v1/me/export", headers=person.headers).json()["domains"]
    assert [row["sealed"] for row in domains["identity"]["user_contacts"]] == [NUMBER.value]
    assert [row["id"] for row in domains["identity"]["sessions"]] == [str(person.session_id)]
    assert "7654321" not in str(domains)


def test_erased_person_is_gone_at_once_and_signs_up_afresh(
    client: httpx.Client, people: People, session_factory: SessionFactory, api_settings: Settings
) -> None:
    person = people.person(("khan-motors", Role.SALES_AGENT), contact=NUMBER)
    other_session = people.login
    with transaction(session_factory) as session:
        second = other_session(session, person.user_id)
    gone = client.delete("/v1/me", headers=person.headers)
    assert (gone.status_code, gone.content) == (202, b"")
    for headers in (person.headers, second.headers):
        assert code_of(client.get("/v1/me", headers=headers)) == (401, "session_ended")
        assert code_of(client.delete("/v1/me", headers=headers)) == (401, "session_ended")
    # What the loop `personal_data.erase` does: the API's login may delete nothing.
    assert finish_all(partial(transaction, session_factory), open_storage(api_settings)) == 1
    with transaction(session_factory) as session:
        assert session.scalar(text("SELECT count(*) FROM users")) == 0
        assert session.scalar(text("SELECT count(*) FROM data_keys")) == 0
    sent = client.post("/v1/auth/otp", json={"phone": "0300 1234567", "purpose": "login"}).json()
    code = people.messages(NUMBER)[-1]["code"]
    body = {"request_id": sent["request_id"], "code": code, "purpose": "login"}
    token = client.post("/v1/auth/otp/verify", json=body).json()["access_token"]
    me = client.get("/v1/me", headers={"authorization": f"Bearer {token}"}).json()
    assert me["user_id"] != str(person.user_id)
    assert (me["contacts"], me["memberships"]) == ([{"kind": "phone", "value": NUMBER.value}], [])


def test_login_of_earlier_is_not_enough(client: httpx.Client, people: People, session_factory: SessionFactory) -> None:
    person = people.person(contact=NUMBER)
    with transaction(session_factory) as session:
        session.execute(update(UserSession).values(created_at=utc_now() - timedelta(minutes=11)))
    answer = client.delete("/v1/me", headers=person.headers)
    assert code_of(answer) == (401, "fresh_login_needed")
    assert client.get("/v1/me", headers=person.headers).status_code == 200


def test_last_administrator_is_told_what_to_do(client: httpx.Client, people: People) -> None:
    admin = people.person(("khan-motors", Role.ORG_ADMIN), contact=NUMBER)
    answer = client.delete("/v1/me", headers=admin.headers)
    assert code_of(answer) == (409, "last_admin")
    assert "make another one first" in answer.json()["detail"]
    people.person(("khan-motors", Role.ORG_ADMIN))
    assert client.delete("/v1/me", headers=admin.headers).status_code == 202


def test_phones_of_a_branch_stand_sealed_in_the_trail(
    client: httpx.Client, people: People, session_factory: SessionFactory
) -> None:
    admin = people.person(("khan-motors", Role.ORG_ADMIN))
    body = {"code": "gulberg", "name": "Gulberg", "phones": ["0300 1234567"]}
    assert client.post("/v1/orgs/khan-motors/branches", json=body, headers=admin.headers).status_code == 201
    with transaction(session_factory) as session:
        after = session.execute(text("SELECT after FROM audit_records WHERE action = 'branches.add'")).scalar_one()
    assert after["phones"].keys() == {"sealed"}
    assert after["name"] == "Gulberg"
