"""Explanations show what the caller may see, add up, and say what they stand on."""

from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.db.tables import MarketIndex
from core.errors import InvalidInputError, NotFoundError
from core.storage import Storage
from core.vocabulary import Channel, Visibility
from serving.price_bands.champion import ChampionCache
from serving.price_bands.expected_sale import NO_SALE
from serving.price_bands.explain import COMPARABLES, explain_listing, explain_quote
from serving.price_bands.index import market_index_of
from serving.price_bands.quote_request import QuoteRequest
from serving.price_bands.service import quote
from tests.factories.bands import add_band
from tests.factories.listings import add_listing, dealer
from tests.serving.price_bands.test_service import promote

COROLLA = QuoteRequest(
    make="toyota", model="COROLLA", model_year=2019, mileage_km=40_000, variant="Oriel", city="Multan",
    price_pkr=5_000_000,
)  # fmt: skip
ANYBODY = Audience.anonymous()
JULY, AUGUST = date(2026, 7, 1), date(2026, 8, 1)


@pytest.fixture
def cache(session: Session, storage: Storage, artefact: bytes) -> ChampionCache:
    promote(session, storage, artefact, "v1")
    return ChampionCache(storage)


def offer(session: Session, count: int = 8, first: int = 2015, **columns: object) -> list[str]:
    return [
        str(add_listing(session, model_year=first + number, mileage_km=20_000 * (10 - number), **columns))
        for number in range(count)
    ]


def index_row(kind: str, segment: str, month: date, level: float) -> MarketIndex:
    make, _, model = segment.partition("|")
    return MarketIndex(
        segment_kind=kind, segment=segment, month=month, make=make.title() or None, model=model.title() or None,
        level=level, low=level - 1, high=level + 1, samples=40, base_month=JULY,
    )  # fmt: skip


def test_contributions_add_up_from_the_typical_car_on_offer(session: Session, cache: ChampionCache) -> None:
    offer(session, 9, first=2012)
    found = explain_quote(session, cache, COROLLA, ANYBODY)
    assert found.reference is not None
    assert found.mid_pkr is not None
    assert found.reference.price_pkr + sum(part.pkr for part in found.contributions) == found.mid_pkr
    car = found.reference.car
    assert (found.reference.listings, car["model_year"], car["city"]) == (9, 2016, "Lahore")
    assert {part.input for part in found.contributions} >= {"year", "mileage", "city", "not_stated"}
    assert max(found.contributions, key=lambda part: part.pkr).input in ("year", "mileage")


def test_comparables_are_the_nearest_live_cars_with_their_ratings(session: Session, cache: ChampionCache) -> None:
    ids = offer(session, 9)
    add_listing(session, model="Vitz", model_year=2019)
    add_listing(session, model_year=2019, price_pkr=None)
    add_listing(session, model_year=2019, status="withdrawn")
    add_band(session, UUID(ids[8]), 3_600_000, 4_000_000, 5_000_000)
    session.flush()
    found = explain_quote(session, cache, COROLLA, ANYBODY).comparables
    assert len(found) == COMPARABLES
    assert [car.distance for car in found] == sorted(car.distance for car in found)
    assert (found[0].model_year, found[0].deal_rating) == (2023, "great")
    assert {str(car.id) for car in found} <= set(ids)
    punctuated = QuoteRequest(make="Toyota ", model="corolla!", model_year=2019)
    assert explain_quote(session, cache, punctuated, ANYBODY).comparables


@pytest.mark.parametrize("hidden", [{"visibility": "private"}, {"channels": ["autotrader"]}])
def test_what_the_caller_may_not_see_is_neither_shown_nor_counted(
    session: Session, cache: ChampionCache, hidden: dict[str, object]
) -> None:
    offer(session, 8, **hidden)
    found = explain_quote(session, cache, COROLLA, ANYBODY)
    assert (found.comparables, found.reference, found.contributions) == ([], None, [])
    own = Audience(Channel.AUTOTRADER, frozenset({Visibility.PUBLIC}), org_id=dealer(session).id)
    seen = explain_quote(session, cache, COROLLA, own)
    assert len(seen.comparables) == COMPARABLES
    assert seen.reference is not None


