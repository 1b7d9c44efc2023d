"""Live push over WebSocket and Server-Sent Events."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from websockets.exceptions import InvalidStatus

from api.app import create_app
from core.access.roles import Role
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.settings import Settings
from serving.identity.logins.issuer import LIFETIME, EmbeddedIssuer
from tests.api.conftest import served
from tests.api.live_client import ending, events, numbering, opened, read
from tests.api.people import People, Person
from tests.factories.live import number_waiting, tell_lead, tell_leads

ORG = "khan-motors"
ORIGIN = "https://automart.test"


@pytest.fixture(scope="module")
def live_server(api_settings: Settings) -> Iterator[httpx.Client]:
    settings = api_settings.model_copy(update={"web_origins": ORIGIN, "live_heartbeat_seconds": 0.5})
    with served(create_app(settings), settings) as client:
        yield client


@pytest.fixture
def live(live_server: httpx.Client, session_factory: SessionFactory) -> httpx.Client:
    del session_factory  # the tables are emptied at its end
    return live_server


@pytest.fixture
def agent(people: People) -> Person:
    return people.person((ORG, Role.SALES_AGENT))


@pytest.fixture
def tell(session_factory: SessionFactory, people: People) -> Callable[..., UUID]:
    def add(org: str = ORG, kind: str = "created", **facts: object) -> UUID:
        org_id = people.org(org)
        with transaction(session_factory) as session:
            return tell_lead(session, org_id, kind, **facts)

    return add


def change(factory: SessionFactory, statement: str, **given: object) -> None:
    with transaction(factory) as session:
        session.execute(text(statement), given)


def test_events_of_the_own_organisation_arrive_and_those_of_others_do_not(
    live: httpx.Client, agent: Person, tell: Callable[..., UUID], session_factory: SessionFactory
) -> None:
    with numbering(session_factory), opened(live, agent.token) as socket:
        assert socket.subprotocol == "automart.live"
        assert read(socket)["type"] == "ready"
        tell("clifton-cars")
        mine = tell()
        (event,) = events(socket, 1)

    assert (event["topic"], event["kind"], event["subject_id"], event["stream"]) == (
        "lead",
        "created",
        str(mine),
        "org",
    )
    assert event["id"] == f"{ORG}:1,@me:0"
    assert "device" not in event["data"]


def test_client_that_was_away_gets_what_it_missed_in_order_and_once_through_either_way(
    live: httpx.Client, agent: Person, tell: Callable[..., UUID], session_factory: SessionFactory
) -> None:
    told = [str(tell()) for _ in range(3)]
    number_waiting(session_factory)

    with opened(live, agent.token, f"?after={ORG}:1,@me:0") as socket:
        missed = [event["subject_id"] for event in events(socket, 2)]
        told.append(str(tell()))
        number_waiting(session_factory)
        missed += [event["subject_id"] for event in events(socket, 1)]
    headers = {**agent.headers, "Last-Event-ID": f"{ORG}:1,@me:0"}
    answer = live.get("/v1/live", params={"seconds": 0}, headers=headers)

    assert missed == told[1:]
    found = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    assert [each["subject_id"] for each in found if each["type"] == "event"] == told[1:]
    assert f"id: {ORG}:4,@me:0\n" in answer.text


def test_what_is_no_longer_kept_is_answered_resync(
    live: httpx.Client, agent: Person, tell: Callable[..., UUID], session_factory: SessionFactory
) -> None:
    tell(), tell()
    number_waiting(session_factory)
    change(session_factory, "UPDATE live_events SET numbered_at = now() - interval '73 hours' WHERE number = 1")

    for after, first in ((0, "resync"), (1, "ready"), (2, "ready"), (99, "resync")):
        with opened(live, agent.token, f"?after={ORG}:{after}") as socket:
            message = read(socket)
            assert (message["type"], message["position"].split(",")[0]) == (
                first,
                f"{ORG}:{1 if after == 1 else 2}",
            )


def test_token_in_the_first_message_and_mistakes_before_it(live: httpx.Client, agent: Person) -> None:
    with opened(live, None) as socket:
        socket.send(json.dumps({"token": agent.token, "org": ORG}))
        assert read(socket)["type"] == "ready"
        socket.send("whatever a client says later")
        assert read(socket)["type"] == "heartbeat"
    for said, code in (("x", 4400), ("{}", 4401), ('{"token": "x"}', 4401), (b"\x00", 4400), ('{"token": 5}', 4400)):
        with opened(live, None) as socket:
            socket.send(said)
            assert ending(socket)[2] == code
    for query, code in (("?org=clifton-cars", 4403), ("?after=x", 4400), ("?token=x", 4400), ("?org=%00", 4400)):
        with opened(live, agent.token, query) as socket:
            assert ending(socket)[2] == code


def test_pages_of_other_origins_are_refused(live: httpx.Client, agent: Person) -> None:
    with opened(live, agent.token, origin=ORIGIN) as socket:
        assert read(socket)["type"] == "ready"
    for origin in ("https://evil.test", f"{ORIGIN}.evil.test", "null"):
        with pytest.raises(InvalidStatus) as refused:
            opened(live, agent.token, origin=origin)
        assert refused.value.response.status_code == 403


ENDS = {
    "logout": ("UPDATE sessions SET ended_at = now() WHERE user_id = :user", "session_ended", 4401),
    "suspension": ("UPDATE users SET blocked_at = now() WHERE id = :user", "person_blocked", 4403),
    "lost role": ("DELETE FROM memberships WHERE user_id = :user", "access_changed", 4409),
    "other role": ("UPDATE memberships SET role = 'org_admin' WHERE user_id = :user", "access_changed", 4409),
}


@pytest.mark.parametrize("why", ENDS)
def test_connection_ends_with_the_right_and_delivers_nothing_committed_after_it(
    why: str, live: httpx.Client, agent: Person, tell: Callable[..., UUID], session_factory: SessionFactory
) -> None:
    statement, code, closed = ENDS[why]
    with opened(live, agent.token) as socket:
        read(socket)
        before = tell()
        number_waiting(session_factory)
        assert events(socket, 1)[0]["subject_id"] == str(before)

        change(session_factory, statement, user=agent.user_id)
        at = time.monotonic()
        tell()
        number_waiting(session_factory)
        ended = ending(socket)

    assert ended == ([], code, closed)
    assert time.monotonic() - at < 5


def test_connection_ends_without_any_event_at_logout_and_when_its_token_expires(
    live: httpx.Client, agent: Person, people: People, session_factory: SessionFactory
) -> None:
    issued_at = utc_now() - LIFETIME + timedelta(seconds=2)
    short = EmbeddedIssuer(people.keys).access_token(agent.user_id, agent.session_id, issued_at)
    with opened(live, short) as expiring, opened(live, agent.token) as other:
        assert ending(expiring)[1:] == ("token_expired", 4401)
        change(session_factory, ENDS["logout"][0], user=agent.user_id)
        at = time.monotonic()
        assert ending(other)[1:] == ("session_ended", 4401)
    assert time.monotonic() - at < 5


def test_events_arrive_with_the_listening_connection_cut(
    live: httpx.Client, agent: Person, tell: Callable[..., UUID], session_factory: SessionFactory
) -> None:
    stop = threading.Event()

    def cut() -> None:
        while not stop.wait(0.05):
            change(
                session_factory,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
                " AND datname = current_database()",
            )

    with opened(live, agent.token) as socket:
        read(socket)
        cutter = threading.Thread(target=cut)
        cutter.start()
        try:
            for _ in range(2):
                time.sleep(0.2)
                told, at = tell(), time.monotonic()
                number_waiting(session_factory)
                assert events(socket, 1)[0]["subject_id"] == str(told)
                assert time.monotonic() - at < 5
        finally:
            stop.set()
            cutter.join()


def test_slow_client_delays_nobody(
    live: httpx.Client, agent: Person, people: People, session_factory: SessionFactory
) -> None:
    org_id, many = people.org(ORG), 2_000
    with opened(live, agent.token, buffer=4_096) as slow, opened(live, agent.token) as quick:
        read(slow), read(quick)
        with transaction(session_factory) as session:
            told = tell_leads(session, org_id, many, reason="x" * 3_800)
        number_waiting(session_factory)
        at = time.monotonic()
        assert [event["subject_id"] for event in events(quick, many)] == [str(each) for each in told]
        assert time.monotonic() - at < 10
        time.sleep(max(0.0, at + 6 - time.monotonic()))  # who reads again within 4 s is let go on
        _got, code, _closed = ending(slow)
    assert code in ("", "too_slow")


def test_buyer_and_private_seller_hear_of_their_own_leads(
    live: httpx.Client, people: People, session_factory: SessionFactory
) -> None:
    buyer, seller = people.person(), people.person()
    market = people.org("market", "marketplace")
    with opened(live, buyer.token) as bought, opened(live, seller.token) as sold:
        assert read(bought)["position"] == "@me:0"
        read(sold)
        with transaction(session_factory) as session:
            tell_lead(session, market, "sla", person_id=seller.user_id, buyer_id=str(buyer.user_id))
            tell_lead(session, market, "answered", person_id=seller.user_id, buyer_id=str(buyer.user_id))
        number_waiting(session_factory)

        assert [(event["kind"], event["role"]) for event in events(bought, 1)] == [("answered", "buyer")]
        assert [event["kind"] for event in events(sold, 2)] == ["sla", "answered"]


def test_connections_past_the_most_are_refused(api_settings: Settings, agent: Person) -> None:
    settings = api_settings.model_copy(update={"live_connections": 1})
    with served(create_app(settings), settings) as client, opened(client, agent.token) as first:
        read(first)
        with opened(client, agent.token) as second:
            assert ending(second)[1:] == ("too_many_live_connections", 1013)
        refused = client.get("/v1/live", headers=agent.headers)
        assert (refused.status_code, refused.json()["code"]) == (503, "too_many_live_connections")
        first.close()
        assert client.get("/v1/live", params={"seconds": 0}).status_code == 401


def test_answer_of_events_ends_with_the_session(
    live: httpx.Client, agent: Person, session_factory: SessionFactory
) -> None:
    with live.stream("GET", "/v1/live", headers=agent.headers) as answer:
        lines = answer.iter_lines()
        assert next(lines).startswith("id: ")
        change(session_factory, ENDS["logout"][0], user=agent.user_id)
        assert any('"code": "session_ended"' in line for line in lines)


def test_time_for_the_head_of_a_request_ends_no_socket(
    api_settings: Settings, agent: Person, tell: Callable[..., UUID], session_factory: SessionFactory
) -> None:
    """The clock of the head ran on after the upgrade, and wrote an HTTP answer between the frames."""
    settings = api_settings.model_copy(update={"live_heartbeat_seconds": 0.2})
    with served(create_app(settings), settings, header_seconds=0.5) as client, opened(client, agent.token) as socket:
        assert read(socket)["type"] == "ready"
        time.sleep(0.8)
        mine = tell()
        number_waiting(session_factory)
        (event,) = events(socket, 1)
    assert event["subject_id"] == str(mine)
