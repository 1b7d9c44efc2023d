"""Every engine answers as plain SQL over the same rows would: hits, order, pages, totals and facets, for everyone."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.search import Facet, ListingFilters, SearchEngine, SearchQuery, Sort
from core.search.meilisearch import MeilisearchServer
from core.vocabulary import Channel, Visibility
from pipelines.search.rebuild import rebuild_index
from tests.conformance import market, market_filters
from tests.conformance.conftest import reachable_engine
from tests.conformance.oracle import COLUMNS, Oracle
from tests.conftest import empty
from tests.examples import examples
from tests.factories.listings import dealer

TEXTS = (
    "corolla", "corola", "crolla", "coroll", "honda 2018", "hnda civic", "toyta", "mercdes", "merceedes benz", "2018",
    "2008", "201", "c180", "c18", "c181", "vw", "benz", "کرولا lhr", "wagonr", "gari for sale", "alto lahore",
    "genuine", "genuin", "roda", "dha phas", "toyota corola karachi", "civic corolla", "dha", "vxr alt", "raptr",
    "zzzz",
)  # fmt: skip


def all_pages(index: SearchEngine, query: dict[str, Any], audience: Audience) -> list[UUID]:
    found: list[UUID] = []
    cursor: str | None = None
    while True:
        page = index.search(SearchQuery(cursor=cursor, **query), audience)
        found += page.ids
        if (cursor := page.next_cursor) is None:
            return found


class Stocked(NamedTuple):
    """An engine that has the small market in its index, and the oracle that has the same rows."""

    index: SearchEngine
    oracle: Oracle
    audiences: st.SearchStrategy[Audience]


@pytest.fixture(scope="module", params=["tantivy", "meilisearch"])
def stocked(
    request: pytest.FixtureRequest,
    engine: Engine,
    meilisearch: MeilisearchServer,
    tmp_path_factory: Any,
    admin_engine: Engine,
) -> Iterator[Stocked]:
    """The market of all tests here: they only read.

    It is committed, so that no transaction stays open on the server that other workers' tests share.
    """
    folder = tmp_path_factory.mktemp("as_sql")
    with engine.connect() as connection, reachable_engine(request.param, folder, meilisearch) as reachable:
        connection.detach()  # closed at the end, and the oracle's tables with it
        with Session(connection) as session:
            market.fill(session)
            session.commit()
            rebuild_index(session, reachable.engine)
            own = st.sampled_from([None, dealer(session, "malik-cars").id])
            anybody = st.builds(Audience, st.sampled_from(Channel), st.frozensets(st.sampled_from(Visibility)), own)
            oracle = Oracle(session, market_filters.MULTAN)
            session.commit()
            yield Stocked(reachable.engine, oracle, anybody | st.just(Audience.anonymous()))
    empty(admin_engine)


def test_hits_pages_and_totals_equal_plain_sql(stocked: Stocked) -> None:
    index, oracle, audiences = stocked
    texts = st.sampled_from(["", "", *TEXTS])
    pages = st.tuples(st.sampled_from([4, 15, 100]), st.booleans())

    @given(texts, market_filters.together, st.sampled_from(Sort), audiences, pages)
    @hypothesis_settings(max_examples=examples(80))
    def probe(text: str, filters: ListingFilters, sort: Sort, audience: Audience, page: tuple[int, bool]) -> None:
        limit, popularity = page
        rows = oracle.hits(text, filters, sort, audience, popularity=popularity)
        query: dict[str, Any] = {"text": text, "filters": filters, "sort": sort, "limit": limit}
        query["popularity"] = popularity
        query["origin"] = market_filters.MULTAN
        assert all_pages(index, query, audience) == [row.id for row in rows]
        assert index.search(SearchQuery(**query), audience).total == len(rows)

    probe()


def test_facets_count_without_their_own_filter(stocked: Stocked) -> None:
    index, oracle, audiences = stocked

    @given(st.sampled_from(["", "", "corolla", "hnda", "2018"]), market_filters.together, audiences)
    @hypothesis_settings(max_examples=examples(15))
    def probe(text: str, filters: ListingFilters, audience: Audience) -> None:
        page = index.search(SearchQuery(text, filters, facets=tuple(Facet)), audience)
        for facet, column in COLUMNS.items():
            others = oracle.hits(text, without(filters, facet), Sort.RELEVANCE, audience)
            values = [value for row in others if (value := getattr(row, column)) is not None]
            counted = Counter(str(value).lower() if isinstance(value, bool) else str(value) for value in values)
            assert {one.value: one.count for one in page.facets[facet]} == counted, facet
            assert page.facets[facet] == sorted(page.facets[facet], key=lambda one: (-one.count, one.value))

    probe()


def test_facets_of_an_order_by_value_count_the_best_level_that_has_hits(stocked: Stocked) -> None:
    index, oracle, _ = stocked
    everyone = Audience(Channel.AUTOMART, frozenset(Visibility))
    honda, recent = ListingFilters(make=("Honda",)), ListingFilters(year_min=2018)
    for text, narrowed in (("corola", ListingFilters()), ("toyta", recent), ("genuin civic", honda), ("zzzz", honda)):
        page = index.search(SearchQuery(text, narrowed, Sort.PRICE_DESC, facets=(Facet.MAKE, Facet.YEAR)), everyone)
        rows = oracle.hits(text, narrowed, Sort.PRICE_DESC, everyone)
        assert (page.total, page.ids) == (len(rows), [row.id for row in rows][:20]), text
        best = rows[0].level if rows else 9
        for facet in (Facet.MAKE, Facet.YEAR):
            others = oracle.hits(text, without(narrowed, facet), Sort.RELEVANCE, everyone)
            counted = Counter(str(getattr(row, COLUMNS[facet])) for row in others if row.level <= best)
            assert {one.value: one.count for one in page.facets[facet]} == counted, (text, facet)


def test_each_text_orders_hits_as_plain_sql_does(stocked: Stocked) -> None:
    index, oracle, _ = stocked
    everyone = Audience(Channel.AUTOMART, frozenset(Visibility))
    for text in TEXTS:
        rows = oracle.hits(text, ListingFilters(), Sort.RELEVANCE, everyone)
        assert index.search(SearchQuery(text, limit=100), everyone).ids == [row.id for row in rows], text
        liked = oracle.hits(text, ListingFilters(), Sort.RELEVANCE, everyone, popularity=True)
        found = index.search(SearchQuery(text, limit=100, popularity=True), everyone).ids
        assert found == [row.id for row in liked], text


def test_count_equals_plain_sql_for_every_audience(stocked: Stocked) -> None:
    index, oracle, audiences = stocked

    @given(audiences)
    @hypothesis_settings(max_examples=examples(20))
    def probe(audience: Audience) -> None:
        assert index.count(audience) == len(oracle.hits("", ListingFilters(), Sort.NEWEST, audience))

    probe()


def test_typeahead_offers_names_that_the_audience_can_see(stocked: Stocked) -> None:
    index, oracle, audiences = stocked
    typed = st.lists(st.sampled_from(["t", "toy", "corolla", "w", "wagon", "mult", "20", "benz", "c180"]), max_size=2)

    @given(typed, audiences)
    @hypothesis_settings(max_examples=examples(40))
    def probe(words: list[str], audience: Audience) -> None:
        expected = oracle.names(words, audience)
        found = index.suggest(" ".join(words), audience, limit=50)
        if expected and not {"w", "benz"} & set(words):  # those also begin a known spelling
            assert {(one.kind.value, one.value): one.count for one in found} == expected
        everything = oracle.names([], audience)
        assert all(everything[one.kind.value, one.value] == one.count for one in found)

    probe()


def without(filters: ListingFilters, facet: Facet) -> ListingFilters:
    """Drop the filters on the facet's own field, spelt out here."""
    values = {name: getattr(filters, name) for name in ListingFilters.__dataclass_fields__}
    ranged = facet in (Facet.YEAR, Facet.MILEAGE, Facet.ENGINE_CC)
    own: dict[str, Any] = {f"{facet.value}_{end}": None for end in ("min", "max")} if ranged else {facet.value: ()}
    own = {"has_good_photos": None} if facet is Facet.HAS_GOOD_PHOTOS else own
    return ListingFilters(**values | own)
