"""Quotes, stored bands, and a champion that changes while people ask."""

import threading
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables import Listing, PriceModel
from core.db.tables.sale_models import SaleModel
from core.errors import InvalidInputError, NotFoundError
from core.storage import Storage
from core.vocabulary import Channel, Visibility
from models.price_bands.artifact import CODE_VERSION, UnreadableArtifactError
from pipelines.price_bands.refresh import refresh_bands
from serving.price_bands.champion import ChampionCache
from serving.price_bands.quote_request import QuoteRequest
from serving.price_bands.service import band_of, quote
from tests.factories.listings import add_listing, dealer
from tests.factories.sales import fitted_sales

COROLLA = QuoteRequest(make="toyota", model="COROLLA", model_year=2018, mileage_km=80_000, variant="GLi")


def promote(
    session: Session, storage: Storage, data: bytes, version: str, metrics: dict[str, Any] | None = None
) -> None:
    storage.put(version, data)
    session.execute(update(PriceModel).values(status="retired"))
    row = PriceModel(
        version=version, status="champion", storage_key=version, data_digest=version, code_version=CODE_VERSION,
        samples=220, metrics=metrics or {},
    )  # fmt: skip
    session.add(row)
    session.flush()


def test_quotes_answer_in_order_and_say_who_answered(session: Session, storage: Storage, artefact: bytes) -> None:
    promote(session, storage, artefact, "v1")
    unknown = QuoteRequest(make="Lada", model="Niva", model_year=2018)
    first, second = quote(session, ChampionCache(storage), [COROLLA, unknown])
    assert first.low_pkr is not None
    assert first.mid_pkr is not None
    assert first.high_pkr is not None
    assert 0 < first.low_pkr <= first.mid_pkr <= first.high_pkr
    assert (first.method, first.reason, first.reason_text, first.model_version) == ("model", None, None, "v1")
    assert (second.mid_pkr, second.method, second.reason) == (None, "none", "unknown_make")
    assert second.reason_text == "No car of this make has been priced on the market yet."
    assert quote(session, ChampionCache(storage), []) == []


def test_before_the_first_training_a_quote_has_a_reason(session: Session, storage: Storage) -> None:
    cache = ChampionCache(storage)
    (band,) = quote(session, cache, [COROLLA])
    assert (band.method, band.reason, band.model_version) == ("none", "no_model", None)
    with pytest.raises(NotFoundError, match="automart price-bands train"):
        cache.require(session)


@pytest.mark.parametrize(
    "wrong",
    [{"make": ""}, {"make": "  -"}, {"model": "\0"}, {"model_year": 1949}, {"model_year": 2101}, {"mileage_km": -1},
     {"mileage_km": 2**63}, {"fuel": "steam"}, {"city": "x" * 101}, {"city": "\ud800"}, {"engine_cc": 0},
     {"variant": "a\0b"}, {"battery_kwh": float("nan")}, {"body": "Sedan"}],
)  # fmt: skip
def test_a_car_that_cannot_be_is_refused_in_one_sentence(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError, match=r"^This car cannot be: ") as caught:
        QuoteRequest(**({"make": "Toyota", "model": "Corolla", "model_year": 2018} | wrong))  # type: ignore[arg-type]
    assert caught.value.code == "invalid_car"


def test_a_new_champion_answers_after_the_next_look(session: Session, storage: Storage, artefact: bytes) -> None:
    promote(session, storage, artefact, "v1")
    eager, lazy = ChampionCache(storage, check_every=0), ChampionCache(storage, check_every=3600)
    assert [cache.require(session).version for cache in (eager, lazy)] == ["v1", "v1"]
    loaded = eager.require(session).model
    assert eager.require(session).model is loaded  # the same version is loaded once
    promote(session, storage, artefact, "v2")
    assert [cache.require(session).version for cache in (eager, lazy)] == ["v2", "v1"]


