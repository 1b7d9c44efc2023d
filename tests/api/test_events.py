"""POST /v1/events: each event is answered by itself, and what is acknowledged is in the table once."""

import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from core.access.roles import Role
from core.clock import utc_now
from core.db.session import SessionFactory
from tests.api.conftest import Add, code_of
from tests.api.people import People
from tests.factories.batches import sent_batch, sent_event

ORG = "khan-motors"
Rows = Callable[[str], list[Any]]


@pytest.fixture
def car(people: People, add: Add) -> UUID:
    people.org(ORG)
    return add(org=ORG)


@pytest.fixture
def rows(session_factory: SessionFactory) -> Rows:
    def read(columns: str) -> list[Any]:
        with session_factory() as session:
            return list(session.execute(text(f"SELECT {columns} FROM engagement_events ORDER BY at, event_id")))

    return read


def view(car: UUID | None, **fields: Any) -> dict[str, Any]:
    return sent_event(car, at=utc_now(), **fields)


def send(client: httpx.Client, *events: Any, headers: dict[str, str] | None = None, **batch: Any) -> httpx.Response:
    body = json.dumps(sent_batch(*events, at=utc_now(), **batch))
    return client.post("/v1/events", content=body, headers={"content-type": "application/json"} | (headers or {}))


def answers(response: httpx.Response) -> list[tuple[str, str | None]]:
    assert response.status_code == 200, response.text
    return [(each["status"], each["code"]) for each in response.json()["results"]]


def test_events_are_answered_one_by_one_and_kept_once(client: httpx.Client, car: UUID, add: Add, rows: Rows) -> None:
    hidden = add(org=ORG, visibility="private")
    good, again = view(car, position=3, query_id="q-1"), view(car)
    first = send(client, good, view(uuid4()), view(hidden), "?", view(car, type="nonsense"), again, app_version="4.2")
    assert answers(first) == [
        ("accepted", None), ("rejected", "listing_unknown"), ("rejected", "listing_unknown"),
        ("rejected", "invalid_event"), ("rejected", "unknown_type"), ("accepted", None),
    ]  # fmt: skip
    assert first.json()["results"][0]["id"] == good["id"]
    changed = again | {"position": 9}
    assert answers(send(client, good, changed)) == [("duplicate", None), ("rejected", "id_reused")]
    assert answers(send(client, good, device_id="phone-2")) == [("accepted", None)]
    kept = rows("type, mark, make, city, source, app, app_version, position, query_id, session IS NULL, person")
    assert [tuple(row) for row in kept if row.position == 3] == [
        ("listing_view", "none", "Toyota", "Lahore", "feed", "web", "4.2", 3, "q-1", False, None),
        ("listing_view", "none", "Toyota", "Lahore", "feed", "web", None, 3, "q-1", False, None),
    ]
    assert len(kept) == 3


def test_bad_events_sink_nobody_elses(client: httpx.Client, car: UUID, rows: Rows) -> None:
    bad = [
        '"query": "a\\u0000b"', '"query": "\\ud800"', '"results": NaN', '"results": 1e400', '"results": -1',
        f'"results": {"9" * 5_000}', '"at": "2026-11-27T10:00:00"', '"at": "9999-12-31T23:59:59-14:00"', '"at": 1',
        '"query_id": "\\t"', '"id": "x"', '"unnamed": "\\u0000"',
    ]  # fmt: skip
    search = sent_event(None, at=utc_now(), type="search", query="corolla 0300 1234567 \\ \t", results=3)
    pieces = [json.dumps(sent_event(None, at=utc_now(), type="search"))[:-1] + f", {each}}}" for each in bad]
    head = json.dumps(sent_batch(at=utc_now()))[: -len("[]}")]
    body = f"{head}[{', '.join([*pieces, json.dumps(search)])}]}}".encode() + b"  "
    found = answers(client.post("/v1/events", content=body, headers={"content-type": "text/plain;charset=UTF-8"}))
    codes = [
        "invalid_text", "invalid_text", "invalid_number", "invalid_number", "invalid_field", "invalid_number",
        "time_without_offset", "invalid_time", "invalid_time", "invalid_field", "invalid_id", "invalid_text",
    ]  # fmt: skip
    assert found == [*[("rejected", code) for code in codes], ("accepted", None)]
    assert [tuple(row) for row in rows("query, results")] == [("corolla [phone] \\ \t", 3)]


