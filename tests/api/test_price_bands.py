"""What a car is worth, over HTTP."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from core.db.session import SessionFactory, transaction
from core.db.tables import PriceBand
from tests.api.conftest import Add

QUOTE = {"make": "Toyota", "model": "Corolla", "model_year": 2018}
NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def store(session_factory: SessionFactory) -> Any:
    def stored(**columns: Any) -> None:
        with transaction(session_factory) as session:
            session.add(PriceBand(computed_at=NOW, listing_updated_at=NOW, **columns))

    return stored


def test_band_of_a_listing(client: httpx.Client, add: Add, store: Any) -> None:
    car = add(price_pkr=3_400_000)
    path = f"/v1/listings/{car}/price-band"
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "price_band_not_found")
    levels = {"low_50_pkr": 3, "high_50_pkr": 4, "low_90_pkr": 2, "high_90_pkr": 9}
    store(
        listing_id=car, low_pkr=3, mid_pkr=4, high_pkr=5, confidence=0.5, method="model", model_version="v1", **levels
    )  # fmt: skip
    assert client.get(path).json() == {
        "listing_id": str(car),
        "price_pkr": 3_400_000,
        "band": {
            "low_pkr": 3, "mid_pkr": 4, "high_pkr": 5, "confidence": 0.5, "method": "model", "reason": None,
            "reason_text": None, "model_version": "v1", "low_50_pkr": 3, "high_50_pkr": 4, "low_90_pkr": 2,
            "high_90_pkr": 9,
        },
        "deal_rating": "overpriced",
        "computed_at": "2026-05-01T00:00:00Z",
        "explanation": None,
    }  # fmt: skip


def test_honest_absence_of_a_band_is_an_answer(client: httpx.Client, add: Add, store: Any) -> None:
    car = add()
    store(listing_id=car, confidence=0, method="none", reason="too_few_comparables")
    answer = client.get(f"/v1/listings/{car}/price-band")
    assert answer.status_code == 200
    assert (answer.json()["band"]["method"], answer.json()["band"]["mid_pkr"]) == ("none", None)


@pytest.mark.parametrize("columns", [{"visibility": "private"}, {"channels": ["autotrader"]}, {"status": "removed"}])
def test_band_of_a_hidden_listing_is_not_found(
    client: httpx.Client, add: Add, store: Any, columns: dict[str, Any]
) -> None:
    car = add(**columns)
    store(listing_id=car, low_pkr=3, mid_pkr=4, high_pkr=5, confidence=0.5, method="model")
    answer = client.get(f"/v1/listings/{car}/price-band")
    assert (answer.status_code, answer.json()["code"]) == (404, "listing_not_found")


def test_quote_before_the_first_training_says_so(client: httpx.Client, session_factory: SessionFactory) -> None:
    answer = client.post("/v1/price-bands", json=QUOTE)
    assert answer.status_code == 200
    assert (answer.json()["method"], answer.json()["reason"]) == ("none", "no_model")
    with transaction(session_factory) as session:
        assert session.scalar(text("SELECT count(*) FROM price_bands")) == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"make": "\0"}, "invalid_text"),
        ({"make": ""}, "invalid_request"),
        ({"make": "--"}, "invalid_car"),
        ({"model_year": 1800}, "invalid_request"),
        ({"model_year": "2018.5"}, "invalid_request"),
        ({"model_year": 10**30}, "invalid_request"),
        ({"battery_kwh": 1e300}, "invalid_request"),
        ({"fuel": "steam"}, "invalid_request"),
        ({"colour": "red"}, "unknown_field"),
    ],
)
def test_car_that_cannot_be_is_a_422(client: httpx.Client, changes: dict[str, Any], code: str) -> None:
    answer = client.post("/v1/price-bands", json=QUOTE | changes)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
