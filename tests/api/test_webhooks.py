"""Webhooks over the API: added, confirmed, changed, read, sent again, by administrators of their own organisation."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import Engine, text

from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.outbox.follow import following
from pipelines.webhooks.consumers import QUEUE
from pipelines.webhooks.fan_out import fan_out
from tests.api.conftest import code_of
from tests.api.people import People, Person
from tests.dump import dump, holds
from tests.factories.listings import add_listing
from tests.factories.turns import OneTurn
from tests.factories.webhooks import Partner, partner, send_due

PRICE = "listing.price_changed"
GOOD = {"url": "https://crm.example.com/hook", "events": [PRICE]}


@pytest.fixture
def admin(people: People) -> Person:
    return people.person(("khan-motors", Role.ORG_ADMIN))


@pytest.fixture
def here() -> Iterator[Partner]:
    with partner() as here:
        yield here


def add(client: httpx.Client, person: Person, **given: Any) -> httpx.Response:
    return client.post("/v1/webhooks", json=GOOD | given, headers=person.headers)


def point_to(factory: SessionFactory, here: Partner, webhook: dict[str, Any]) -> None:
    """Loopback is refused at the door of this API; the test's own sender may reach it."""
    here.secrets = [webhook["secret"]]
    with transaction(factory) as session:
        session.execute(
            text("UPDATE webhook_endpoints SET url = :url WHERE id = :id"), {"url": here.url, "id": webhook["id"]}
        )


def test_webhook_is_confirmed_and_told_of_a_price_and_the_log_shows_it(
    client: httpx.Client, people: People, admin: Person, here: Partner, session_factory: SessionFactory
) -> None:
    with transaction(session_factory) as session:
        car = add_listing(session, org="khan-motors")
    webhook = add(client, admin, headers={"X-Tenant": "khan"}).json()
    assert webhook["state"] == "unconfirmed"
    assert webhook["secret"].startswith("whsec_")
    point_to(session_factory, here, webhook)
    one = f"/v1/webhooks/{webhook['id']}"
    assert client.post(f"{one}/ping", headers=admin.headers).status_code == 202
    assert send_due(session_factory, people.keys) == 2
    read = client.get(one, headers=admin.headers).json()
    assert (read["state"], read["has_headers"], "secret" in read) == ("active", True, False)
    assert client.post(f"{one}/test", json={"event": PRICE}, headers=admin.headers).status_code == 202
    with transaction(session_factory) as session:
        session.execute(text("UPDATE listings SET price_pkr = 99 WHERE id = :id"), {"id": car})
    following(QUEUE, fan_out)(OneTurn(session_factory))
    while send_due(session_factory, people.keys):
        pass
    assert sorted(body.get("test", False) for _, body in here.received if body["type"] == PRICE) == [False, True]
    assert {each["x-tenant"] for each in here.headers} == {"khan"}
    log = client.get(f"{one}/deliveries", params={"event": PRICE, "subject_id": str(car)}, headers=admin.headers).json()
    (sent,) = log["items"]
    assert (sent["outcome"], sent["payload"]["data"]["new_price_pkr"], sent["attempts"][0]["code"]) == (
        "delivered",
        99,
        "ok",
    )
    assert sent["webhook_id"] in [message_id for message_id, _ in here.received]
    again = client.post(f"{one}/replay", json={"delivery_ids": [sent["id"]]}, headers=admin.headers)
    assert again.json() == {"deliveries": 1}
    assert send_due(session_factory, people.keys) == 1
    since = client.post(f"{one}/replay", json={"failed_since": "2020-01-01T00:00:00Z"}, headers=admin.headers)
    assert (since.status_code, since.json()) == (202, {"deliveries": 0}), "all of it is acknowledged"
    unknown = client.post(f"{one}/replay", json={"delivery_ids": [str(uuid4())]}, headers=admin.headers)
    assert code_of(unknown) == (404, "unknown_delivery")
    pages = client.get(f"{one}/deliveries", params={"limit": 2}, headers=admin.headers).json()
    assert len(pages["items"]) == 2
    rest = client.get(f"{one}/deliveries", params={"cursor": pages["next_cursor"]}, headers=admin.headers).json()
    assert len(rest["items"]) == 2


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://crm.example.com/", "scheme_not_allowed"),
        ("ftp://crm.example.com/", "scheme_not_allowed"),
        ("https://crm.example.com:22/", "port_not_allowed"),
        ("https://user:word@crm.example.com/", "secret_in_url"),
        ("https:///nowhere", "bad_url"),
        ("https://crm.example.com/#part", "bad_url"),
        ("https://crm.example.com/a b", "bad_url"),
        ("https://crm.example.com\\@evil.example/", "bad_url"),
        ("https://مثال.example/", "bad_url"),
    ],
)
def test_impossible_address_is_refused_at_once(client: httpx.Client, admin: Person, url: str, code: str) -> None:
    assert code_of(add(client, admin, url=url))[1] == code


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook-id": "x"},
        {"Webhook-Signature": "x"},
        {"Host": "x"},
        {"Content-Type": "x"},
        {"transfer-encoding": "chunked"},
        {"X-A": "a\r\nX-B: b"},
        {"X A": "a"},
        {"X-A": "a", "x-a": "b"},
        {"X-A": "é"},
    ],
)
def test_header_that_is_not_the_partners_is_refused(
    client: httpx.Client, admin: Person, headers: dict[str, str]
) -> None:
    assert code_of(add(client, admin, headers=headers)) == (422, "bad_headers")


def test_unknown_events_and_branches_are_named(client: httpx.Client, admin: Person) -> None:
    assert code_of(add(client, admin, events=["listing.painted"])) == (422, "unknown_event")
    assert code_of(add(client, admin, branch="nowhere")) == (404, "unknown_branch")
    assert add(client, admin, branch="dha").json()["branch_id"] is not None


