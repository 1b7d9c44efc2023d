"""Requests that name no car, or a car that nobody knows, get no band and a hint."""

import pytest
from sqlalchemy.orm import Session

from core.storage import Storage
from serving.price_bands.champion import ChampionCache
from serving.price_bands.quote_request import QuoteRequest
from serving.price_bands.service import Band, quote
from tests.serving.price_bands.test_service import promote


@pytest.fixture
def cache(session: Session, storage: Storage, artefact: bytes) -> ChampionCache:
    promote(session, storage, artefact, "v1")
    return ChampionCache(storage)


def asked(session: Session, cache: ChampionCache, make: str, model: str, **stated: object) -> Band:
    (band,) = quote(session, cache, [QuoteRequest(make=make, model=model, model_year=2018, **stated)])  # type: ignore[arg-type]
    return band


@pytest.mark.parametrize(
    ("make", "model", "stated"),
    [
        ("Honda", "CD 70", {}), ("Honda", "CG125", {}), ("honda", "bike", {}),
        ("Yamaha", "YBR", {"engine_cc": 125}), ("Road Prince", "RP", {"engine_cc": 70}), ("Hino", "500", {}),
    ],
)  # fmt: skip
def test_what_is_no_car_gets_no_band(
    session: Session, cache: ChampionCache, make: str, model: str, stated: dict[str, object]
) -> None:
    band = asked(session, cache, make, model, **stated)
    assert (band.mid_pkr, band.method, band.reason) == (None, "none", "not_a_car")


@pytest.mark.parametrize(
    ("make", "model", "reason", "meant"),
    [
        ("Toyota", "corola", "unknown_model", "Corolla"), ("Toyota", "Coroller", "unknown_model", "Corolla"),
        ("Toyota", "asdfgh", "unknown_model", None), ("Honda", "Civik", "unknown_model", "Civic"),
        ("Tayota", "Corolla", "unknown_make", "Toyota"), ("Suzki", "Alto", "unknown_make", "Suzuki"),
    ],
)  # fmt: skip
def test_name_that_nobody_knows_gets_no_band_and_the_one_that_may_be_meant(
    session: Session, cache: ChampionCache, make: str, model: str, reason: str, meant: str | None
) -> None:
    band = asked(session, cache, make, model)
    assert (band.mid_pkr, band.method, band.reason, band.did_you_mean) == (None, "none", reason, meant)
    assert band.reason_text is not None
    assert (f"Did you mean {meant}?" in band.reason_text) == (meant is not None)


@pytest.mark.parametrize(
    ("make", "model"), [("toyota", "COROLLA"), ("Toyota", " corolla "), ("Toyota", "Land Cruiser")]
)
def test_known_name_is_not_doubted_however_it_is_spelt(
    session: Session, cache: ChampionCache, make: str, model: str
) -> None:
    band = asked(session, cache, make, model)
    assert (band.reason, band.did_you_mean) in ((None, None), ("too_few_comparables", None))
