"""A right that is taken away is gone from the next request, on every process that serves the API."""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import text

from api.app import create_app
from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.settings import Settings
from tests.api.conftest import served
from tests.api.people import People, Person

Both = tuple[httpx.Client, httpx.Client]


@pytest.fixture(scope="module")
def both(api_settings: Settings) -> Iterator[Both]:
    """Two applications that share a database and nothing else, as two processes do."""
    with served(create_app(api_settings)) as one, served(create_app(api_settings)) as two:
        yield one, two


@pytest.fixture
def agent(people: People) -> Person:
    return people.person(("khan-motors", Role.SALES_AGENT))


def branches(clients: Both, person: Person) -> list[tuple[int, str | None]]:
    answers = [one.get("/v1/orgs/khan-motors/branches", headers=person.headers) for one in clients]
    return [(answer.status_code, answer.json().get("code")) for answer in answers]


def execute(factory: SessionFactory, statement: str) -> None:
    with transaction(factory) as session:
        session.execute(text(statement))


@pytest.mark.slow
def test_removed_member_is_refused(both: Both, people: People, agent: Person) -> None:
    admin = people.person(("khan-motors", Role.ORG_ADMIN))
    assert branches(both, agent) == [(200, None)] * 2
    path = f"/v1/orgs/khan-motors/members/{agent.user_id}"
    assert both[0].delete(path, headers=admin.headers).status_code == 204
    assert branches(both, agent) == [(403, "forbidden")] * 2


def test_role_that_changed_holds(both: Both, people: People, agent: Person) -> None:
    admin, path = people.person(("khan-motors", Role.ORG_ADMIN)), "/v1/orgs/khan-motors/members"
    assert both[1].get(path, headers=agent.headers).status_code == 403
    change = both[0].patch(f"{path}/{agent.user_id}", json={"role": "branch_manager"}, headers=admin.headers)
    assert change.status_code == 204
    assert both[1].get(path, headers=agent.headers).status_code == 200


@pytest.mark.parametrize(
    ("statement", "refused"),
    [
        ("UPDATE users SET blocked_at = now()", (403, "person_blocked")),
        ("UPDATE orgs SET blocked_at = now() WHERE code = 'khan-motors'", (403, "forbidden")),
        ("UPDATE sessions SET ended_at = now(), ended_why = 'revoked'", (401, "session_ended")),
        ("UPDATE sessions SET expires_at = now()", (401, "session_ended")),
    ],
)
def test_block_and_end_hold(
    both: Both, agent: Person, session_factory: SessionFactory, statement: str, refused: tuple[int, str]
) -> None:
    assert branches(both, agent) == [(200, None)] * 2
    execute(session_factory, statement)
    assert branches(both, agent) == [refused] * 2


def test_session_ended_on_one_process_is_ended_on_the_other(both: Both, agent: Person) -> None:
    assert branches(both, agent) == [(200, None)] * 2
    assert both[0].post("/v1/auth/logout", headers=agent.headers).status_code == 204
    assert branches(both, agent) == [(401, "session_ended")] * 2


def test_revoked_service_account_is_refused(both: Both, people: People) -> None:
    admin, path = people.person(("khan-motors", Role.ORG_ADMIN)), "/v1/orgs/khan-motors/service-accounts"
    body = {"name": "erp", "scopes": ["branches.read"]}
    made = both[0].post(path, json=body, headers=admin.headers).json()
    system = {"authorization": f"Bearer {made['secret']}"}

    def ask(one: httpx.Client) -> int:
        return one.get("/v1/orgs/khan-motors/branches", headers=system).status_code

    assert [ask(one) for one in both] == [200, 200]
    assert both[1].delete(f"{path}/{made['account_id']}", headers=admin.headers).status_code == 204
    assert [ask(one) for one in both] == [401, 401]


def test_end_in_the_midst_of_a_hundred_requests_holds_for_all_that_start_after_it(
    both: Both, agent: Person, session_factory: SessionFactory
) -> None:
    statuses = []
    for number in range(100):
        if number == 50:
            execute(session_factory, "UPDATE sessions SET ended_at = now(), ended_why = 'revoked'")
        answer = both[number % 2].get("/v1/orgs/khan-motors/branches", headers=agent.headers)
        statuses.append(answer.status_code)
    assert statuses == [200] * 50 + [401] * 50
