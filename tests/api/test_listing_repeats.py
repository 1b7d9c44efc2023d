"""A change or a move of a car that is sent again with its Idempotency-Key is done once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, func, select, text

from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.db.tables.audit import AuditRecord
from tests.api.conftest import code_of
from tests.api.people import People, Person
from tests.api.test_listing_writes import ORG, post
from tests.factories.listings import PRICES
from tests.waiting import until

WAITING = text(
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    " AND pid <> pg_backend_pid()"
)


@pytest.fixture
def agent(client: httpx.Client, people: People) -> Person:
    return people.person((ORG, Role.SALES_AGENT))


def cheaper(client: httpx.Client, agent: Person, car: dict[str, Any], price: int = 3_300_000) -> httpx.Response:
    headers = agent.headers | {"if-match": car["etag"], "idempotency-key": "k-1"}
    return client.patch(f"/v1/listings/{car['id']}", json={"price_pkr": price}, headers=headers)


def moved(client: httpx.Client, agent: Person, car: dict[str, Any], to: str = "live") -> httpx.Response:
    headers = agent.headers | {"idempotency-key": "k-1"}
    return client.post(f"/v1/listings/{car['id']}/transitions", json={"to": to}, headers=headers)


SENT = pytest.mark.parametrize(("send", "other"), [(cheaper, 3_200_000), (moved, "withdrawn")])


def done(factory: SessionFactory) -> tuple[int, int]:
    """The changes and moves in the audit trail, and the prices."""
    with factory() as session:
        written = select(func.count()).where(AuditRecord.action.in_(("listings.change", "listings.move")))
        return session.scalar(written) or 0, session.scalar(select(func.count(PRICES.c.listing_id))) or 0


@SENT
def test_repetition_gets_the_first_answer_and_another_body_none(
    client: httpx.Client, agent: Person, session_factory: SessionFactory, send: Any, other: Any
) -> None:
    car = post(client, agent)
    first = send(client, agent, car)
    did = done(session_factory)
    again = send(client, agent, car)
    assert (first.status_code, again.content) == (200, first.content)
    assert first.headers.get("etag") == (again.headers["etag"] if send is cheaper else None)
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert code_of(send(client, agent, car, other)) == (422, "idempotency_key_reused")
    assert done(session_factory) == did


@SENT
def test_repetition_by_somebody_who_left_is_refused(
    client: httpx.Client, people: People, agent: Person, session_factory: SessionFactory, send: Any, other: Any
) -> None:
    del other
    car = post(client, agent)
    assert send(client, agent, car).status_code == 200
    admin = people.person((ORG, Role.ORG_ADMIN))
    assert client.delete(f"/v1/orgs/{ORG}/members/{agent.user_id}", headers=admin.headers).status_code == 204
    assert code_of(send(client, agent, car)) == (403, "forbidden")
    people.person(("clifton-cars", Role.SALES_AGENT))  # with a role elsewhere the car is as one that does not exist
    with transaction(session_factory) as session:
        session.execute(
            text("INSERT INTO memberships (user_id, org_id, role) SELECT :user, id, 'sales_agent' FROM orgs"
                 " WHERE code = 'clifton-cars'"), {"user": agent.user_id},
        )  # fmt: skip
    assert code_of(send(client, agent, car)) == (404, "listing_not_found")


@SENT
def test_repetition_of_a_running_request_is_told_so_and_one_that_died_runs_anew(
    client: httpx.Client, agent: Person, session_factory: SessionFactory, admin_engine: Engine, send: Any, other: Any
) -> None:
    del other
    car = post(client, agent)
    with session_factory() as holding, ThreadPoolExecutor(1) as pool:
        holding.execute(text("SELECT FROM listings WHERE id = :id FOR UPDATE"), {"id": car["id"]})
        running = pool.submit(send, client, agent, car)
        until(lambda: bool(_waiting(admin_engine)))
        assert code_of(send(client, agent, car)) == (409, "request_in_progress")
        with admin_engine.connect() as admin:
            [pid] = _waiting(admin_engine)
            assert admin.scalar(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid})
        assert running.result().status_code == 503
    before = done(session_factory)
    again = send(client, agent, car)
    assert (again.status_code, "idempotency-replayed" in again.headers) == (200, False)
    assert done(session_factory) != before


def _waiting(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.scalars(WAITING))
