"""Ratings, explanations, batches and the market index over HTTP."""

import json
from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import delete

from core.db.session import SessionFactory, transaction
from core.db.tables import MarketIndex
from core.db.tables.sale_models import SaleModel
from core.settings import Settings
from core.storage import open_storage
from tests.api.conftest import Add
from tests.factories.bands import add_band
from tests.factories.sales import fitted_sales
from tests.serving.price_bands.test_service import promote
from tests.waiting import until

COROLLA: dict[str, Any] = {"make": "Toyota", "model": "Corolla", "model_year": 2018, "mileage_km": 60_000}
BATCH = "/v1/price-bands/batch"


@pytest.fixture
def trained(client: httpx.Client, session_factory: SessionFactory, api_settings: Settings, artefact: bytes) -> str:
    """A champion that the running server will answer from."""
    with transaction(session_factory) as session:
        promote(session, open_storage(api_settings), artefact, "http-1")
    until(lambda: client.post("/v1/price-bands", json=COROLLA).json()["model_version"] == "http-1", 20, pause=0.05)
    return "http-1"


@pytest.mark.usefixtures("trained")
def test_an_asking_price_is_rated_and_moves_nothing(client: httpx.Client) -> None:
    plain = client.post("/v1/price-bands", json=COROLLA).json()
    assert (plain["price_pkr"], plain["deal_rating"], plain["explanation"]) == (None, None, None)
    for price, rating in ((plain["low_pkr"] - 1, "great"), (plain["mid_pkr"], "fair"), (10**12, "overpriced")):
        answer = client.post("/v1/price-bands", json=COROLLA | {"price_pkr": price}).json()
        assert (answer["deal_rating"], answer["price_pkr"]) == (rating, price)
        assert answer["mid_pkr"] == plain["mid_pkr"]
    assert client.post("/v1/price-bands", json=COROLLA | {"price_pkr": 0}).status_code == 422


@pytest.mark.usefixtures("trained")
def test_quote_says_what_a_sale_brings_once_that_is_known(
    client: httpx.Client, session_factory: SessionFactory
) -> None:
    asked = COROLLA | {"price_pkr": 3_000_000}
    unknown = _sale(client, asked)
    assert (unknown["mid_pkr"], unknown["no_price"], unknown["no_days"]) == (None, "too_few_sales", "too_few_sales")
    assert unknown["no_price_text"].startswith("All prices are asking prices")
    with transaction(session_factory) as session:
        session.add(SaleModel(sold=2000, told=2000, artifact=fitted_sales().state()))
    until(lambda: _sale(client, asked)["no_price"] is None, 20, pause=0.05)  # until the server has looked for it
    sale = _sale(client, asked)
    assert (sale["asked_pkr"], sale["no_price_text"], sale["no_days"]) == (3_000_000, None, None)
    assert sale["low_pkr"] < sale["mid_pkr"] < sale["high_pkr"] < 3_300_000
    assert 0 < sale["days_25"] < sale["days_50"]
    untold = client.post("/v1/price-bands", json=COROLLA).json()
    assert untold["expected_sale"]["asked_pkr"] == untold["mid_pkr"]  # as if that were asked
    together = client.post(BATCH, json={"cars": [asked]}).json()
    assert together["answers"][0]["quote"]["expected_sale"] == sale
    with transaction(session_factory) as session:
        session.execute(delete(SaleModel))
    until(
        lambda: _sale(client, asked)["no_price"] is not None, 20, pause=0.05
    )  # the server is that of the next test too


def _sale(client: httpx.Client, car: dict[str, Any]) -> dict[str, Any]:
    sale: dict[str, Any] = client.post("/v1/price-bands", json=car).json()["expected_sale"]
    return sale


@pytest.mark.usefixtures("trained")
def test_a_quote_is_explained_when_asked(client: httpx.Client, add: Add) -> None:
    shown = [str(add(model_year=2014 + number)) for number in range(5)]
    hidden = str(add(model_year=2018, visibility="private"))
    answer = client.post("/v1/price-bands", params={"explain": True}, json=COROLLA).json()
    why = answer["explanation"]
    assert why["reference"]["price_pkr"] + sum(part["pkr"] for part in why["contributions"]) == answer["mid_pkr"]
    assert why["mid_pkr"] == answer["mid_pkr"]
    assert {car["id"] for car in why["comparables"]} == set(shown)
    assert hidden not in json.dumps(answer)
    assert why["reference"]["listings"] == 5
    assert why["trend"] is None


@pytest.mark.usefixtures("trained")
def test_a_listing_has_its_rating_and_an_explanation(
    client: httpx.Client, add: Add, session_factory: SessionFactory
) -> None:
    cars = [add(model_year=2015 + number) for number in range(4)]
    with transaction(session_factory) as session:
        add_band(session, cars[0], 3_000_000, 3_600_000, 4_000_000)
    path = f"/v1/listings/{cars[0]}/price-band"
    assert client.get(path).json()["deal_rating"] == "fair"
    why = client.get(path, params={"explain": True}).json()["explanation"]
    assert {car["id"] for car in why["comparables"]} == {str(car) for car in cars[1:]}
    assert why["reference"]["price_pkr"] + sum(part["pkr"] for part in why["contributions"]) == why["mid_pkr"]


