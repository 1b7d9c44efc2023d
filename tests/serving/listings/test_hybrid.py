"""Words and meaning together: fused, filtered, for one audience, in pages."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.db.session import SessionFactory, transaction
from core.errors import InvalidInputError, RetryableError
from core.search import ListingFilters, SearchEngine, SearchQuery, Sort, open_search_engine
from core.search.embedding import VectorStore
from core.settings import Settings
from pipelines.search.embed import EmbedResult, embed_listings, live_sentences
from pipelines.search.rebuild import rebuild_index
from serving.listings.finding import service
from serving.listings.finding.hybrid import SemanticIndex, fused_page
from tests.core.search.embedding.words_embedder import WordsEmbedder
from tests.factories.listings import add_listing

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
            "corolla": add_listing(session, title="Corolla", description="Sunroof"),
            "civic": add_listing(session, make="Honda", model="Civic", title="Civic", city="Karachi"),
            "alto": add_listing(session, make="Suzuki", model="Alto", title="Alto", body="hatchback"),
            "hidden": add_listing(session, model="Prado", title="Prado", visibility="private"),
        }
    with transaction(session_factory) as session:
        rebuild_index(session, index)
        assert embed_listings(live_sentences(session), store, WordsEmbedder()) == EmbedResult(4, 4, 0, 4)
    return made


@pytest.fixture
def ask(session_factory: SessionFactory, index: SearchEngine, store: VectorStore) -> Any:
    def asked(text: str, **query: Any) -> Any:
        with session_factory() as session:
            semantic = SemanticIndex(store, WordsEmbedder())
            return fused_page(session, index, semantic, SearchQuery(text, **query), ANYONE)

    return asked


def test_meaning_adds_what_words_do_not_find_and_words_lead(cars: Cars, ask: Any) -> None:
    page = ask("honda suzuki")  # no car has both words
    assert {cars["civic"], cars["alto"]} <= {item.id for item in page.items}
    assert (page.total, page.next_cursor) == (len(page.items), None)
    assert ask("hatchback nonsense").items[0].id == cars["alto"]  # no car has both words


def test_exact_search_is_not_padded_with_cars_that_are_far_less_near(cars: Cars, ask: Any) -> None:
    assert [item.id for item in ask("corolla").items] == [cars["corolla"]]
    assert ask("qqq").items == []


def test_words_that_find_cars_answer_alone(
    cars: Cars, ask: Any, index: SearchEngine, store: VectorStore, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "open_embedder", WordsEmbedder)
    query = SearchQuery("sunroof in")
    assert len(ask(query.text).items) == 3  # the sentences of all cars have "in"
    found = service.search_by_meaning(session, index, store, query, ANYONE)
    assert [item.id for item in found.items] == [cars["corolla"]]
    assert found.understood is not None
    missing = service.search_by_meaning(session, index, store, SearchQuery("hatchback qqq"), ANYONE)
    assert missing.items[0].id == cars["alto"]


def test_hidden_car_sets_no_measure_of_how_near_is_near(cars: Cars, ask: Any) -> None:
    assert [item.id for item in ask("prado hatchback").items] == [cars["alto"]]


def test_filters_and_audience_hold_for_both_lists(cars: Cars, ask: Any) -> None:
    page = ask("prado karachi", filters=ListingFilters(city=("Karachi",)))
    assert [item.id for item in page.items] == [cars["civic"]]
    assert cars["hidden"] not in {item.id for item in ask("prado").items}


def test_pages_give_every_car_once(cars: Cars, ask: Any) -> None:
    whole = ask("sedan")
    found, cursor = [], None
    while True:
        page = ask("sedan", limit=1, cursor=cursor)
        found += [item.id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == [item.id for item in whole.items]
    assert len(found) == whole.total


def test_problems_have_codes(cars: Cars, ask: Any, index: SearchEngine, store: VectorStore) -> None:
    for text, query in (("", {}), ("  ", {}), ("corolla", {"sort": Sort.NEWEST})):
        with pytest.raises(InvalidInputError) as refused:
            ask(text, **query)
        assert refused.value.code == "hybrid_needs_words"
    cursor = index.search(SearchQuery("sedan", limit=1), ANYONE).next_cursor
    with pytest.raises(InvalidInputError) as refused:
        ask("sedan", limit=2, cursor=cursor)
    assert refused.value.code == "invalid_cursor"
    store.update({}, (), WordsEmbedder("another model"))
    with pytest.raises(RetryableError) as away:
        ask("corolla")
    assert away.value.code == "no_vectors"
