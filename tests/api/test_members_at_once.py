"""Changes of members that arrive at the same time are all kept, and an administrator always remains."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from tests.api.people import People

MEMBERS = "/v1/orgs/khan-motors/members"
CALLS = 20


@pytest.fixture
def at_once(client: httpx.Client) -> Callable[..., list[int]]:
    """Send requests in parallel, all begun together; their statuses in order."""

    def send(requests: list[tuple[str, str, dict[str, str], dict[str, Any] | None]]) -> list[int]:
        together = Barrier(len(requests))

        def one(request: tuple[str, str, dict[str, str], dict[str, Any] | None]) -> int:
            method, path, headers, body = request
            together.wait(30)
            return client.request(method, path, headers=headers, json=body).status_code

        with ThreadPoolExecutor(len(requests)) as pool:
            return list(pool.map(one, requests))

    return send


@pytest.mark.parametrize("repetition", range(3))
def test_fields_that_twenty_parallel_calls_change_are_all_kept(
    client: httpx.Client, people: People, at_once: Callable[..., list[int]], repetition: int
) -> None:
    admin, member = people.person(("khan-motors", Role.ORG_ADMIN)), people.person(("khan-motors", Role.SALES_AGENT))
    path = f"{MEMBERS}/{member.user_id}"
    bodies: list[dict[str, Any]] = [{"role": "branch_manager"}, {"branches": ["dha"]}]
    statuses = at_once([("PATCH", path, admin.headers, bodies[number % 2]) for number in range(CALLS)])
    assert statuses == [204] * CALLS
    listed = client.get(MEMBERS, headers=admin.headers).json()["members"]
    changed = next(one for one in listed if one["user_id"] == str(member.user_id))
    assert (changed["role"], changed["branches"]) == ("branch_manager", ["dha"])


def test_administrators_who_take_each_others_role_leave_one(
    client: httpx.Client, people: People, at_once: Callable[..., list[int]], session_factory: SessionFactory
) -> None:
    admins = [people.person(("khan-motors", Role.ORG_ADMIN)) for _ in range(CALLS)]
    blocked = people.person(("khan-motors", Role.ORG_ADMIN))
    with transaction(session_factory) as session:
        session.execute(text("UPDATE users SET blocked_at = now() WHERE id = :id"), {"id": blocked.user_id})
    ways: list[tuple[str, dict[str, Any] | None]] = [
        ("DELETE", None),
        ("PATCH", {"role": "sales_agent"}),
        ("PATCH", {"branches": ["dha"]}),
    ]
    requests = []
    for number, admin in enumerate(admins):
        method, body = ways[number % len(ways)]
        requests.append((method, f"{MEMBERS}/{admins[(number + 1) % CALLS].user_id}", admin.headers, body))
    assert set(at_once(requests)) <= {204, 403, 409}
    with session_factory() as session:
        whole = text(
            "SELECT count(*) FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.role = 'org_admin'"
            " AND u.blocked_at IS NULL"
            " AND NOT EXISTS (SELECT FROM membership_branches b WHERE b.membership_id = m.id)"
        )
        assert session.scalar(whole) >= 1
