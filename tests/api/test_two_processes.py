"""A right that is taken away through one process of the API is refused by the other one too, from the next request on.

Two real processes on one database, with a hundred requests and more running at both of them. A request that begins
after the change was answered must be refused; those under way at that moment may end either way.
"""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import httpx
import pytest
from sqlalchemy import text

from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.db.tables.people import Login
from core.processes import loopback
from core.settings import Settings, child_environment
from tests import waiting
from tests.api.people import People, Person
from tests.api.test_outside_issuer import Issuer

pytestmark = pytest.mark.slow
PATH = "/v1/orgs/khan-motors/branches"
THREADS = 8
BEFORE = 100
AFTER = 100
GATEWAY = {"MESSAGES_HTTP_URL": "http://127.0.0.1:9/", "MESSAGES_HTTP_SECRET": "none is sent"}
Both = tuple[str, str]


@dataclass(frozen=True)
class Asked:
    """A request: when it began, and its answer."""

    began: float
    status: int
    code: str


@contextmanager
def processes(settings: Settings) -> Iterator[Both]:
    """Start two processes that serve the API; return their addresses."""
    with socket.socket() as one, socket.socket() as two:
        for probe in (one, two):
            probe.bind(("127.0.0.1", 0))
        ports = [probe.getsockname()[1] for probe in (one, two)]
    commands = [[sys.executable, "-m", "api", "--quiet", "--port", str(port)] for port in ports]
    environment = child_environment(settings) | GATEWAY
    started = [subprocess.Popen(command, env=environment) for command in commands]
    addresses = (f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}")
    try:
        for process, address in zip(started, addresses, strict=True):
            wait_for(process, address)
        yield addresses
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(60)


def wait_for(process: "subprocess.Popen[bytes]", address: str) -> None:
    deadline = time.monotonic() + 120
    while True:
        assert process.poll() is None
        assert time.monotonic() < deadline
        try:
            assert httpx.get(f"{address}/healthz", trust_env=False).status_code == 200
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return


def ask_without_end(both: Both, headers: dict[str, str], stop: threading.Event, asked: list[Asked]) -> None:
    with httpx.Client(timeout=30, trust_env=False) as client:
        number = 0
        while not stop.is_set():
            began = time.monotonic()
            answer = client.get(both[number % 2] + PATH, headers=headers)
            asked.append(Asked(began, answer.status_code, answer.json().get("code", "")))
            number += 1


def change_while_asking(both: Both, headers: dict[str, str], change: Callable[[], None]) -> set[tuple[int, str]]:
    """Change something in the midst of requests; the answers to those that began after it."""
    stop, asked = threading.Event(), list[Asked]()
    threads = [threading.Thread(target=ask_without_end, args=(both, headers, stop, asked)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    try:
        until(lambda: len(asked) >= BEFORE)
        began = time.monotonic()
        change()
        ended = time.monotonic()
        until(lambda: sum(one.began > ended for one in list(asked)) >= AFTER)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert {(one.status, one.code) for one in asked[:BEFORE] if one.began < began} == {(200, "")}
    return {(one.status, one.code) for one in asked if one.began > ended}


until = partial(waiting.until, seconds=120)


def call(method: str, address: str, headers: dict[str, str]) -> Callable[[], None]:
    def change() -> None:
        answer = httpx.request(method, address, headers=headers, timeout=30, trust_env=False)
        assert answer.status_code == 204, answer.text

    return change


def execute(factory: SessionFactory, statement: str, person: Person) -> Callable[[], None]:
    def change() -> None:
        with transaction(factory) as session:
            session.execute(text(statement), {"user": person.user_id})

    return change


BLOCK = "UPDATE users SET blocked_at = now() WHERE id = :user"
UNBLOCK = "UPDATE users SET blocked_at = NULL WHERE id = :user"


@pytest.fixture(scope="module")
def both(api_settings: Settings) -> Iterator[Both]:
    with processes(api_settings) as addresses:
        yield addresses


def test_end_of_a_membership_a_block_and_an_end_of_a_session_hold_on_both(
    both: Both, people: People, session_factory: SessionFactory
) -> None:
    admin, agent = people.person(("khan-motors", Role.ORG_ADMIN)), people.person(("khan-motors", Role.SALES_AGENT))
    block = execute(session_factory, BLOCK, agent)
    assert change_while_asking(both, agent.headers, block) == {(403, "person_blocked")}
    execute(session_factory, UNBLOCK, agent)()
    leave = call("DELETE", f"{both[0]}/v1/orgs/khan-motors/members/{agent.user_id}", admin.headers)
    assert change_while_asking(both, agent.headers, leave) == {(403, "forbidden")}
    second = people.person(("khan-motors", Role.SALES_AGENT))
    end = call("DELETE", f"{both[1]}/v1/me/sessions/{second.session_id}", second.headers)
    assert change_while_asking(both, second.headers, end) == {(401, "session_ended")}


def test_revoked_service_account_is_refused_by_both(both: Both, people: People) -> None:
    admin, accounts = people.person(("khan-motors", Role.ORG_ADMIN)), "/v1/orgs/khan-motors/service-accounts"
    body = {"name": "erp", "scopes": ["branches.read"]}
    made = httpx.post(both[0] + accounts, json=body, headers=admin.headers, trust_env=False).json()
    system = {"authorization": f"Bearer {made['secret']}"}
    revoke = call("DELETE", f"{both[0]}{accounts}/{made['account_id']}", admin.headers)
    assert change_while_asking(both, system, revoke) == {(401, "unknown_secret")}


def test_unexpired_outside_tokens_are_refused_by_both(
    api_settings: Settings, people: People, session_factory: SessionFactory
) -> None:
    issuer = Issuer()
    with loopback.served(issuer.server):
        admin, agent = people.person(("khan-motors", Role.ORG_ADMIN)), people.person(("khan-motors", Role.SALES_AGENT))
        with transaction(session_factory) as session:
            for subject, person in (("admin", admin), ("agent", agent)):
                session.add(Login(issuer=issuer.address, subject=subject, user_id=person.user_id))
        with processes(api_settings.model_copy(update={"oidc_issuer": issuer.address})) as both:
            end_in_all_ways(both, issuer, agent, session_factory)


def end_in_all_ways(both: Both, issuer: Issuer, agent: Person, factory: SessionFactory) -> None:
    token = issuer.token("agent", exp=int(time.time()) + 600)
    assert change_while_asking(both, token, execute(factory, BLOCK, agent)) == {(403, "person_blocked")}
    execute(factory, UNBLOCK, agent)()
    assert change_while_asking(both, token, call("POST", f"{both[0]}/v1/auth/logout", token)) == {
        (401, "session_ended")
    }
    other, admin = issuer.token("agent", session="sid-2"), issuer.token("admin", session="sid-3")
    leave = call("DELETE", f"{both[1]}/v1/orgs/khan-motors/members/{agent.user_id}", admin)
    assert change_while_asking(both, other, leave) == {(403, "forbidden")}
