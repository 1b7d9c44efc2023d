"""Finding cars over HTTP."""

import shutil
from typing import Any

import httpx
import pytest

from core.settings import Settings
from tests.api.conftest import Add

HIDDEN: list[dict[str, Any]] = [
    {"visibility": "private"},
    {"visibility": "wholesale_public"},
    {"channels": ["autotrader"]},
]


def test_search_finds_filters_counts_and_sorts(client: httpx.Client, add: Add) -> None:
    cheap = add(price_pkr=1_000_000)
    dear = add(price_pkr=9_000_000, city="Karachi")
    add(make="Honda", model="Civic", title="Honda Civic")
    page = client.get(
        "/v1/listings",
        params={"q": "corola", "make": ["toyota", "KIA"], "sort": "price_desc", "facets": ["city", "make"], "limit": 5},
    ).json()
    assert [item["id"] for item in page["items"]] == [str(dear), str(cheap)]
    assert page["total"] == 2
    assert page["facets"]["city"] == [{"value": "Karachi", "count": 1}, {"value": "Lahore", "count": 1}]
    assert page["facets"]["make"] == [{"value": "Toyota", "count": 2}]
    assert page["facets_cut"] == []
    assert page["next_cursor"] is None


def test_pages_cover_everything_once(client: httpx.Client, add: Add) -> None:
    cars = {str(add(price_pkr=None if number % 3 else number + 1)) for number in range(7)}
    seen: list[str] = []
    asked: dict[str, Any] = {"limit": 2, "sort": "price_asc"}
    while True:
        page = client.get("/v1/listings", params=asked).json()
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        asked["cursor"] = page["next_cursor"]
    assert len(seen) == 7
    assert set(seen) == cars


@pytest.mark.parametrize("columns", HIDDEN)
def test_hidden_listing_is_nowhere(client: httpx.Client, add: Add, columns: dict[str, Any]) -> None:
    hidden = add(make="Hidden", **columns)
    page = client.get("/v1/listings", params={"facets": ["make", "city", "dealer"]}).json()
    assert page["items"] == []
    assert page["total"] == 0
    assert set(map(str, page["facets"].values())) == {"[]"}
    assert client.get("/v1/listings", params={"q": "hidden"}).json()["total"] == 0
    for path in (f"/v1/listings/{hidden}", f"/v1/listings/{hidden}/price-band"):
        assert client.get(path).json()["code"] == "listing_not_found"


def test_listing_tells_about_the_car_and_nothing_internal(client: httpx.Client, add: Add) -> None:
    car = add()
    listing = client.get(f"/v1/listings/{car}").json()
    assert listing["dealer"] == {"code": "khan-motors", "name": "Khan-Motors", "kind": "dealer"}
    assert listing["price_pkr"] == 3_500_000
    internal = {"org_id", "branch_id", "source_key", "file_id", "row_number", "content_hash", "visibility", "channels"}
    assert not internal & set(listing)
    photos = {"photos", "remote_photos"}  # a hit has the cover alone
    plain = {name: value for name, value in listing.items() if name not in photos}
    in_a_list = {"distance_km": None, "highlight": None, "cover": None}
    assert plain | in_a_list == client.get("/v1/listings").json()["items"][0]


def test_index_that_was_never_built_is_an_honest_503(client: httpx.Client, api_settings: Settings) -> None:
    shutil.rmtree(api_settings.index_dir)
    answer = client.get("/v1/listings")
    assert (answer.status_code, answer.json()["code"]) == (503, "search_unavailable")
    assert answer.headers["retry-after"] == "5"