def test_an_unreadable_champion_leaves_the_present_one(session: Session, storage: Storage, artefact: bytes) -> None:
    promote(session, storage, artefact, "v1")
    cache = ChampionCache(storage, check_every=0)
    cache.require(session)
    promote(session, storage, b"damaged", "v2")
    assert cache.require(session).version == "v1"
    with pytest.raises(UnreadableArtifactError):
        ChampionCache(storage).require(session)


def test_a_new_sale_model_answers_after_the_next_look_and_a_strange_one_says_nothing(
    session: Session, storage: Storage, artefact: bytes
) -> None:
    promote(session, storage, artefact, "v1")
    cache = ChampionCache(storage, check_every=0)
    car = replace(COROLLA, price_pkr=3_000_000)
    known = []
    for state in (None, fitted_sales().state(), {"discount": {"of": "a later version"}, "waiting": None}):
        if state is not None:
            session.add(SaleModel(sold=2000, told=2000, artifact=state, trained_at=utc_now()))
            session.flush()
        [band] = quote(session, cache, [car])
        assert band.mid_pkr is not None
        known.append((band.expected_sale.mid_pkr is not None, band.expected_sale.no_price))
    assert known == [(False, "too_few_sales"), (True, None), (False, "too_few_sales")]


def test_nothing_is_said_of_sales_far_from_the_band(session: Session, storage: Storage, artefact: bytes) -> None:
    promote(session, storage, artefact, "v1")
    session.add(SaleModel(sold=2000, told=2000, artifact=fitted_sales().state()))
    session.flush()
    [lakh_for_crore] = quote(session, ChampionCache(storage), [replace(COROLLA, price_pkr=30_000_000)])
    assert lakh_for_crore.expected_sale.no_price == lakh_for_crore.expected_sale.no_days == "far_from_band"


def test_many_threads_are_answered_while_the_champion_changes(
    session_factory: SessionFactory, storage: Storage, artefact: bytes
) -> None:
    with transaction(session_factory) as session:
        promote(session, storage, artefact, "v0")
    cache = ChampionCache(storage, check_every=0)
    answers: list[str | None] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            with transaction(session_factory) as session:
                answers.extend(band.model_version for band in quote(session, cache, [COROLLA]))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(1, 4):
        with transaction(session_factory) as session:
            promote(session, storage, artefact, f"v{number}")
    stop.set()
    for thread in threads:
        thread.join()
    with transaction(session_factory) as session:
        assert cache.require(session).version == "v3"
    assert None not in answers
    assert set(answers) <= {"v0", "v1", "v2", "v3"}


def test_the_stored_band_is_shown_to_those_who_may_see_the_listing(session: Session, storage: Storage) -> None:
    owner = dealer(session, "khan-motors")
    shown = add_listing(session, price_pkr=None)
    add_listing(session, model="Vitz")
    hidden = add_listing(session, visibility="private", channels=["autotrader"])
    refresh_bands(session, storage)
    found = band_of(session, shown, Audience.anonymous())
    assert (found.listing_id, found.price_pkr, found.computed_at is not None) == (shown, None, True)
    assert (found.band.method, found.band.reason) == ("none", "too_few_comparables")
    own = Audience(Channel.AUTOTRADER, frozenset({Visibility.PUBLIC}), org_id=owner.id)
    assert band_of(session, hidden, own).listing_id == hidden
    gone = add_listing(session)
    session.get_one(Listing, gone).status = "withdrawn"
    session.flush()
    for listing_id in (hidden, gone, uuid4(), UUID(int=0)):
        with pytest.raises(NotFoundError) as caught:
            band_of(session, listing_id, Audience.anonymous())
        assert caught.value.code == "listing_not_found"


def test_a_listing_newer_than_the_last_refresh_says_so(session: Session) -> None:
    found = band_of(session, add_listing(session), Audience.anonymous())
    assert (found.band.method, found.band.reason, found.computed_at) == ("none", "not_computed_yet", None)