def test_large_packed_and_overlarge_bodies(client: httpx.Client, car: UUID) -> None:
    events = [view(car, query_id="q" * 90) for _ in range(500)]
    body = json.dumps(sent_batch(*events, at=utc_now())).encode()
    assert len(body) > 100 * 1024
    packed = {"content-type": "application/json", "content-encoding": "gzip"}
    first = client.post("/v1/events", content=gzip.compress(body), headers=packed)
    assert set(answers(first)) == {("accepted", None)}
    again = client.post("/v1/events", content=body, headers={"content-type": "text/plain"})
    assert set(answers(again)) == {("duplicate", None)}
    assert code_of(send(client, *[view(car) for _ in range(501)])) == (422, "too_many_events")
    bomb = gzip.compress(b" " * (64 << 20))
    assert len(bomb) < 512 * 1024
    for content, headers, code in (
        (bomb, packed, (413, "body_too_large")),
        (b" " * (512 * 1024 + 1), {"content-type": "text/plain"}, (413, "body_too_large")),
        (b"x", packed, (422, "bad_batch")),
        (gzip.compress(body)[:-9], packed, (422, "bad_batch")),
        (b"{}", packed | {"content-encoding": "br"}, (415, "unsupported_encoding")),
        (b"{}", {"content-type": "text/html"}, (415, "unsupported_content_type")),
        (b"[" * 100_000, {"content-type": "text/plain"}, (422, "bad_batch")),
    ):
        assert code_of(client.post("/v1/events", content=content, headers=headers)) == code


@pytest.mark.parametrize("missing", ["sent_at", "device_id", "events"])
def test_batch_without_its_own_fields_is_refused(client: httpx.Client, missing: str) -> None:
    batch = sent_batch(at=utc_now())
    del batch[missing]
    assert code_of(client.post("/v1/events", json=batch)) == (422, "bad_batch")


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("sent_at", 5), ("sent_at", "2026-11-27T10:00:00"), ("device_id", 5), ("device_id", ""), ("device_id", "\0"),
        ("session_id", True), ("app", 5), ("app", {"version": 4}), ("app_version", "\n"), ("channel", "radio"),
        ("consent", "maybe"), ("webdriver", "true"), ("events", {}),
    ],
)  # fmt: skip
def test_batch_takes_no_value_of_another_kind(client: httpx.Client, field: str, wrong: Any) -> None:
    refused = client.post("/v1/events", json=sent_batch(at=utc_now()) | {field: wrong})
    assert code_of(refused) == (422, "bad_batch")
    assert field in refused.json()["detail"] or field == "app"


@pytest.mark.parametrize("field", ["session_id", "app", "app_version", "channel", "consent", "webdriver"])
def test_null_is_a_field_of_the_batch_left_out(client: httpx.Client, add: Add, field: str) -> None:
    batch = sent_batch(view(add()), at=utc_now()) | {field: None}
    assert answers(client.post("/v1/events", json=batch)) == [("accepted", None)]


def test_batch_cannot_say_when_it_was_received(client: httpx.Client) -> None:
    assert code_of(send(client, received_at="2026-11-01T00:00:00Z")) == (422, "received_at_refused")