@pytest.mark.usefixtures("trained")
def test_a_batch_answers_each_car_in_order_and_loses_none(client: httpx.Client) -> None:
    cars: list[Any] = [
        COROLLA, {"make": "Toyota"}, COROLLA | {"price_pkr": 1}, None, "car", {"make": "Lada", "model": "Niva",
        "model_year": 2018}, COROLLA | {"model_year": 1800}, COROLLA | {"make": "--"}, COROLLA | {"make": "a\0b"}, [],
    ]  # fmt: skip
    answer = client.post(BATCH, json={"cars": cars})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["answered"], body["refused"]) == (3, 7)
    assert [each["position"] for each in body["answers"]] == list(range(10))
    assert all((each["quote"] is None) != (each["problem"] is None) for each in body["answers"])
    single = client.post("/v1/price-bands", json=COROLLA).json()
    assert body["answers"][0]["quote"] == single
    rated = single | {"price_pkr": 1, "deal_rating": "great"}
    cheap = body["answers"][2]["quote"]
    assert cheap | {"expected_sale": None} == rated | {"expected_sale": None}
    assert (cheap["expected_sale"]["mid_pkr"], cheap["expected_sale"]["no_price"]) == (None, "too_few_sales")
    assert body["answers"][5]["quote"]["reason"] == "unknown_make"
    problems = {each["position"]: each["problem"]["code"] for each in body["answers"] if each["problem"]}
    assert problems[1] == problems[3] == problems[6] == "invalid_request"
    assert (problems[7], problems[8]) == ("invalid_car", "invalid_text")
    assert body["answers"][1]["problem"]["errors"][0]["where"] == "cars.1.model"


def test_a_batch_has_bounds(client: httpx.Client) -> None:
    for cars, status in (([], 422), ([COROLLA] * 500, 200), ([COROLLA] * 501, 422), ({}, 422)):
        assert client.post(BATCH, json={"cars": cars}).status_code == status
    assert client.post(BATCH, json={"cars": ["x" * 600_000]}).status_code == 413
    assert client.post(BATCH, json={"cars": [COROLLA], "more": 1}).json()["code"] == "unknown_field"
    assert len(client.post(BATCH, json={"cars": [COROLLA] * 500}).json()["answers"]) == 500


@pytest.mark.usefixtures("trained")
def test_depreciation_is_the_quote_of_each_year_on_offer(client: httpx.Client, add: Add) -> None:
    path, corolla = "/v1/price-bands/depreciation", {"make": "toyota", "model": "COROLLA"}
    assert client.get(path, params=corolla).json()["code"] == "depreciation_not_found"
    for year in (2015, 2017, 2017):
        add(model_year=year)
    years = client.get(path, params=corolla).json()["years"]
    assert [(year["model_year"], year["offers"]) for year in years] == [(2017, 2), (2016, 0), (2015, 1)]
    assert years[0]["share_of_newest"] == 1.0
    for year in years:
        quote = client.post("/v1/price-bands", json=corolla | {"model_year": year["model_year"]}).json()
        assert [year[name] for name in ("low_pkr", "mid_pkr", "high_pkr", "method")] == [
            quote[name] for name in ("low_pkr", "mid_pkr", "high_pkr", "method")
        ]
    for parameters, status, code in (
        ({}, 422, "invalid_request"), ({"make": "Toyota"}, 422, "invalid_request"),
        ({"make": "?", "model": "!"}, 422, "invalid_car"),
        ({"make": "Lada", "model": "Niva"}, 404, "depreciation_not_found"),
    ):  # fmt: skip
        answer = client.get(path, params=parameters)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_market_index_is_read_by_model_make_or_market(
    client: httpx.Client, session_factory: SessionFactory
) -> None:
    months = [date(2026, 7, 1), date(2026, 8, 1)]
    with transaction(session_factory) as session:
        for kind, segment, make, model in (("market", "", None, None), ("model", "kia|sportage", "KIA", "Sportage")):
            for number, month in enumerate(months):
                session.add(
                    MarketIndex(
                        segment_kind=kind, segment=segment, month=month, make=make, model=model, level=100 + number,
                        low=99.0, high=103.0, samples=50, base_month=months[0],
                    )
                )  # fmt: skip
    found = client.get("/v1/market-index", params={"make": "Kia", "model": "SPORTAGE"}).json()
    assert (found["segment_kind"], found["make"], found["model"]) == ("model", "KIA", "Sportage")
    assert [each["level"] for each in found["months"]] == [100, 101]
    assert (found["forecasts"], found["no_forecast"]) == ([], "not_enough_cars")
    market = client.get("/v1/market-index", params={"since": "2026-08-01"}).json()
    assert (market["segment_kind"], len(market["months"]), market["base_month"]) == ("market", 1, "2026-07-01")
    for parameters, status, code in (
        ({"make": "Lada"}, 404, "market_index_not_found"), ({"model": "Alto"}, 422, "model_without_make"),
        ({"since": "yesterday"}, 422, "invalid_request"), ({"make": "a\0"}, 422, "invalid_text"),
    ):  # fmt: skip
        answer = client.get("/v1/market-index", params=parameters)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.usefixtures("trained")
def test_the_valuation_report_is_a_page_in_two_languages(client: httpx.Client, add: Add) -> None:
    for number in range(5):
        add(model_year=2014 + number)
    listing, hidden = add(model_year=2018), add(model_year=2018, visibility="private")
    for language, direction in (("en", "ltr"), ("ur", "rtl")):
        answer = client.get(f"/v1/listings/{listing}/price-report", params={"language": language})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert f'dir="{direction}"' in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert client.get(f"/v1/listings/{hidden}/price-report").status_code == 404
    assert client.get(f"/v1/listings/{listing}/price-report", params={"language": "fr"}).status_code == 422
