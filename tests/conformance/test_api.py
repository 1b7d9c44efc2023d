"""Over HTTP nobody can tell which engine answers."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from api.app import create_app
from core.db.session import SessionFactory, transaction
from core.search import open_search_engine
from core.settings import Settings
from pipelines.search.rebuild import rebuild_index
from tests.api.conftest import served
from tests.factories.listings import add_listing
from tests.meilisearch_server.running import running

QUESTIONS = (
    "/v1/listings",
    "/v1/listings?q=corola+2018&facets=make&facets=year",
    "/v1/listings?q=hnda&sort=price_desc&limit=2",
    "/v1/listings?make=honda&facets=make&facets=city",
    "/v1/listings?near_city=Lahore&radius_km=400&sort=distance",
    "/v1/listings/suggest?q=hon",
    "/v1/listings?cursor=nonsense",
    "/v1/listings?year_min=2020&year_max=2010",
    "/readyz",
)


@pytest.fixture
def apps(settings: Settings, tmp_path: Path, session_factory: SessionFactory) -> Iterator[Callable[[], list[FastAPI]]]:
    """The API on either engine, each with an index of the same five listings."""
    with running() as server:
        on_server = settings.model_copy(update={"meili_url": server.url})
        with transaction(session_factory) as session:
            for make, model, city in (("Toyota", "Corolla", "Lahore"), ("Honda", "Civic", "Karachi"),
                                      ("Honda", "City", "Islamabad"), ("Honda", "Civic", None)):  # fmt: skip
                add_listing(session, make=make, model=model, city=city, title=f"{make} {model} 2018")
            add_listing(session, make="Honda", model="Secret", visibility="private")
        for one in (settings, on_server):
            with transaction(session_factory) as session:
                rebuild_index(session, open_search_engine(one))
        yield lambda: [create_app(one) for one in (settings, on_server)]


def answers(app: FastAPI) -> list[Any]:
    found: list[Any] = []
    with served(app) as client:
        for question in QUESTIONS:
            response = client.get(question)
            found.append((question, response.status_code, without_cursor(response.json())))
        first = client.get("/v1/listings?limit=2&q=honda").json()
        rest = client.get(f"/v1/listings?limit=2&q=honda&cursor={first['next_cursor']}").json()
        found += [len(first["items"]), len(rest["items"]), rest["next_cursor"]]
    return found


def without_cursor(body: Any) -> Any:
    return {key: value for key, value in body.items() if key not in ("next_cursor", "instance", "request_id", "parts")}


def test_both_engines_give_the_same_answers(apps: Callable[[], list[FastAPI]]) -> None:
    embedded, meilisearch = (answers(app) for app in apps())
    assert meilisearch == embedded
    assert embedded[0][2]["total"] == 4
    assert len(embedded[3][2]["facets"]["make"]) == 2
    assert embedded[-3:] == [2, 1, None]
    assert [status for _, status, _ in embedded[:-3]] == [200, 200, 200, 200, 200, 200, 422, 422, 200]
