"""Quotes asked together: each gets what it would get alone, and a new champion answers without a pause."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.db.session import SessionFactory, transaction
from core.db.tables import PriceModel
from core.errors import AutomartError
from core.storage import Storage
from core.vocabulary import Fuel, Transmission
from models.price_bands.artifact import CODE_VERSION, PriceBandModel, dumps, loads
from models.price_bands.predict import predict_bands
from pipelines.price_bands.versions.repository import PriceModelRepository
from serving.price_bands import quotes as quotes_module
from serving.price_bands.champion import ChampionCache
from serving.price_bands.quote_request import MAX_CC, MAX_KM, QuoteRequest, as_frame
from serving.price_bands.quotes import QuoteQueue
from serving.price_bands.service import Band
from tests.examples import examples


@pytest.fixture(scope="module")
def model(artefact: bytes) -> PriceBandModel:
    return loads(artefact)


COROLLA = QuoteRequest("Toyota", "Corolla", 2018, mileage_km=80_000)
WORD = st.sampled_from(["Toyota", "Honda", "Suzuki", "Corolla", "Alto", "X5", "İstanbul", "GLi 1.3", "٣", "lada-niva"])
CARS = st.builds(
    QuoteRequest,
    make=WORD,
    model=WORD,
    model_year=st.integers(1950, 2100),
    variant=st.none() | WORD,
    mileage_km=st.none() | st.integers(0, MAX_KM),
    fuel=st.none() | st.sampled_from(list(Fuel)),
    transmission=st.none() | st.sampled_from(list(Transmission)),
    engine_cc=st.none() | st.integers(1, MAX_CC),
    city=st.none() | WORD,
)


def promote(factory: SessionFactory, storage: Storage, artefact: bytes, version: str) -> None:
    storage.put(f"{version}.zip", artefact)
    row = PriceModel(
        version=version, status="champion", storage_key=f"{version}.zip", data_digest=version, samples=900, metrics={},
        code_version=CODE_VERSION,
    )  # fmt: skip
    with transaction(factory) as session:
        PriceModelRepository(session).add(row, actor="test", reason="test")


@given(st.lists(CARS, min_size=1, max_size=12))
@settings(max_examples=examples(40))
def test_a_lone_car_gets_what_it_gets_in_any_crowd(model: PriceBandModel, cars: list[QuoteRequest]) -> None:
    together = predict_bands(model, as_frame(cars))
    alone = [predict_bands(model, as_frame([car])) for car in cars]
    assert together.rows() == [frame.row(0) for frame in alone]


def test_many_at_once_are_answered_in_few_runs(
    session_factory: SessionFactory, storage: Storage, artefact: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    promote(session_factory, storage, artefact, "v1")
    runs: list[int] = []
    whole = quotes_module.quote_by

    def counted(found: Any, cars: list[QuoteRequest]) -> list[Band]:
        runs.append(len(cars))
        return whole(found, cars)

    monkeypatch.setattr(quotes_module, "quote_by", counted)
    queue = QuoteQueue(ChampionCache(storage), session_factory)
    cars = [replace(COROLLA, mileage_km=1_000 * number) for number in range(200)]

    async def ask() -> list[Band]:
        return await asyncio.gather(*(queue.quote(car) for car in cars))

    answers = asyncio.run(ask())
    assert sum(runs) == 200
    assert len(runs) <= 5
    with transaction(session_factory) as session:
        assert answers == whole(ChampionCache(storage).require(session), cars)  # each its own


def test_a_car_that_breaks_the_run_breaks_it_for_itself_alone(
    session_factory: SessionFactory, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def picky(found: Any, cars: list[QuoteRequest]) -> list[Band]:
        if any(car.model_year == 2013 for car in cars):
            raise ZeroDivisionError
        return [Band(1, 1, 1, 0.5, "model", None, None, "v1") for _ in cars]

    monkeypatch.setattr(quotes_module, "quote_by", picky)
    queue = QuoteQueue(ChampionCache(storage), session_factory)

    async def ask() -> list[Any]:
        cars = [replace(COROLLA, model_year=year) for year in range(2010, 2017)]
        return await asyncio.gather(*(queue.quote(car) for car in cars), return_exceptions=True)

    answers = asyncio.run(ask())
    assert [type(each) for each in answers] == [Band] * 3 + [ZeroDivisionError] + [Band] * 3


def test_a_champion_that_cannot_be_read_is_told_to_all_who_asked(
    session_factory: SessionFactory, storage: Storage
) -> None:
    promote(session_factory, storage, b"damaged", "v1")
    queue = QuoteQueue(ChampionCache(storage), session_factory)

    async def ask() -> list[Any]:
        return await asyncio.gather(*(queue.quote(COROLLA) for _ in range(3)), return_exceptions=True)

    assert all(isinstance(each, AutomartError) for each in asyncio.run(ask()))


def test_a_caller_that_left_disturbs_nobody(session_factory: SessionFactory, storage: Storage) -> None:
    queue = QuoteQueue(ChampionCache(storage), session_factory)

    async def ask() -> Band:
        gone = asyncio.create_task(queue.quote(COROLLA))
        await asyncio.sleep(0)
        gone.cancel()
        return await queue.quote(COROLLA)

    assert asyncio.run(ask()).reason == "no_model"


def test_a_new_champion_answers_without_a_dropped_or_a_mixed_up_quote(
    session_factory: SessionFactory, storage: Storage, artefact: bytes, model: PriceBandModel
) -> None:
    promote(session_factory, storage, artefact, "v0")
    cache = ChampionCache(storage, check_every=0.02)
    queue = QuoteQueue(cache, session_factory)

    async def ask() -> list[str | None]:
        seen: list[str | None] = []
        for number in range(1, 40):
            seen += [band.model_version for band in await asyncio.gather(*(queue.quote(COROLLA) for _ in range(5)))]
            if number in (10, 20):
                other = dumps(replace(model, card={"number": number}))
                await asyncio.to_thread(promote, session_factory, storage, other, f"v{number // 10}")
            await asyncio.sleep(0.005)
        return seen

    seen = asyncio.run(ask())
    assert (len(seen), None in seen) == (195, False)
    assert sorted(set(seen), key=str) == ["v0", "v1", "v2"]
    assert seen == sorted(seen, key=str)  # never back to an older one
