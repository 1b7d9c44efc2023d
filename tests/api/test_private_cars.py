"""No anonymous answer tells of a private car: adding, changing and removing some changes no byte of any of them."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from sqlalchemy import func, select, update

from core.clock import market_today
from core.db.session import SessionFactory, transaction
from core.db.tables import Listing
from core.search import SearchEngine
from core.settings import Settings
from core.storage import Storage, open_storage
from pipelines.price_bands.market_index import refresh_market_index
from pipelines.price_bands.monitoring import watch_prices
from pipelines.price_bands.refresh import refresh_bands
from pipelines.price_bands.samples.choosing import build_samples
from pipelines.price_bands.versions.recalibration import recalibrate_model
from pipelines.price_bands.versions.training import train_model
from pipelines.search.rebuild import RebuildLimits, rebuild_index
from pipelines.search.sync import sync_index
from tests.factories.listings import add_listing, settle
from tests.factories.price_bands import MARKET_SIZE, TrainedMarket, fill_database
from tests.models.price_bands.conftest import invented_market

pytestmark = pytest.mark.slow

KNOWN = [("Toyota", "Corolla"), ("Honda", "Civic"), ("Suzuki", "Alto")]
UNKNOWN = [("Toyota", "Century"), ("Lada", "Niva"), ("BYD", "Seal")]
HIDDEN: list[dict[str, Any]] = [
    {"visibility": "private"},
    {"visibility": "wholesale_public"},
    {"channels": ["autotrader"]},
]
Day = Callable[[], None]


@pytest.fixture
def storage(api_settings: Settings) -> Storage:
    return open_storage(api_settings)


@pytest.fixture
def day(session_factory: SessionFactory, storage: Storage, index: SearchEngine) -> Day:
    """Run all that happens between a change and an answer: index, training, watch, recalibration, bands, search."""

    def passed() -> None:
        with transaction(session_factory) as session:
            refresh_market_index(session)
            train_model(session, storage, build_samples(session, storage).storage_key)
        with transaction(session_factory) as session:
            watch_prices(session, storage)
            recalibrate_model(session, storage)
            refresh_bands(session, storage)
        settle(session_factory)
        with transaction(session_factory) as session:
            sync_index(session, index)

    return passed


def answers(client: httpx.Client) -> Iterator[tuple[str, int, bytes]]:
    """Every anonymous answer about known and unknown cars."""
    found = client.get("/v1/listings", params={"facets": ["make", "model", "city", "year"], "limit": 50})
    yield "search", found.status_code, found.content
    paths = [
        "/v1/listings?q=civic+lahore&limit=50",
        "/v1/listings/suggest?q=",
        "/v1/listings/suggest?q=la",
        "/v1/market-index",
        "/v1/price-bands/accuracy",
    ]
    for listing in [item["id"] for item in client.get("/v1/listings?limit=3").json()["items"]]:
        paths += [
            f"/v1/listings/{listing}{rest}" for rest in ("", "/similar", "/price-band", "/price-band?explain=true")
        ]
    for make, model in KNOWN + UNKNOWN:
        paths += [f"/v1/market-index?make={make}", f"/v1/market-index?make={make}&model={model}"]
        paths.append(f"/v1/price-bands/depreciation?make={make}&model={model}")
    for path in paths:
        answer = client.get(path)
        yield path, answer.status_code, answer.content
    cars = [{"make": make, "model": model, "model_year": year, "variant": trim}
            for make, model in KNOWN + UNKNOWN for year in (2012, 2021) for trim in ("GLi", "Zagato")]  # fmt: skip
    batch = client.post("/v1/price-bands/batch", json={"cars": cars})
    yield "batch", batch.status_code, batch.content
    for car in cars[::3]:
        answer = client.post("/v1/price-bands?explain=true", json=car)
        yield f"quote {car}", answer.status_code, answer.content


def plant(factory: SessionFactory, count: int, seed: int) -> list[Any]:
    """Add hidden cars of two dealers: known and unknown ones, dated and not, some alone of their kind."""
    random = np.random.default_rng(seed)
    with transaction(factory) as session:
        ids = []
        for number in range(count):
            make, model = (KNOWN + UNKNOWN)[int(random.integers(6))]
            car = HIDDEN[number % 3] | {"make": make, "model": model, "title": f"{make} {model} private"}
            car |= {"model_year": int(random.choice([2012, 2021])), "variant": str(random.choice(["GLi", "Zagato"]))}
            car |= {"price_pkr": int(np.exp(random.normal(15, 0.8))), "city": str(random.choice(["Lahore", "Larkana"]))}
            car["listed_on"] = market_today() if random.random() < 0.5 else None
            ids.append(add_listing(session, org=f"secret-{number % 2}", **car))
    return ids


@pytest.fixture
def market(
    client: httpx.Client,
    session_factory: SessionFactory,
    storage: Storage,
    trained_market: TrainedMarket,
    day: Day,
    emptied: Callable[[], None],
    index: SearchEngine,
) -> Iterator[httpx.Client]:
    """A public market with its champion, bands, index and search."""
    with transaction(session_factory) as session:
        fill_database(session, invented_market(MARKET_SIZE))
        version = trained_market.install(session, storage).version
    day()
    deadline = time.monotonic() + 20
    car = {"make": "Toyota", "model": "Corolla", "model_year": 2018}
    while client.post("/v1/price-bands", json=car).json()["model_version"] != version:
        assert time.monotonic() < deadline, "the server never took the version"
        time.sleep(0.1)
    yield client
    emptied()
    with transaction(session_factory) as session:
        rebuild_index(session, index, RebuildLimits(accept_shrink=True))


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.usefixtures("few_folds")
def test_private_cars_change_no_byte(
    market: httpx.Client, session_factory: SessionFactory, day: Day, seed: int
) -> None:
    before = list(answers(market))
    assert {status for _, status, _ in before} == {200, 404}

    def unchanged() -> None:
        day()
        for (name, *told), (_, *expected) in zip(answers(market), before, strict=True):
            assert told == expected, name

    ids = plant(session_factory, 12, seed)
    unchanged()
    with transaction(session_factory) as session:
        changed = update(Listing).where(Listing.id.in_(ids))
        session.execute(changed.values(price_pkr=Listing.price_pkr * 2, updated_at=func.clock_timestamp()))
    unchanged()
    with transaction(session_factory) as session:
        session.execute(update(Listing).where(Listing.id.in_(ids)).values(status="withdrawn"))
    unchanged()


def test_bands_before_the_first_training_rest_on_public_cars(
    client: httpx.Client, session_factory: SessionFactory, storage: Storage
) -> None:
    public = select(Listing.id).where(Listing.visibility == "public").order_by(Listing.source_key)

    def bands() -> list[Any]:
        with transaction(session_factory) as session:
            refresh_bands(session, storage)
            shown = session.scalars(public).all()
        return [client.get(f"/v1/listings/{each}/price-band").content for each in shown]

    with transaction(session_factory) as session:
        fill_database(session, invented_market(60))
        add_listing(session, make="Lada", model="Niva", price_pkr=None)
    before = bands()
    with transaction(session_factory) as session:
        for number in range(4):
            add_listing(session, org=f"secret-{number}", make="Lada", model="Niva", visibility="private")
            add_listing(session, org=f"secret-{number}", model_year=2020, price_pkr=9_000_000, visibility="private")
    assert bands() == before
    assert b"unknown_make" in b"".join(before)