def test_a_listing_is_explained_without_itself(session: Session, cache: ChampionCache) -> None:
    ids = offer(session, 6)
    listing = add_listing(session, model_year=2019, mileage_km=40_000)
    found = explain_listing(session, cache, listing, ANYBODY)
    assert found.reference is not None
    assert {str(car.id) for car in found.comparables} == set(ids)
    for hidden in (uuid4(), add_listing(session, visibility="private"), add_listing(session, status="withdrawn")):
        with pytest.raises(NotFoundError):
            explain_listing(session, cache, hidden, ANYBODY)


def test_the_trend_is_of_the_finest_segment_that_has_one(session: Session, cache: ChampionCache) -> None:
    assert explain_quote(session, cache, COROLLA, ANYBODY).trend is None
    session.add_all(index_row("market", "", month, level) for month, level in ((JULY, 100), (AUGUST, 101)))
    session.add(index_row("model", "toyota|corolla", AUGUST, 140))  # one month is no trend
    session.flush()
    trend = explain_quote(session, cache, COROLLA, ANYBODY).trend
    assert trend is not None
    assert (trend.segment_kind, trend.change) == ("market", 0.01)
    session.add(index_row("model", "toyota|corolla", JULY, 112))
    session.flush()
    trend = explain_quote(session, cache, COROLLA, ANYBODY).trend
    assert trend is not None
    assert (trend.segment_kind, trend.make, trend.model, trend.change) == ("model", "Toyota", "Corolla", 0.25)
    assert [each.month for each in trend.months] == [JULY, AUGUST]


def test_without_a_model_or_a_latin_letter_what_is_known_is_still_shown(session: Session, storage: Storage) -> None:
    offer(session, 4)
    found = explain_quote(session, ChampionCache(storage), COROLLA, ANYBODY)
    assert (found.mid_pkr, found.reference, len(found.comparables)) == (None, None, 4)
    urdu = explain_quote(session, ChampionCache(storage), QuoteRequest("ٹویوٹا", "کرولا", 2018), ANYBODY)
    assert urdu.comparables == []


def test_the_index_is_found_however_the_car_is_spelt(session: Session) -> None:
    session.add_all(index_row("model", "suzuki|wagonr", month, 100) for month in (JULY, AUGUST))
    session.flush()
    series = market_index_of(session, " SUZUKI", "Wagon-R")
    assert (series.segment_kind, [row.month for row in series.months]) == ("model", [JULY, AUGUST])
    assert len(market_index_of(session, "suzuki", "wagon r", since=AUGUST).months) == 1
    with pytest.raises(NotFoundError):
        market_index_of(session)
    with pytest.raises(InvalidInputError):
        market_index_of(session, model="Corolla")


def test_the_price_that_is_asked_never_moves_the_band(session: Session, cache: ChampionCache) -> None:
    asked = [QuoteRequest("Toyota", "Corolla", 2019, price_pkr=price) for price in (None, 1, 10**12)]
    bands = quote(session, cache, asked)
    without, low, high = (replace(band, expected_sale=NO_SALE) for band in bands)  # a sale is one at that price
    assert without == low == high
    assert [band.rating(car.price_pkr) for band, car in zip(bands, asked, strict=True)] == [None, "great", "overpriced"]


def test_unstated_inputs_that_would_narrow_the_band_are_named(session: Session, cache: ChampionCache) -> None:
    offer(session, variant="GLi", fuel="petrol", transmission="manual", city="Lahore")
    bare = QuoteRequest(make="Toyota", model="Corolla", model_year=2018)
    found = explain_quote(session, cache, bare, ANYBODY).narrowings
    assert {"transmission", "mileage"} & {each.input for each in found}  # which move prices there; trims do not
    assert all(0 < each.stated < each.now for each in found)
    assert [each.stated for each in found] == sorted(each.stated for each in found)
    assert len({each.now for each in found}) == 1
    [band] = quote(session, cache, [bare])
    assert band.low_pkr is not None
    assert band.mid_pkr is not None
    assert band.high_pkr is not None
    assert found[0].now == pytest.approx((band.high_pkr - band.low_pkr) / band.mid_pkr / 2, abs=1e-4)
    with_best = QuoteRequest("Toyota", "Corolla", 2018, variant="GLi", mileage_km=60_000, transmission="manual",
                             fuel="petrol", engine_cc=1_300, city="Lahore", body="sedan", assembly="local")  # fmt: skip
    assert {each.input for each in explain_quote(session, cache, with_best, ANYBODY).narrowings} <= {"registered_in"}
    unknown = QuoteRequest(make="Lada", model="Niva", model_year=2018)
    assert explain_quote(session, cache, unknown, ANYBODY).narrowings == []
