"""A refusal is recorded although its transaction was rolled back, and never slows or breaks the answer."""

import time
from collections.abc import Callable, Iterator
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from api.app import create_app
from core.access.roles import Role
from core.db.session import SessionFactory
from core.db.tables.audit import AuditRecord
from core.settings import Settings
from tests.api.conftest import code_of, served
from tests.api.people import People

OWN, OTHER = "khan-motors", "clifton-cars"
NETWORK = "198.51.100.0/24"
"""The server that all tests share still records refusals of earlier ones: these tests look at their own network."""


@pytest.fixture
def proxied(api_settings: Settings) -> Settings:
    return api_settings.model_copy(update={"trusted_proxies": "127.0.0.1"})


@pytest.fixture
def own_client(client: httpx.Client, proxied: Settings) -> Iterator[httpx.Client]:
    """A server that has refused nothing yet, and a client of that network."""
    del client  # it has emptied the index
    with served(create_app(proxied), proxied) as own:
        own.headers["X-Forwarded-For"] = "198.51.100.7"
        yield own


@pytest.fixture
def refused(session_factory: SessionFactory) -> Callable[[str], AuditRecord]:
    def found(request_id: str) -> AuditRecord:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with session_factory() as session:
                row = session.scalars(select(AuditRecord).where(AuditRecord.request_id == request_id)).first()
            if row is not None:
                return row
            time.sleep(0.05)
        raise AssertionError("the refusal was not recorded")

    return found


@pytest.mark.slow
def test_refusals_of_all_statuses_are_recorded_with_the_caller(
    own_client: httpx.Client, people: People, refused: Callable[[str], AuditRecord]
) -> None:
    client = own_client
    person = people.person((OWN, Role.SALES_AGENT))
    admin = people.person((OWN, Role.ORG_ADMIN))
    people.org(OTHER)
    base = f"/v1/orgs/{OWN}"
    client.post(f"{base}/branches", json={"code": "gulberg", "name": "Gulberg"}, headers=admin.headers)
    number = {"phone": "0300 1234567"}
    client.post("/v1/auth/otp", json=number)
    cases = [
        (client.get("/v1/me"), "GET /v1/me", None),
        (client.get(f"{base}/members", headers=person.headers), "GET /v1/orgs/{code}/members", person.user_id),
        (
            client.post(f"{base}/branches", json={"code": "gulberg", "name": "x"}, headers=admin.headers),
            "POST /v1/orgs/{code}/branches",
            admin.user_id,
        ),
        (client.post("/v1/auth/otp", json=number), "POST /v1/auth/otp", None),
    ]
    assert [answer.status_code for answer, _, _ in cases] == [401, 403, 409, 429]
    for answer, operation, user_id in cases:
        row = refused(answer.headers["x-request-id"])
        assert (row.action, row.subject_id, row.user_id) == ("access.refuse", operation, user_id)
        assert row.after == {"status": answer.status_code, "code": answer.json()["code"], "count": 1}
        assert row.address_class == NETWORK


@pytest.mark.slow
def test_refusal_by_a_rate_limit_is_recorded(
    own_client: httpx.Client, people: People, refused: Callable[[str], AuditRecord]
) -> None:
    client = own_client
    admin = people.person((OWN, Role.ORG_ADMIN))
    for _ in range(61):
        answer = client.get("/v1/audit?subject=user:1", headers=admin.headers)
    assert answer.status_code == 429
    row = refused(answer.headers["x-request-id"])
    assert (row.subject_id, row.user_id) == ("GET /v1/audit", admin.user_id)


@pytest.mark.slow
def test_session_that_has_ended_is_recorded_with_its_person(
    own_client: httpx.Client, people: People, refused: Callable[[str], AuditRecord]
) -> None:
    client = own_client
    person = people.person()
    assert client.delete("/v1/me/sessions", headers=person.headers).status_code == 204
    answer = client.get("/v1/me", headers=person.headers)
    assert code_of(answer) == (401, "session_ended")
    row = refused(answer.headers["x-request-id"])
    assert (row.user_id, row.session_id) == (person.user_id, person.session_id)


@pytest.mark.slow
def test_successful_requests_leave_no_refusal(
    own_client: httpx.Client, people: People, session_factory: SessionFactory
) -> None:
    answer = own_client.get("/v1/me", headers=people.person().headers)
    assert answer.status_code == 200
    time.sleep(1.2)
    with session_factory() as session:
        assert session.scalars(select(AuditRecord).where(AuditRecord.address_class == NETWORK)).all() == []


@pytest.mark.slow
def test_answers_leave_as_fast_while_the_database_is_away(api_settings: Settings) -> None:
    away = api_settings.model_copy(
        update={"database_url": type(api_settings.index_key)("postgresql://x@127.0.0.1:9/x")}
    )
    with served(create_app(away)) as client:
        for _ in range(200):
            answer = client.get("/v1/me", headers={"x-request-id": uuid4().hex})
            assert code_of(answer) == (401, "login_needed")
        time.sleep(1)
        assert code_of(client.get("/v1/me")) == (401, "login_needed")


def test_refusals_that_wait_are_recorded_when_the_server_stops(
    proxied: Settings, session_factory: SessionFactory, refused: Callable[[str], AuditRecord]
) -> None:
    with served(create_app(proxied), proxied) as client:
        client.headers["X-Forwarded-For"] = "198.51.100.7"
        ids = [client.get("/v1/me").headers["x-request-id"] for _ in range(5)]
    with session_factory() as session:
        refusals = select(AuditRecord).where(AuditRecord.action == "access.refuse")
        rows = session.scalars(refusals.where(AuditRecord.address_class == NETWORK)).all()
    assert sum((row.after or {})["count"] for row in rows) == 5
    assert refused(ids[0]).after is not None
