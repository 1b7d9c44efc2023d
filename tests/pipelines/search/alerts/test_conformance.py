"""The cars that an alert tells of are those that a search with the same filters and words finds, whatever they are."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.tables.people import User
from core.db.tables.saved_searches import SavedSearch
from core.search import ListingDocument, ListingFilters, SearchQuery
from core.search.filters import Near
from core.search.tantivy import TantivyEngine
from core.vocabulary import Body, Channel, Color, Drive, Fuel
from pipelines.search.alerts.canonical import DENIALS, FLAGS, RANGES, STRANGERS, TERMS, asked_words, filter_columns
from pipelines.search.alerts.matching import ChangedCar, matching_pairs
from tests.conftest import SLOW_IS_FINE
from tests.core.search.conftest import document
from tests.examples import examples

NOW = utc_now()
CARS = {
    "make": ["Toyota", "Honda", "Mercedes Benz", "TOYOTA"],
    "model": ["Corolla", "Civic", "C Class", "CR-V", "Corolla Cross"],
    "variant": [None, "GLi", "Oriel 1.8", "VXR"],
    "model_year": [2010, 2016, 2020],
    "price_pkr": [None, 1_999_999, 2_000_000, 4_500_000],
    "mileage_km": [None, 0, 49_999, 120_000],
    "engine_cc": [None, 1_298, 1_799],
    "city": [None, "Lahore", "Karachi", "Sheikhupura", "Atlantis"],
    "area": [None, "DHA Phase 5", "Gulberg", "Civic Center"],
    "province": [None, "Punjab"],
    "body": [None, "sedan", "suv"],
    "fuel": ["petrol", "hybrid"],
    "color": [None, "white"],
    "color_raw": [None, "Pearl White"],
    "registered_in": [None, "Lahore", "unregistered"],
    "deal_rating": [None, "great_deal"],
    "photo_count": [0, 3],
    "has_good_photos": [True, False],
    "visibility": ["public", "wholesale_public", "private"],
    "channels": [("automart",), ("autotrader",), ("automart", "autotrader"), ()],
    "title": ["car", "Total genuine sunroof", "Honda Civic 1.8 7 seater", "Corola Altis Grande 4x4"],
    "description": [None, "First owner, sunroof, gulberg", "سوزوکی مہران"],
}
FILTERS: dict[str, st.SearchStrategy[Any]] = {
    "make": st.sampled_from([(), ("toyota",), ("Honda", "MERCEDES  Benz")]),
    "model": st.sampled_from([(), ("Civic",), ("Corolla", "Corolla Cross", "C Class")]),
    "variant": st.sampled_from([(), ("gli",)]),
    "city": st.sampled_from([(), ("lahore",), ("Karachi", "Lahore")]),
    "not_make": st.sampled_from([(), ("toyota",)]),
    "not_model": st.sampled_from([(), ("Civic", "C Class")]),
    "not_city": st.sampled_from([(), ("lahore", "Sheikhupura")]),
    "province": st.sampled_from([(), ("Punjab",)]),
    "body": st.sampled_from([(), (Body.SEDAN,)]),
    "fuel": st.sampled_from([(), (Fuel.PETROL,)]),
    "color": st.sampled_from([(), (Color.WHITE,)]),
    "drive": st.sampled_from([(), (Drive.FOUR,)]),
    "seats": st.sampled_from([(), (5, 7)]),
    "registered_in": st.sampled_from([(), ("Lahore",)]),
    "dealer": st.sampled_from([(), ("khan-motors",), ("nobody",)]),
    "has_photos": st.sampled_from([None, True, False]),
    "has_good_photos": st.sampled_from([None, True, False]),
    "price_min": st.sampled_from([None, 2_000_000]),
    "price_max": st.sampled_from([None, 2_000_000, 4_500_000]),
    "year_min": st.sampled_from([None, 2016]),
    "mileage_max": st.sampled_from([None, 49_999]),
    "engine_cc_max": st.sampled_from([None, 1_300]),
    "near": st.sampled_from([None, Near.city("Lahore", 60)]),
}
WORDS = [
    "", "civic", "civc", "coroll", "corolla cross", "cr-v", "crv", "sunroof", "sun", "gulberg", "gulburg", "dha 5",
    "c class", "mercedez", "benz white", "7 seater", "genuine oriel", "altis grnde", "2016", "1.8", "مہران", "vw",
    "for sale", "lahor", "pearl", "x", "dha phase",
]  # fmt: skip
cars = st.lists(
    st.fixed_dictionaries({name: st.sampled_from(values) for name, values in CARS.items()}), min_size=1, max_size=12
)
few_filters = st.sets(st.sampled_from(sorted(FILTERS)), max_size=3).flatmap(
    lambda names: st.fixed_dictionaries({name: FILTERS[name] for name in sorted(names)})
)
asked = st.lists(st.tuples(few_filters, st.sampled_from(WORDS), st.sampled_from(Channel)), min_size=1, max_size=8)


@pytest.fixture
def filled(tmp_path: Path) -> Callable[[list[ListingDocument]], TantivyEngine]:
    index = TantivyEngine(tmp_path / "search")

    def fill(documents: list[ListingDocument]) -> TantivyEngine:
        with index.rebuilding() as batch:
            batch.upsert(documents)
        return index

    return fill


def saved(session: Session, owner: UUID, filters: ListingFilters, words: str, channel: Channel) -> UUID:
    row = SavedSearch(
        id=uuid4(), user_id=owner, name="x", search="q=x", understood={}, channel=channel.value, frequency="instant",
        new_match=True, price_drop=True, since=NOW, words=asked_words(words) or "", **filter_columns(filters),
    )  # fmt: skip
    session.add(row)
    return row.id


def owner_of(session: Session) -> UUID:
    user = User()
    session.add(user)
    session.flush()
    return user.id


@settings(suppress_health_check=[*SLOW_IS_FINE, HealthCheck.function_scoped_fixture], max_examples=examples(150))
@given(cars=cars, asked=asked)
def test_alerts_find_what_searches_find(
    session: Session,
    filled: Callable[[list[ListingDocument]], TantivyEngine],
    cars: list[dict[str, Any]],
    asked: list[tuple[dict[str, Any], str, Channel]],
) -> None:
    session.execute(delete(SavedSearch))
    owner = owner_of(session)
    searches = [
        (
            saved(session, owner, ListingFilters(**filters), words, channel),
            SearchQuery(words, ListingFilters(**filters), limit=100),
            channel,
        )
        for filters, words, channel in asked
    ]
    session.flush()
    documents = [document(**values) for values in cars]
    index = filled(documents)
    expected = {
        (search_id, listing_id)
        for search_id, query, channel in searches
        for listing_id in index.search(query, STRANGERS[channel]).ids
    }
    found = matching_pairs(session, [ChangedCar(each, NOW) for each in documents])
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_every_filter_of_a_search_is_compared() -> None:
    """A new filter of searches gets a column of saved searches, or is named here."""
    names = {*TERMS, *DENIALS, *FLAGS, *(f"{name}_{end}" for name in RANGES for end in ("min", "max")), "near"}
    assert set(asdict(ListingFilters())) == names
    assert set(filter_columns(ListingFilters())) == names - {"near"} | {"place", "keys"}


def test_cars_of_the_owner_are_not_told(session: Session) -> None:
    owner = owner_of(session)
    search = saved(session, owner, ListingFilters(make=("Toyota",)), "", Channel.AUTOMART)
    session.flush()
    car = ChangedCar(document(), NOW)
    assert matching_pairs(session, [car]) == [(search, car.document.id)]
    assert matching_pairs(session, [replace(car, seller_id=owner)]) == []