def test_filter_is_shown_changed_and_taken_off_and_unknown_parts_are_named(client: httpx.Client, admin: Person) -> None:
    webhook = add(client, admin, filter={"make": ["toyota"], "price_max": 4_000_000}).json()
    read = {"make": ["Toyota"], "model": [], "city": [], "year_min": None, "year_max": None, "price_min": None}
    assert webhook["filter"] == read | {"price_max": 4_000_000}
    one = f"/v1/webhooks/{webhook['id']}"
    assert client.patch(one, json={"order": "loose"}, headers=admin.headers).json()["filter"] == webhook["filter"]
    assert client.patch(one, json={"filter": {}}, headers=admin.headers).json()["filter"] is None
    for given, code in (
        ({"make": ["Toyotta"]}, "unknown_filter_value"),
        ({"colour": ["red"]}, "unknown_field"),
        ({"price_min": 2, "price_max": 1}, "invalid_range"),
        ({"price_min": -1}, "invalid_request"),
        ({"make": "Toyota"}, "invalid_request"),
        ({"city": ["\x00"]}, "invalid_text"),
    ):
        assert code_of(add(client, admin, filter=given)) == (422, code), given
    refused = add(client, admin, filter={"make": ["Honda"]}, events=[PRICE, "feed.applied"])
    assert code_of(refused) == (422, "filter_needs_car")


def test_only_administrators_of_the_organisation_reach_its_webhooks(
    client: httpx.Client, people: People, admin: Person
) -> None:
    webhook = add(client, admin).json()
    agent = people.person(("khan-motors", Role.SALES_AGENT))
    foreign = people.person(("other", Role.ORG_ADMIN))
    assert code_of(add(client, agent)) == (403, "forbidden")
    assert code_of(client.get("/v1/webhooks", params={"org": "khan-motors"}, headers=foreign.headers)) == (
        403,
        "not_a_member",
    )
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/ping"), ("GET", "/deliveries")):
        for one in (webhook["id"], str(uuid4())):
            answer = client.request(method, f"/v1/webhooks/{one}{path}", headers=foreign.headers)
            assert code_of(answer) == (404, "unknown_webhook")
    assert client.get("/v1/webhooks", headers=foreign.headers).json() == {"webhooks": []}


def test_new_address_gets_a_new_secret_and_rotation_gives_one_too(
    client: httpx.Client, admin: Person, session_factory: SessionFactory
) -> None:
    webhook = add(client, admin).json()
    one = f"/v1/webhooks/{webhook['id']}"
    same = client.patch(one, json={"order": "loose"}, headers=admin.headers).json()
    assert (same["secret"], same["order"]) == (None, "loose")
    moved = client.patch(one, json={"url": "https://other.example.com/"}, headers=admin.headers).json()
    assert moved["secret"] not in (None, webhook["secret"])
    assert moved["public_key"] != webhook["public_key"]
    rotated = client.post(f"{one}/rotate", json={}, headers=admin.headers).json()
    assert rotated["secret"] not in (webhook["secret"], moved["secret"])
    assert code_of(client.patch(one, json={"state": "active"}, headers=admin.headers)) == (409, "webhook_not_active")
    assert code_of(client.post(f"{one}/test", json={"event": PRICE}, headers=admin.headers)) == (
        409,
        "webhook_not_active",
    )
    assert client.delete(one, headers=admin.headers).status_code == 204
    assert code_of(client.get(one, headers=admin.headers)) == (404, "unknown_webhook")


def test_secrets_stand_in_no_dump_and_no_record_in_the_open(
    client: httpx.Client, admin: Person, admin_engine: Engine
) -> None:
    webhook = add(client, admin, headers={"X-Key": "hunter2hunter2"}).json()
    dumped = dump(admin_engine)
    assert not holds(dumped, webhook["secret"])
    assert not holds(dumped, "hunter2hunter2")
    assert b"webhooks.add" in dumped


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": "https://a.example/"},
        {"events": [PRICE]},
        GOOD | {"events": []},
        GOOD | {"order": "tidy"},
        GOOD | {"concurrency": 0},
        GOOD | {"concurrency": True},
        GOOD | {"per_second": -1},
        GOOD | {"surprise": 1},
        GOOD | {"url": "https://a.example/\x00"},
        GOOD | {"headers": {"X": None}},
    ],
)
def test_request_that_says_too_little_or_too_much_is_refused(
    client: httpx.Client, admin: Person, body: dict[str, Any]
) -> None:
    answer = client.post("/v1/webhooks", content=json.dumps(body), headers=admin.headers | JSON)
    assert answer.status_code == 422, answer.text


JSON = {"content-type": "application/json"}
REPLAYS: list[dict[str, Any]] = [
    {},
    {"to": "2026-05-02T00:00:00Z"},
    {"from": "2026-05-02T00:00:00"},
    {"from": "2026-05-02T00:00:00Z", "delivery_ids": [str(uuid4())]},
    {"from": "2026-05-02T00:00:00Z", "failed_since": "2026-05-02T00:00:00Z"},
    {"to": "2026-05-02T00:00:00Z", "failed_since": "2026-05-02T00:00:00Z"},
    {"failed_since": "yesterday"},
    {"delivery_ids": []},
]


@pytest.mark.parametrize("body", REPLAYS)
def test_replay_that_names_nothing_or_two_things_is_refused(
    client: httpx.Client, admin: Person, body: dict[str, Any]
) -> None:
    webhook = add(client, admin).json()
    answer = client.post(f"/v1/webhooks/{webhook['id']}/replay", json=body, headers=admin.headers)
    assert answer.status_code == 422, answer.text
