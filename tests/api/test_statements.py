"""The number of SQL statements of a read does not grow with the cars of a list."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event

from api.app import create_app
from core.db.session import SessionFactory, transaction
from core.identity.contacts import phone
from core.settings import Settings
from tests.api.conftest import Add, served
from tests.api.people import People
from tests.factories.bands import add_band

pytestmark = pytest.mark.slow


class Counted:
    """A server whose statements are counted."""

    def __init__(self, client: httpx.Client, app: FastAPI) -> None:
        self.client = client
        self._engine = app.state.opened.sessions.kw["bind"]

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            seen.append(statement)

        event.listen(self._engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(self._engine, "before_cursor_execute", note)


@pytest.fixture(scope="module")
def running(api_settings: Settings) -> Iterator[Counted]:
    app = create_app(api_settings)
    with served(app) as client:
        yield Counted(client, app)


@pytest.fixture
def cars(client: httpx.Client, add: Add, session_factory: SessionFactory) -> list[UUID]:
    made = [add(model_year=2010 + number) for number in range(6)]
    with transaction(session_factory) as session:
        for listing_id in made:
            add_band(session, listing_id, 1, 2, 3)
    return made


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/v1/listings?limit=1", 1),
        ("/v1/listings?limit=100&facets=make&facets=city&near_city=Lahore&highlight=true&q=corolla", 1),
        ("/v1/listings/suggest?q=toy", 0),
        ("/v1/listings/{id}", 1),
        ("/v1/listings/{id}/similar?limit=50", 4),
        ("/v1/listings/{id}/price-band", 1),
        ("/v1/market-index", 1),
        ("/v1/listings/{id}/photos", 2),
        ("/v1/photos/6f1d2c3b4a5968778695a4b3c2d1e0f0-800.webp", 1),
        ("/healthz", 0),
    ],
)
def test_read_takes_no_more_statements(running: Counted, cars: list[UUID], path: str, most: int) -> None:
    running.client.get("/v1/listings/suggest")  # popular searches are read once a minute
    with running.statements() as seen:
        answer = running.client.get(path.format(id=cars[2]))
    assert answer.status_code in (200, 404), answer.text
    assert len(seen) == most, seen


@pytest.mark.parametrize("count", [1, 60])
def test_batch_takes_one_statement_for_any_number_of_cars(running: Counted, cars: list[UUID], count: int) -> None:
    car = {"make": "Toyota", "model": "Corolla", "model_year": 2018}
    running.client.post("/v1/price-bands/batch", json={"cars": [car]})  # looks for the champion, once in 3 s
    with running.statements() as seen:
        assert running.client.post("/v1/price-bands/batch", json={"cars": [car] * count}).status_code == 200
    assert len(seen) <= 1, seen


def test_lead_of_a_known_buyer_takes_ten_statements(running: Counted, cars: list[UUID], people: People) -> None:
    buyer = people.person(contact=phone("0300 7654321"))
    for car in cars[:2]:  # the first one makes the key of the buyer's contact
        with running.statements() as seen:
            answer = running.client.post(
                "/v1/leads", json={"listing_id": str(car), "message": "Is it there?"}, headers=buyer.headers
            )
        assert answer.json()["outcome"] == "created", answer.text
    assert len(seen) <= 10, seen
