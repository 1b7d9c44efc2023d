"""Callers get search tokens of their own audience, for minutes, and none once their session has ended."""

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from api.app import create_app
from core.access.roles import Role
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.search.meilisearch import MeilisearchEngine, MeilisearchServer
from core.settings import Settings
from tests.api.conftest import code_of, served
from tests.api.people import People, Person
from tests.core.search.conftest import document
from tests.meilisearch_server.running import RunningServer, running

PATH = "/v1/search/tokens"
BOTH: dict[str, Any] = {"channels": ("automart", "autotrader")}


@pytest.fixture(scope="module")
def meilisearch() -> Iterator[RunningServer]:
    with running("a-master-key-of-the-tests") as server:
        yield server


@pytest.fixture(scope="module")
def with_meilisearch(api_settings: Settings, meilisearch: RunningServer) -> Iterator[httpx.Client]:
    key = meilisearch.search_key
    changes = {"meili_url": meilisearch.url, "meili_search_key": key["key"], "meili_search_key_uid": key["uid"]}
    settings = Settings(
        **{**api_settings.model_dump(exclude_unset=True), **changes, "meili_key": meilisearch.admin_key}
    )
    with served(create_app(settings), settings) as client:
        yield client


@pytest.fixture
def stocked(meilisearch: RunningServer, people: People, tmp_path: Path) -> RunningServer:
    """Cars of every visibility, of two dealers."""
    khan, malik = people.org("khan-motors"), people.org("malik-cars")
    engine = MeilisearchEngine(MeilisearchServer(meilisearch.url, meilisearch.admin_key), "listings", tmp_path / "lock")
    with engine.rebuilding() as batch:
        batch.upsert(
            [
                document(title="public", **BOTH),
                document(title="wholesale", visibility="wholesale_public", org_id=malik, **BOTH),
                document(title="khan private", visibility="private", org_id=khan, **BOTH),
                document(title="malik private", visibility="private", org_id=malik, **BOTH),
            ]
        )
    return meilisearch


def found(server: RunningServer, issued: dict[str, Any]) -> set[str]:
    asked = {"indexUid": issued["index"], "q": "", "limit": 100}
    hits = MeilisearchServer(server.url, issued["token"]).multi_search([asked])[0]["hits"]
    return {hit["title"] for hit in hits}


@pytest.mark.parametrize(
    ("held", "query", "seen"),
    [
        (None, "", {"public"}),
        ("khan-motors", "", {"public"}),
        ("khan-motors", "?channel=autotrader", {"public", "wholesale", "khan private"}),
        ("khan-motors", "?org=khan-motors", {"public", "khan private"}),
        ("malik-cars", "?channel=autotrader&org=malik-cars", {"public", "wholesale", "malik private"}),
    ],
)
def test_token_finds_what_the_caller_may_see(
    with_meilisearch: httpx.Client, stocked: RunningServer, people: People, held: str | None, query: str, seen: set[str]
) -> None:
    person = people.person(*([(held, Role.SALES_AGENT)] if held else []))
    answer = with_meilisearch.post(PATH + query, headers=person.headers)
    assert answer.status_code == 200, answer.text
    assert found(stocked, answer.json()) == seen


def test_audience_of_others_and_callers_without_a_session_are_refused(
    with_meilisearch: httpx.Client, people: People
) -> None:
    buyer, admin = people.person(), people.person(("khan-motors", Role.ORG_ADMIN))
    people.org("malik-cars")
    assert code_of(with_meilisearch.post(PATH)) == (401, "login_needed")
    assert code_of(with_meilisearch.post(f"{PATH}?channel=autotrader", headers=buyer.headers)) == (403, "dealers_only")
    assert code_of(with_meilisearch.post(f"{PATH}?org=malik-cars", headers=admin.headers)) == (403, "not_a_member")
    made = with_meilisearch.post(
        "/v1/orgs/khan-motors/service-accounts", json={"name": "erp", "scopes": ["members.read"]}, headers=admin.headers
    )
    system = {"authorization": f"Bearer {made.json()['secret']}"}
    assert code_of(with_meilisearch.post(PATH, headers=system)) == (403, "people_only")


def lasts(client: httpx.Client, person: Person) -> timedelta:
    issued = client.post(PATH, headers=person.headers).json()
    body = issued["token"].split(".")[1]
    signed = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    assert signed["exp"] == datetime.fromisoformat(issued["expires_at"]).timestamp()
    return datetime.fromisoformat(issued["expires_at"]) - utc_now()


def test_token_ends_after_a_quarter_of_an_hour_or_with_the_session(
    with_meilisearch: httpx.Client, people: People, session_factory: SessionFactory
) -> None:
    person = people.person()
    assert timedelta(minutes=14) < lasts(with_meilisearch, person) <= timedelta(minutes=15)
    with transaction(session_factory) as session:
        session.execute(text("UPDATE sessions SET expires_at = now() + interval '3 minutes'"))
    assert timedelta(minutes=2) < lasts(with_meilisearch, person) <= timedelta(minutes=3)


def test_session_that_was_ended_gets_no_token(with_meilisearch: httpx.Client, people: People) -> None:
    person = people.person()
    assert with_meilisearch.post(PATH, headers=person.headers).status_code == 200
    assert with_meilisearch.post("/v1/auth/logout", headers=person.headers).status_code == 204
    assert code_of(with_meilisearch.post(PATH, headers=person.headers)) == (401, "session_ended")


def test_platform_with_the_embedded_engine_says_that_it_gives_none(client: httpx.Client, people: People) -> None:
    assert code_of(client.post(PATH, headers=people.person().headers)) == (404, "search_tokens_off")


@pytest.mark.slow
def test_key_that_may_do_more_than_search_signs_nothing(
    api_settings: Settings, meilisearch: RunningServer, people: People
) -> None:
    strong = meilisearch.routes.keys.made[1]
    settings = api_settings.model_dump(exclude_unset=True) | {
        "meili_url": meilisearch.url,
        "meili_search_key": strong["key"],
        "meili_search_key_uid": strong["uid"],
    }
    with served(create_app(Settings(**settings))) as client:
        answer = client.post(PATH, headers=people.person().headers)
        assert code_of(answer) == (503, "search_tokens_unavailable")
        assert strong["key"] not in answer.text
