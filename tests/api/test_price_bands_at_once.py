"""The short way for plain quotes gives to the byte what the endpoint gives, and leaves the rest to it."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api.app import create_app
from core.db.session import SessionFactory, transaction
from core.settings import Settings
from core.storage import open_storage
from models.price_bands.artifact import dumps
from models.price_bands.train import fit
from serving.price_bands.quotes import QuoteQueue
from tests.api.conftest import served
from tests.models.price_bands.conftest import AS_OF, invented_market
from tests.serving.price_bands.test_service import promote

COROLLA: dict[str, Any] = {"make": "Toyota", "model": "Corolla", "model_year": 2018, "mileage_km": 60_000}
PLAIN, BY_ENDPOINT = "/v1/price-bands", "/v1/price-bands?explain=false"


@pytest.fixture(scope="module")
def artefact() -> bytes:
    return dumps(fit(invented_market(220), as_of=AS_OF))


@pytest.fixture
def asked(session_factory: SessionFactory, api_settings: Settings, artefact: bytes) -> Iterator[httpx.Client]:
    """A server of its own that has loaded a champion and looks for no other."""
    with transaction(session_factory) as session:
        promote(session, open_storage(api_settings), artefact, "at-once")
    app = create_app(api_settings)
    with served(app) as client:
        app.state.parts.champion._check_every = 3_600.0
        assert client.post(PLAIN, json=COROLLA).json()["model_version"] == "at-once"
        yield client


def problem(answer: httpx.Response) -> dict[str, Any]:
    """A problem without what names the one request."""
    return {name: value for name, value in answer.json().items() if name not in ("instance", "request_id")}


def test_equal_bytes_for_every_car_that_has_a_band(asked: httpx.Client) -> None:
    columns = ["make", "model", "model_year", "variant", "mileage_km", "fuel", "transmission", "body", "assembly",
               "engine_cc", "city", "province", "registered_in", "price_pkr"]  # fmt: skip
    for car in invented_market(60, seed=12).select(columns).iter_rows(named=True):
        plain, whole = asked.post(PLAIN, json=car), asked.post(BY_ENDPOINT, json=car)
        assert (plain.status_code, plain.content) == (200, whole.content)
        assert plain.headers["content-type"] == whole.headers["content-type"]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"7", b'"car"', b"[" * 5_000, b"\xff\xfe", b'{"make": "\\ud800", "model": "X"}',
        *(
            json.dumps(COROLLA | changes).encode()
            for changes in (
                {"make": "\0"}, {"make": ""}, {"make": "--"}, {"model_year": 1800}, {"model_year": 2018.5},
                {"model_year": 2018.0}, {"model_year": "2018"}, {"model_year": True}, {"model_year": 10**30},
                {"fuel": "steam"}, {"fuel": "petrol"}, {"fuel": None}, {"colour": "red"}, {"battery_kwh": 50.5},
                {"battery_kwh": float("nan")}, {"make": "Lada"}, {"model": "Premio"}, {"model": "Corolla Fielder"},
                {"model": "کرولا"}, {"model_year": 1951}, {"model_year": 2090}, {"price_pkr": 0}, {"price_pkr": 10**9},
            )
        ),
        b'{"make": "Lada", "make": "Toyota", "model": "Corolla", "model_year": 2018}',
    ],
)  # fmt: skip
def test_whatever_is_not_plain_success_is_said_by_the_endpoint(asked: httpx.Client, body: bytes) -> None:
    head = {"content-type": "application/json"}
    plain, whole = asked.post(PLAIN, content=body, headers=head), asked.post(BY_ENDPOINT, content=body, headers=head)
    assert plain.status_code == whole.status_code
    assert plain.headers["content-type"] == whole.headers["content-type"]
    assert problem(plain) == problem(whole)


def test_a_plain_quote_waits_for_no_run(asked: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(QuoteQueue, "quote", refuse)
    assert asked.post(PLAIN, json=COROLLA).json()["method"] == "model"
    assert asked.get(PLAIN).status_code == 405


def test_the_guard_stands_before_the_short_way(asked: httpx.Client) -> None:
    body = json.dumps(COROLLA).encode()
    assert asked.post(PLAIN, content=body, headers={"content-type": "text/plain"}).json()["code"] == "not_json"
    assert asked.post(PLAIN, content=body + b" " * 70_000).json()["code"] == "body_too_large"
