"""Beyond words: places, ratings, photos, marks, typeahead and cars like a car, as an app sees them."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import delete

from core.db.session import SessionFactory, transaction
from core.db.tables import Listing, PriceBand
from core.outbox.emit import emit
from core.outbox.events import NewEvent
from core.prices.deal_ratings import PRICE_BAND
from core.search import SearchEngine
from pipelines.search.sync import sync_index
from tests.api.conftest import Add
from tests.factories.bands import add_band


@pytest.fixture
def rate(session_factory: SessionFactory, index: SearchEngine) -> Any:
    """Give a listing a band, as a refresh does, and sync."""

    def rated(listing_id: UUID, low: int, mid: int, high: int) -> None:
        with transaction(session_factory) as session:
            add_band(session, listing_id, low, mid, high)
            emit(session, PRICE_BAND, NewEvent(listing_id, "rated"))
        with transaction(session_factory) as session:
            sync_index(session, index)

    return rated


def ids(client: httpx.Client, query: str) -> list[str]:
    answer = client.get(f"/v1/listings?{query}")
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def test_places_radius_and_order_by_distance(client: httpx.Client, add: Add) -> None:
    lahore, karachi, unknown = (str(add(city=city)) for city in ("Lahore", "Karachi", "Atlantis"))
    answer = client.get("/v1/listings?near_city=Karachi&sort=distance").json()
    assert [item["id"] for item in answer["items"]] == [karachi, lahore, unknown]
    near, far, nowhere = (item["distance_km"] for item in answer["items"])
    assert near == 0
    assert 950 < far < 1100
    assert nowhere is None
    assert ids(client, "near_city=Lahore&radius_km=100") == [lahore]
    assert ids(client, "near=24.86,67.0&radius_km=50") == [karachi]
    assert client.get("/v1/listings").json()["items"][0]["distance_km"] is None


def test_ratings_and_photos_filter_and_are_counted(client: httpx.Client, add: Add, rate: Any) -> None:
    cheap, dear = add(price_pkr=1_900_000), add(price_pkr=2_600_000, photos=["https://photos.example.com/1.jpg"])
    unpriced = add(price_pkr=None)
    for car in (cheap, dear, unpriced):
        rate(car, 2_000_000, 2_200_000, 2_500_000)
    assert ids(client, "deal_rating=great") == [str(cheap)]
    assert ids(client, "has_photos=true") == [str(dear)]
    assert set(ids(client, "has_photos=false")) == {str(cheap), str(unpriced)}
    page = client.get("/v1/listings?deal_rating=great&facets=deal_rating").json()
    assert page["items"][0]["deal_rating"] == "great"
    assert {one["value"]: one["count"] for one in page["facets"]["deal_rating"]} == {"great": 1, "overpriced": 1}
    assert client.get(f"/v1/listings/{unpriced}").json()["deal_rating"] is None


def test_facets_keep_the_alternatives_of_a_choice(client: httpx.Client, add: Add) -> None:
    add(city="Lahore")
    add(city="Karachi", make="Honda", model="Civic")
    facets = client.get("/v1/listings?make=Honda&facets=make&facets=city").json()["facets"]
    assert {one["value"] for one in facets["make"]} == {"Toyota", "Honda"}
    assert facets["city"] == [{"value": "Karachi", "count": 1}]


def test_marks_are_html_that_is_safe(client: httpx.Client, add: Add) -> None:
    add(title="Corolla <script> GLi 2018", description="One owner, bumper to bumper")
    (item,) = client.get("/v1/listings?q=corola+2018&highlight=true").json()["items"]
    assert item["highlight"] == {
        "title": "<em>Corolla</em> &lt;script&gt; GLi <em>2018</em>",
        "description": None,
    }
    assert client.get("/v1/listings?q=corolla").json()["items"][0]["highlight"] is None


def test_typeahead_names_what_visitors_may_see(client: httpx.Client, add: Add) -> None:
    add()
    add()
    add(make="Honda", model="Civic", variant="Oriel", visibility="private", city="Multan")
    names = client.get("/v1/listings/suggest?q=toy").json()["items"]
    assert names[0] == {"kind": "make", "value": "Toyota", "count": 2}
    assert client.get("/v1/listings/suggest?q=honda").json() == {"items": []}
    assert client.get("/v1/listings/suggest?q=mult").json() == {"items": []}
    assert len(client.get("/v1/listings/suggest?limit=1").json()["items"]) == 1
    assert client.get("/v1/listings/suggest?limit=51").status_code == 422
    assert client.get("/v1/listings/suggest?limit=1&make=x").json()["code"] == "unknown_parameter"


def test_similar_cars_of_visitors_and_problems(client: httpx.Client, add: Add) -> None:
    car, twin = add(), add(mileage_km=90_000)
    add(visibility="private")
    assert [item["id"] for item in client.get(f"/v1/listings/{car}/similar").json()["items"]] == [str(twin)]
    missing = client.get(f"/v1/listings/{uuid4()}/similar")
    assert (missing.status_code, missing.json()["code"]) == (404, "listing_not_found")
    assert client.get(f"/v1/listings/{car}/similar?limit=0").status_code == 422
    assert client.get("/v1/listings/x/similar").status_code == 422


def test_search_by_meaning_without_the_extra_is_a_422(
    client: httpx.Client, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    add()
    monkeypatch.setattr("core.search.embedding.embedder.find_spec", lambda _: None)
    answer = client.get("/v1/listings?q=corolla&mode=hybrid")
    assert (answer.status_code, answer.json()["code"]) == (422, "semantic_not_installed")
    assert client.get("/v1/listings?q=corolla&mode=text").json()["total"] == 1
    assert client.get("/v1/listings?q=corolla&mode=magic").status_code == 422


def test_changed_price_is_not_rated_by_the_band_of_before(
    client: httpx.Client, add: Add, rate: Any, session_factory: SessionFactory, index: SearchEngine
) -> None:
    def ratings() -> list[str | None]:
        [card] = client.get("/v1/listings").json()["items"]
        pages = [client.get(f"/v1/listings/{car}{page}").json() for page in ("", "/price-band")]
        return [card["deal_rating"], *(page["deal_rating"] for page in pages)]

    def change(price: int) -> None:
        with transaction(session_factory) as session:
            car_now = session.get_one(Listing, car)
            car_now.price_pkr, car_now.updated_at = price, car_now.updated_at + timedelta(seconds=1)
        with transaction(session_factory) as session:
            sync_index(session, index)

    car = add(price_pkr=1_900_000)
    rate(car, 2_000_000, 2_500_000, 3_000_000)
    assert ratings() == ["great"] * 3
    assert ids(client, "deal_rating=great") == [str(car)]
    change(19_000_000)
    assert ratings() == [None] * 3
    assert ids(client, "deal_rating=great") == ids(client, "deal_rating=overpriced") == []
    with transaction(session_factory) as session:
        session.execute(delete(PriceBand))
    rate(car, 2_000_000, 2_500_000, 3_000_000)
    assert ratings() == ["overpriced"] * 3
    assert ids(client, "deal_rating=overpriced") == [str(car)]


def test_denied_names_leave_cars_out_until_their_chip_is_undone(client: httpx.Client, add: Add) -> None:
    civic, city = (str(add(make="Honda", model=model, title=model, city="Karachi")) for model in ("Civic", "City"))
    nowhere = str(add(make="Toyota", model="Corolla", city=None))
    answer = client.get("/v1/listings", params={"q": "not honda civic"}).json()
    assert {item["id"] for item in answer["items"]} == {city, nowhere}
    [chip] = answer["interpretation"]["chips"]
    assert (chip["filters"], chip["undo"]) == ({"not_model": ["Civic"]}, {"literal": "not_model", "q": ""})
    assert len(ids(client, "q=not honda civic&literal=not_model")) == 3
    assert ids(client, "not_city=karachi") == ids(client, "not_make=HONDA") == [nowhere]
    assert ids(client, "q=except karachi&city=Karachi&model=Civic") == [civic]  # a parameter wins over words