def test_robots_previews_staff_and_owners_are_marked(
    client: httpx.Client, people: People, car: UUID, rows: Rows
) -> None:
    owner, staff = people.person((ORG, Role.SALES_AGENT)), people.person(("automart", Role.MODERATOR))
    buyer = people.person()
    senders: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
        "googlebot": ({"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}, {}),
        "headless": ({"user-agent": "Mozilla/5.0 HeadlessChrome/130.0"}, {}),
        "driven": ({}, {"webdriver": True}),
        "link preview": ({"user-agent": "WhatsApp/2.23"}, {}),
        "prefetch": ({"sec-purpose": "prefetch;prerender"}, {}),
        "owner": (owner.headers, {}),
        "staff": (staff.headers, {}),
        "buyer": (buyer.headers, {}),
        "a phone of Cubot": ({"user-agent": "Mozilla/5.0 (Linux; Android 9; CUBOT X19)"}, {}),
    }
    for name, (headers, more) in senders.items():
        assert answers(send(client, view(car), headers=headers, app=name, **more)) == [("accepted", None)]
    assert answers(send(client, view(car, prerender=True), app="drawn before")) == [("accepted", None)]
    assert {row.app: (row.mark, row.known) for row in rows("app, mark, person IS NOT NULL AS known")} == {
        "googlebot": ("bot", False), "headless": ("bot", False), "driven": ("bot", False),
        "link preview": ("preview", False), "prefetch": ("preview", False), "drawn before": ("preview", False),
        "owner": ("owner", True), "staff": ("staff", True), "buyer": ("none", True),
        "a phone of Cubot": ("none", False),
    }  # fmt: skip


@pytest.mark.parametrize("way", [{"dnt": "1"}, {"sec-gpc": "1"}, {}])
def test_who_asks_not_to_be_followed_is_counted_by_day_alone(
    client: httpx.Client, people: People, car: UUID, rows: Rows, way: dict[str, str]
) -> None:
    headers, consent = people.person().headers | way, {} if way else {"consent": "denied"}
    search = sent_event(None, at=utc_now(), type="search", query="corolla")
    assert answers(send(client, view(car), search, headers=headers, **consent)) == [("accepted", None)] * 2
    assert answers(send(client, search, headers=headers, **consent)) == [("duplicate", None)]
    assert answers(send(client, view(car))) == [("accepted", None)]
    followed, alone, query = sorted(rows("session, person, query, device"), key=lambda row: row.session is None)
    assert (alone.person, alone.query, query.query, alone.device == query.device) == (None, None, None, True)
    assert alone.device != followed.device


def test_revealed_contact_counts_once_with_the_apps_event(
    client: httpx.Client, people: People, car: UUID, rows: Rows
) -> None:
    event, asked = str(uuid4()), f"/v1/listings/{car}/contact"
    for _ in range(2):
        revealed = client.post(asked, json={"event_id": event, "device_id": "phone-1"})
        assert revealed.status_code == 200
    told = view(car, id=event, type="contact_reveal")
    assert answers(send(client, told)) == [("duplicate", None)]
    other = view(car, type="contact_reveal")
    assert answers(send(client, other)) == [("accepted", None)]
    assert client.post(asked, json={"event_id": other["id"], "device_id": "phone-1"}).status_code == 200
    assert [row.type for row in rows("type")] == ["contact_reveal"] * 2
    owner = people.person((ORG, Role.SALES_AGENT))
    body = {"event_id": str(uuid4()), "device_id": "phone-9"}
    assert client.post(asked, json=body, headers=owner.headers).status_code == 200
    assert [row.mark for row in rows("mark")] == ["none", "none", "owner"]


def test_full_buffer_is_answered_with_retry_after(
    client: httpx.Client, app: FastAPI, car: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is away: see test_every_operation_documents_its_outages."""
    monkeypatch.setattr(app.state.opened.captured.buffer, "most_waiting", 2)
    full = send(client, *[view(car) for _ in range(3)])
    assert (code_of(full), int(full.headers["retry-after"]) > 0) == ((503, "capture_full"), True)
    assert answers(send(client, view(car), view(car))) == [("accepted", None)] * 2


def test_event_of_an_hour_ago_counts_in_its_own_hour(client: httpx.Client, car: UUID, rows: Rows) -> None:
    at = utc_now() - timedelta(hours=30)
    assert answers(send(client, sent_event(car, at=at))) == [("accepted", None)]
    row = rows("hour, at, after_close")[0]
    assert (row.hour, row.after_close) == (at.replace(minute=0, second=0, microsecond=0), True)


def test_schemas_are_published(client: httpx.Client) -> None:
    types = client.get("/v1/event-schemas").json()["types"]
    assert set(types) == {
        "listing_impression", "listing_view", "photo_view", "search", "facet_use", "contact_reveal", "whatsapp_click",
        "call_click", "share", "favourite", "compare", "finance_cta", "inspection_cta", "band_view",
    }  # fmt: skip
    assert types["listing_view"]["required"] == ["id", "type", "at", "listing_id"]
