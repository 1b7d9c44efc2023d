"""Words and meaning together: fused, filtered, for one audience, in pages."""

from dataclasses import fields, replace
from typing import Any
from uuid import UUID

import pytest

from core.access.audience import Audience
from core.db.session import SessionFactory, transaction
from core.errors import InvalidInputError, RetryableError
from core.search import ListingFilters, SearchEngine, SearchQuery, Sort, open_search_engine
from core.search.embedding import VectorStore
from core.search.filters import AnyOf, Near, TermField
from core.settings import Settings
from core.vocabulary import Body, Fuel
from pipelines.search.embed import EmbedResult, embed_listings
from pipelines.search.rebuild import rebuild_index
from serving.listings.filter_eval import holds
from serving.listings.hybrid import fused_page
from serving.listings.repository import ListingRepository
from tests.core.search.embedding.words_embedder import WordsEmbedder
from tests.inventory import add_listing, add_many

ANYONE = Audience.anonymous()
Cars = dict[str, UUID]


@pytest.fixture
def index(settings: Settings) -> SearchEngine:
    return open_search_engine(settings)


@pytest.fixture
def store(settings: Settings) -> VectorStore:
    return VectorStore(settings.vectors_dir)


@pytest.fixture
def cars(session_factory: SessionFactory, index: SearchEngine, store: VectorStore) -> Cars:
    with transaction(session_factory) as session:
        made = {
            "corolla": add_listing(session, title="Corolla"),
            "civic": add_listing(session, make="Honda", model="Civic", title="Civic", city="Karachi"),
            "alto": add_listing(session, make="Suzuki", model="Alto", title="Alto", body="hatchback"),
            "hidden": add_listing(session, model="Prado", title="Prado", visibility="private"),
        }
    with transaction(session_factory) as session:
        rebuild_index(session, index)
        assert embed_listings(session, store, WordsEmbedder()) == EmbedResult(4, 4, 4)
    return made


@pytest.fixture
def ask(session_factory: SessionFactory, index: SearchEngine, store: VectorStore) -> Any:
    def asked(text: str, **query: Any) -> Any:
        with session_factory() as session:
            return fused_page(session, index, store, WordsEmbedder(), SearchQuery(text, **query), ANYONE)

    return asked


def test_meaning_adds_what_words_do_not_find_and_words_lead(cars: Cars, ask: Any) -> None:
    items, total, _, following = ask("corolla")
    assert items[0].id == cars["corolla"]
    assert {item.id for item in items} == {cars["corolla"], cars["civic"], cars["alto"]}
    assert (total, following) == (3, None)
    items, *_ = ask("hatchback nonsense")  # no car has both words
    assert items[0].id == cars["alto"]


def test_filters_and_audience_hold_for_both_lists(cars: Cars, ask: Any) -> None:
    items, *_ = ask("prado", filters=ListingFilters(city=("Karachi",)))
    assert [item.id for item in items] == [cars["civic"]]
    assert cars["hidden"] not in {item.id for item in ask("prado")[0]}


def test_pages_give_every_car_once(cars: Cars, ask: Any) -> None:
    whole, total, _, _ = ask("sedan")
    found, cursor = [], None
    while True:
        items, _, _, cursor = ask("sedan", limit=1, cursor=cursor)
        found += [item.id for item in items]
        if cursor is None:
            break
    assert found == [item.id for item in whole]
    assert len(found) == total


def test_problems_have_codes(cars: Cars, ask: Any, index: SearchEngine, store: VectorStore) -> None:
    for text, query in (("", {}), ("  ", {}), ("corolla", {"sort": Sort.NEWEST})):
        with pytest.raises(InvalidInputError) as refused:
            ask(text, **query)
        assert refused.value.code == "hybrid_needs_words"
    cursor = index.search(SearchQuery("sedan", limit=1), ANYONE).next_cursor
    with pytest.raises(InvalidInputError) as refused:
        ask("sedan", limit=2, cursor=cursor)
    assert refused.value.code == "invalid_cursor"
    store.replace({}, WordsEmbedder("another model"))
    with pytest.raises(RetryableError) as away:
        ask("corolla")
    assert away.value.code == "no_vectors"


CHOICES = ListingFilters(
    make=("toyota", "KIA"),
    model=("Civic", "alto", "City"),
    city=("lahore", "Multan"),
    province=("PUNJAB",),
    body=(Body.SEDAN,),
    fuel=(Fuel.PETROL,),
    dealer=("khan-motors",),
    has_photos=False,
    year_min=2010,
    year_max=2020,
    price_min=1_000_000,
    price_max=5_000_000,
    mileage_min=1_000,
    mileage_max=90_000,
    near=Near.city("Lahore", 400),
)


@pytest.mark.parametrize("name", [field.name for field in fields(ListingFilters)])
def test_filters_hold_here_as_they_do_in_the_engine(
    session_factory: SessionFactory, index: SearchEngine, name: str
) -> None:
    with transaction(session_factory) as session:
        add_many(session, 70)
        add_listing(session, city=None, price_pkr=None, mileage_km=None, body=None, fuel=None)
    filters = replace(ListingFilters(), **{name: getattr(CHOICES, name)})
    with transaction(session_factory) as session:
        rebuild_index(session, index)
        every = index.search(SearchQuery(limit=100), ANYONE).ids
        views = ListingRepository(session).visible(every, ANYONE)
        held = {view.id for view in views if holds(filters.tree(), view)}
    assert held == set(index.search(SearchQuery(filters=filters, limit=100), ANYONE).ids)


def test_what_a_view_does_not_tell_is_refused() -> None:
    with pytest.raises(ValueError, match="visibility"):
        holds(AnyOf(TermField.VISIBILITY, ("public",)), None)  # type: ignore[arg-type]
