"""A request with an Idempotency-Key is done once, and each repetition gets the first answer while it is allowed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from tests.api.conftest import code_of
from tests.api.people import People, Person

ORG = "/v1/orgs/khan-motors"
CREATING: list[tuple[str, dict[str, Any]]] = [
    (f"{ORG}/branches", {"code": "gulberg", "name": "Gulberg", "point": {"latitude": 31.5, "longitude": 74.3}}),
    (f"{ORG}/members", {"phone": "0300 1234567", "role": "sales_agent"}),
    (f"{ORG}/service-accounts", {"name": "erp", "scopes": ["branches.read"]}),
    ("/v1/saved-searches", {"name": "Civic", "search": "model=civic"}),
]
Rows = Callable[[], tuple[int, ...]]


@pytest.fixture
def admin(people: People) -> Person:
    return people.person(("khan-motors", Role.ORG_ADMIN))


@pytest.fixture
def rows(session_factory: SessionFactory) -> Rows:
    """Count what the operations make."""

    def counted() -> tuple[int, ...]:
        tables = ("branches", "invitations", "messages", "service_accounts", "saved_searches")
        with session_factory() as session:
            return tuple(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables)

    return counted


def keyed(person: Person, key: str = "k-1") -> dict[str, str]:
    return person.headers | {"Idempotency-Key": key}


@pytest.mark.parametrize(("path", "body"), CREATING)
def test_repetition_gets_the_same_answer_and_makes_nothing(
    client: httpx.Client, admin: Person, rows: Rows, path: str, body: dict[str, Any]
) -> None:
    first = client.post(path, json=body, headers=keyed(admin))
    made = rows()
    again = client.post(path, json=body, headers=keyed(admin))
    assert first.status_code == again.status_code == 201, first.text
    assert first.content == again.content
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert rows() == made


@pytest.mark.parametrize(("path", "body"), CREATING)
def test_key_of_another_body_or_organisation_or_person_is_no_repetition(
    client: httpx.Client, people: People, admin: Person, path: str, body: dict[str, Any]
) -> None:
    assert client.post(path, json=body, headers=keyed(admin)).status_code == 201
    other = body | ({"name": "Other"} if "name" in body else {"role": "branch_manager"})
    assert code_of(client.post(path, json=other, headers=keyed(admin))) == (422, "idempotency_key_reused")
    second = people.person(("khan-motors", Role.ORG_ADMIN))
    answer = client.post(path, json=body, headers=keyed(second))
    assert "idempotency-replayed" not in answer.headers
    elsewhere = people.person(("clifton-cars", Role.ORG_ADMIN))
    foreign = client.post(path.replace("khan-motors", "clifton-cars"), json=body, headers=keyed(elsewhere))
    assert foreign.status_code == 201


def test_key_for_another_organisation_of_the_query_is_another_key(client: httpx.Client, people: People) -> None:
    person = people.person(("khan-motors", Role.ORG_ADMIN), ("capital-autos", Role.ORG_ADMIN))
    car = {"make": "Toyota", "model": "Yaris", "model_year": 2020, "price_pkr": 4_000_000}
    made = [
        client.post("/v1/listings", params={"org": org}, json=car, headers=keyed(person))
        for org in ("khan-motors", "capital-autos", "khan-motors")
    ]
    assert [answer.status_code for answer in made] == [201] * 3, made[1].text
    assert made[0].json()["id"] == made[2].json()["id"] != made[1].json()["id"]


def test_right_that_is_gone_gets_no_kept_answer(
    client: httpx.Client, people: People, admin: Person, session_factory: SessionFactory
) -> None:
    path, body = CREATING[2]
    assert client.post(path, json=body, headers=keyed(admin)).status_code == 201
    with transaction(session_factory) as session:
        session.execute(text("UPDATE memberships SET role = 'sales_agent'"))
    assert code_of(client.post(path, json=body, headers=keyed(admin))) == (403, "forbidden")


def test_two_systems_of_one_organisation_do_not_share_keys(client: httpx.Client, admin: Person) -> None:
    path = f"{ORG}/service-accounts"
    scopes = ["service_accounts.manage", "branches.read"]
    systems = [
        client.post(path, json={"name": name, "scopes": scopes}, headers=admin.headers).json()["secret"]
        for name in ("one", "two")
    ]
    answers = [
        client.post(
            path,
            json={"name": "third", "scopes": ["branches.read"]},
            headers={"authorization": f"Bearer {secret}", "idempotency-key": "k-1"},
        )
        for secret in systems
    ]
    assert [answer.status_code for answer in answers] == [201, 409]
    assert code_of(answers[1]) == (409, "service_account_exists")


def test_refusal_is_not_kept(client: httpx.Client, admin: Person) -> None:
    path, body = CREATING[0]
    assert client.post(path, json=body, headers=admin.headers).status_code == 201
    assert code_of(client.post(path, json=body, headers=keyed(admin))) == (409, "branch_exists")
    other = body | {"code": "model-town"}
    assert client.post(path, json=other, headers=keyed(admin)).status_code == 201


def test_twenty_parallel_requests_make_one_account(client: httpx.Client, admin: Person, rows: Rows) -> None:
    path, body = CREATING[2]
    together = Barrier(20)

    def send(_: int) -> tuple[int, str]:
        together.wait(30)
        answer = client.post(path, json=body, headers=keyed(admin))
        return answer.status_code, answer.json().get("code") or answer.json()["secret"]

    with ThreadPoolExecutor(20) as pool:
        outcomes = set(pool.map(send, range(20)))
    assert rows()[3] == 1
    assert len({secret for status, secret in outcomes if status == 201}) == 1
    assert {outcome for outcome in outcomes if outcome[0] != 201} <= {(409, "request_in_progress")}


def test_secret_and_contact_are_kept_sealed(
    client: httpx.Client, admin: Person, session_factory: SessionFactory
) -> None:
    for path, body in CREATING[1:3]:
        answer = client.post(path, json=body, headers=keyed(admin)).json()
        shown = answer.get("secret") or answer["contact"]
        with session_factory() as session:
            kept = session.execute(text("SELECT sealed_body FROM idempotent_answers")).scalars().all()
        assert kept
        assert all(shown.encode() not in bytes(sealed) for sealed in kept)


def test_contract_names_the_header_where_it_is_taken_and_nowhere_else(client: httpx.Client) -> None:
    found = {
        path: parameter["schema"]["pattern"]
        for path, operations in client.get("/openapi.json").json()["paths"].items()
        for operation in operations.values()
        for parameter in operation.get("parameters", [])
        if parameter["name"] == "Idempotency-Key"
    }
    taken = {path.replace("khan-motors", "{code}") for path, _ in CREATING} | {
        "/v1/listings",
        "/v1/listings/{listing_id}",
        "/v1/listings/{listing_id}/transitions",
        "/v1/leads",
        "/v1/leads/{lead_id}/attachments",
        "/v1/leads/{lead_id}/events",
        "/v1/webhooks",
    }
    of_money = {path for path in found if path.startswith(("/v1/deposits", "/v1/payments/entries"))}
    assert len(of_money) > 2
    found = {path: pattern for path, pattern in found.items() if path not in of_money}
    assert found == dict.fromkeys(taken, "^[!-~]{1,200}$")


def test_key_that_is_none_is_refused(client: httpx.Client, admin: Person) -> None:
    path, body = CREATING[0]
    for bad in ("a b", "x" * 201):
        assert code_of(client.post(path, json=body, headers=keyed(admin, bad))) == (422, "invalid_request")
