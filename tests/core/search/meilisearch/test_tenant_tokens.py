"""A search token opens one index to one audience until it ends, and is signed by nothing stronger than itself."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from meilisearch import Client
from meilisearch.errors import MeilisearchApiError

from core.access.audience import Audience
from core.errors import InvalidInputError
from core.search.meilisearch import MeilisearchEngine, MeilisearchServer
from core.search.meilisearch.tenant_tokens import issue_search_token
from core.settings import Settings
from tests.core.search.conftest import document
from tests.meilisearch_server.running import RunningServer, running

KHAN, MALIK = UUID(int=1), UUID(int=2)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    lock = tmp_path_factory.mktemp("tokens") / "lock"
    with running("a-master-key-of-the-tests") as server:
        engine = MeilisearchEngine(MeilisearchServer(server.url, server.admin_key), "listings", lock)
        both: Any = {"channels": ("automart", "autotrader")}
        with engine.rebuilding() as batch:
            batch.upsert(
                [
                    document(title="public", **both),
                    document(title="wholesale", visibility="wholesale_public", org_id=MALIK, **both),
                    document(title="khan private", visibility="private", org_id=KHAN, **both),
                    document(title="malik private", visibility="private", org_id=MALIK, **both),
                ]
            )
        yield server


def configured(server: RunningServer, **changes: Any) -> Settings:
    values = {"meili_url": server.url, "meili_key": server.admin_key, "meili_search_key": server.search_key["key"],
              "meili_search_key_uid": server.search_key["uid"]}  # fmt: skip
    return Settings(automart_home=Path("unused"), **{**values, **changes})


def titles(server: RunningServer, token: str, index: str, **asked: Any) -> set[str]:
    found = Client(server.url, token).index(index).search("", asked)
    return {hit["title"] for hit in found["hits"]}


@pytest.mark.parametrize(
    ("audience", "seen"),
    [
        (Audience.anonymous(), {"public"}),
        (Audience.dealer(KHAN), {"public", "wholesale", "khan private"}),
        (Audience.dealer(MALIK), {"public", "wholesale", "malik private"}),
    ],
)
def test_app_sees_what_its_audience_may_see(server: RunningServer, audience: Audience, seen: set[str]) -> None:
    issued = issue_search_token(configured(server), audience, DAY)
    assert titles(server, issued.token, issued.index) == seen
    everything = titles(server, issued.token, issued.index, filter="visibility EXISTS OR NOT visibility EXISTS")
    assert everything == seen
    facets = Client(server.url, issued.token).index(issued.index).search("", {"facets": ["visibility"]})
    assert sum(facets["facetDistribution"]["visibility"].values()) == len(seen)
    with pytest.raises(MeilisearchApiError):
        Client(server.url, issued.token).index("another").search("")
    with pytest.raises(MeilisearchApiError):
        Client(server.url, issued.token).get_keys()


def test_token_always_ends_and_cannot_be_changed(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    issued = issue_search_token(configured(server), Audience.anonymous(), timedelta(minutes=30))
    head, body, signature = issued.token.split(".")
    payload = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    assert payload["exp"] == int(issued.expires_at.timestamp())
    assert list(payload["searchRules"]) == [issued.index]
    wider = base64.urlsafe_b64encode(json.dumps(payload | {"searchRules": ["*"]}).encode()).decode().rstrip("=")
    with pytest.raises(MeilisearchApiError):
        titles(server, f"{head}.{wider}.{signature}", issued.index)
    monkeypatch.setattr("tests.meilisearch_server.keys.time.time", lambda: payload["exp"] + 1)
    with pytest.raises(MeilisearchApiError, match="expired"):
        titles(server, issued.token, issued.index)


@pytest.mark.parametrize("lasts", [timedelta(0), -DAY, timedelta(days=32)])
def test_token_without_a_sensible_end_is_refused(server: RunningServer, lasts: timedelta) -> None:
    with pytest.raises(InvalidInputError) as caught:
        issue_search_token(configured(server), Audience.anonymous(), lasts)
    assert caught.value.code == "invalid_expiry"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"meili_url": None}, "meilisearch_not_configured"),
        ({"meili_search_key": None}, "search_key_missing"),
        ({"meili_search_key_uid": ""}, "search_key_missing"),
        ({"meili_search_key_uid": "Default Search API Key"}, "invalid_search_key_uid"),
        ({"meili_search_key_uid": str(UUID(int=5))}, "invalid_search_key_uid"),
        ({"meili_search_key_uid": str(uuid4())}, "search_key_mismatch"),
        ({"meili_search_key": "a-master-key-of-the-tests"}, "search_key_too_strong"),
    ],
)
def test_wrong_keys_are_refused_with_a_code_for_each_reason(
    server: RunningServer, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        issue_search_token(configured(server, **changes), Audience.anonymous(), DAY)
    assert caught.value.code == code
    assert "a-master-key" not in str(caught.value)


def test_admin_key_signs_nothing(server: RunningServer) -> None:
    admin = server.routes.keys.made[1]
    for meili_key in (admin["key"], None):
        changed = configured(
            server, meili_key=meili_key, meili_search_key=admin["key"], meili_search_key_uid=admin["uid"]
        )
        with pytest.raises(InvalidInputError) as caught:
            issue_search_token(changed, Audience.anonymous(), DAY)
        assert caught.value.code == "search_key_too_strong"
