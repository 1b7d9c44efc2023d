"""Quotes, bands and explanations over HTTP."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from core.db.session import SessionFactory, transaction
from core.storage import Storage
from serving.price_bands.expected_sale import SENTENCES
from tests.api.conftest import Add
from tests.factories.bands import add_band
from tests.serving.price_bands.test_service import promote
from tests.waiting import until

QUOTE = {"make": "Toyota", "model": "Corolla", "model_year": 2018}
NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def store(session_factory: SessionFactory) -> Any:
    def stored(listing_id: UUID, *points: int, **columns: Any) -> None:
        with transaction(session_factory) as session:
            add_band(session, listing_id, *points, **columns)

    return stored


def test_band_of_a_listing(client: httpx.Client, add: Add, store: Any) -> None:
    car = add(price_pkr=3_400_000)
    path = f"/v1/listings/{car}/price-band"
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "price_band_not_found")
    levels = {"low_50_pkr": 3, "high_50_pkr": 4, "low_90_pkr": 2, "high_90_pkr": 9}
    store(car, 3, 4, 5, model_version="v1", **levels)
    assert client.get(path).json() == {
        "listing_id": str(car),
        "price_pkr": 3_400_000,
        "band": {
            "low_pkr": 3, "mid_pkr": 4, "high_pkr": 5, "confidence": 0.5, "method": "model", "reason": None,
            "reason_text": None, "model_version": "v1", "low_50_pkr": 3, "high_50_pkr": 4, "low_90_pkr": 2,
            "high_90_pkr": 9, "did_you_mean": None,
        },
        "deal_rating": "overpriced",
        "computed_at": "2026-05-01T00:00:00Z",
        "expected_sale": {
            "asked_pkr": 3_400_000, "low_pkr": None, "mid_pkr": None, "high_pkr": None, "no_price": "too_few_sales",
            "no_price_text": SENTENCES["too_few_sales"],
            "days_25": None, "days_50": None, "days_75": None, "no_days": "too_few_sales",
        },
        "explanation": None,
    }  # fmt: skip


def test_honest_absence_of_a_band_is_an_answer(client: httpx.Client, add: Add, store: Any) -> None:
    car = add()
    store(car)
    answer = client.get(f"/v1/listings/{car}/price-band")
    assert answer.status_code == 200
    assert (answer.json()["band"]["method"], answer.json()["band"]["mid_pkr"]) == ("none", None)


@pytest.mark.parametrize("columns", [{"visibility": "private"}, {"channels": ["autotrader"]}, {"status": "withdrawn"}])
def test_band_of_a_hidden_listing_is_not_found(
    client: httpx.Client, add: Add, store: Any, columns: dict[str, Any]
) -> None:
    car = add(**columns)
    store(car, 3, 4, 5)
    answer = client.get(f"/v1/listings/{car}/price-band")
    assert (answer.status_code, answer.json()["code"]) == (404, "listing_not_found")


def test_quote_before_the_first_training_says_so(client: httpx.Client, session_factory: SessionFactory) -> None:
    # The server keeps a champion of the test before for three seconds.
    until(lambda: client.post("/v1/price-bands", json=QUOTE).json()["reason"] == "no_model", 20, pause=0.1)
    answer = client.post("/v1/price-bands", json=QUOTE)
    assert answer.status_code == 200
    assert (answer.json()["method"], answer.json()["reason"]) == ("none", "no_model")
    assert answer.json()["expected_sale"]["no_price"] == "no_band"
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
        ({"model_year": "2018"}, "invalid_request"),
        ({"model_year": 2018.5}, "invalid_request"),
        ({"model_year": True}, "invalid_request"),
        ({"model_year": None}, "invalid_request"),
        ({"mileage_km": True}, "invalid_request"),
        ({"mileage_km": "80000"}, "invalid_request"),
        ({"engine_cc": "1300"}, "invalid_request"),
        ({"engine_cc": True}, "invalid_request"),
        ({"price_pkr": "3500000"}, "invalid_request"),
        ({"price_pkr": True}, "invalid_request"),
        ({"battery_kwh": "40"}, "invalid_request"),
        ({"battery_kwh": True}, "invalid_request"),
        ({"make": 5}, "invalid_request"),
        ({"model_year": 10**30}, "invalid_request"),
        ({"battery_kwh": 1e300}, "invalid_request"),
        ({"fuel": "steam"}, "invalid_request"),
        ({"colour": "red"}, "unknown_field"),
    ],
)
def test_car_that_cannot_be_is_a_422(client: httpx.Client, changes: dict[str, Any], code: str) -> None:
    answer = client.post("/v1/price-bands", json=QUOTE | changes)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_numbers_may_have_a_decimal_point_as_json_has_one_kind(client: httpx.Client) -> None:
    answer = client.post("/v1/price-bands", json=QUOTE | {"model_year": 2018.0, "mileage_km": 8e4, "battery_kwh": 40})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("changes", [{"model_year": True}, {"model_year": "2018"}, {"price_pkr": True}])
def test_batch_is_as_strict_as_a_quote(client: httpx.Client, changes: dict[str, Any]) -> None:
    answer = client.post("/v1/price-bands/batch", json={"cars": [QUOTE, QUOTE | changes]}).json()
    assert (answer["answered"], answer["refused"]) == (1, 1)
    (where,) = (one["where"] for one in answer["answers"][1]["problem"]["errors"])
    assert where == f"cars.1.{next(iter(changes))}"


@pytest.mark.parametrize("day", ["0", "2025", "1735689600", "2025-4-1", "2025-04-01T00:00:00", "+2025-04-01"])
def test_day_is_written_as_a_day(client: httpx.Client, day: str) -> None:
    answer = client.get("/v1/market-index", params={"since": day})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_accuracy_of_the_market_and_of_its_larger_parts_is_public(
    client: httpx.Client, session_factory: SessionFactory, storage: Storage
) -> None:
    assert client.get("/v1/price-bands/accuracy").json()["code"] == "no_price_model"
    part = {"rows": 40, "answered": 38, "median_ape": 0.05, "mape": 0.09, "coverage": 0.8, "mean_width": 0.3}
    shares = {"within_5": 0.5, "within_10": 0.7, "within_20": 0.9}
    metrics = part | shares | {
        "first_test_day": "2026-04-28",
        "segments": {"rare_models": part | {"answered": 29}, "make_kia": part, "make_lada": {"rows": 3, "answered": 0}},
    }  # fmt: skip
    with transaction(session_factory) as session:
        promote(session, storage, b"", "v1", metrics)
    answer = client.get("/v1/price-bands/accuracy").json()
    assert (answer["model_version"], answer["judged_since"]) == ("v1", "2026-04-28")
    stated = {name: value for name, value in part.items() if name != "rows"} | {"ads": 40}
    assert answer["market"] == stated | shares
    assert answer["segments"] == {"make_kia": stated | dict.fromkeys(shares)}
    assert {"no_model", "not_a_car", "unknown_model"} <= answer["reasons"].keys()
