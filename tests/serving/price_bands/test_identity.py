"""Requests that name no car, or a car that nobody knows, get no band and a hint."""

import pytest
from sqlalchemy.orm import Session

from core.storage import Storage
from serving.price_bands.champion import ChampionCache
from serving.price_bands.errors import InvalidCarError
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


@pytest.mark.parametrize(
    ("variant", "strange", "meant"),
    [
        ("GLi", [], []), ("gli", [], []), (None, [], []), ("", [], []),
        ("asdfgh", ["asdfgh"], [None]), ("GLi Zagato", ["zagato"], [None]), ("glli", ["glli"], ["gli"]),
    ],
)  # fmt: skip
def test_trim_that_the_band_does_not_rest_on_is_told(
    session: Session, cache: ChampionCache, variant: str | None, strange: list[str], meant: list[str | None]
) -> None:
    band = asked(session, cache, "toyota", "COROLLA", variant=variant)
    assert band.mid_pkr is not None
    assert [note.did_you_mean for note in band.notes] == meant
    assert [note.input for note in band.notes] == ["variant"] * len(strange)
    assert all(f"{word!r}" in note.text for word, note in zip(strange, band.notes, strict=True))


@pytest.mark.parametrize("stated", [{"mileage_km": 1_000_001}, {"engine_cc": 12_001}, {"battery_kwh": 251}])
def test_number_that_the_model_would_leave_out_is_refused(stated: dict[str, int]) -> None:
    with pytest.raises(InvalidCarError, match="must be between"):
        QuoteRequest(make="Toyota", model="Corolla", model_year=2018, **stated)
