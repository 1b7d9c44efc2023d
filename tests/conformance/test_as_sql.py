"""Every engine answers as plain SQL over the same rows would: hits, order, pages, totals and facets, for everyone."""

from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.deal_ratings import DealRating
from core.search import Facet, ListingFilters, SearchEngine, SearchQuery, Sort
from core.search.filters import Near
from core.search.places import city_point
from core.vocabulary import Assembly, Body, Channel, Color, Fuel, Transmission, Visibility
from pipelines.search.rebuild import rebuild_index
from tests.conformance import market, oracle
from tests.inventory import dealer

MULTAN = city_point("Multan")
TEXTS = (
    "corolla", "corola", "crolla", "coroll", "honda 2018", "hnda civic", "toyta", "mercdes", "merceedes benz", "2018",
    "2008", "201", "c180", "c18", "c181", "vw", "benz", "کرولا lhr", "wagonr", "gari for sale", "alto lahore",
    "genuine", "genuin", "toyota corola karachi", "civic corolla", "dha", "vxr alt", "raptr", "zzzz",
)  # fmt: skip


def some(values: list[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.one_of(st.just(()), st.just(()), st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple))


def bounds(name: str, low: list[int], high: list[int]) -> st.SearchStrategy[dict[str, int | None]]:
    pair = st.tuples(st.none() | st.sampled_from(low), st.none() | st.sampled_from(high))
    ordered = pair.filter(lambda one: one[0] is None or one[1] is None or one[0] <= one[1])
    return ordered.map(lambda one: {f"{name}_min": one[0], f"{name}_max": one[1]})


fields = st.fixed_dictionaries(
    {
        "make": some(["toyota", "HONDA", "mercedes benz", "Kia"]),
        "model": some(["Corolla", "wagon r", market.ODD_MODEL]),
        "city": some(["lahore", "Karachi", "atlantis"]), "province": some(["punjab", "Sindh"]),
        "body": some(list(Body)[:3]), "fuel": some(list(Fuel)[:3]), "transmission": some(list(Transmission)),
        "assembly": some(list(Assembly)), "color": some(list(Color)[:3]), "dealer": some(market.DEALERS),
        "deal_rating": some(list(DealRating)), "has_photos": st.sampled_from([None, None, True, False]),
        "near": st.sampled_from([None, None, Near(MULTAN, 0), Near(MULTAN, 400), Near(MULTAN, 1000)]),
    }
)  # fmt: skip
ranges = st.tuples(
    bounds("year", [1999, 2000, 2008], [2008, 2018, 3000]),
    bounds("price", [0, 100_000, 100_001], [100_000, 250_000, 2**70]),
    bounds("mileage", [0, 5_000], [0, 5_000, 2**70]),
)
filters_of = st.builds(lambda one, two: ListingFilters(**one, **two[0], **two[1], **two[2]), fields, ranges)


def all_pages(index: SearchEngine, query: dict[str, Any], audience: Audience) -> list[UUID]:
    found: list[UUID] = []
    cursor: str | None = None
    while True:
        page = index.search(SearchQuery(cursor=cursor, **query), audience)
        found += page.ids
        if (cursor := page.next_cursor) is None:
            return found


@pytest.fixture
def audiences(session: Session, index: SearchEngine) -> st.SearchStrategy[Audience]:
    """Anybody, after the market is in the index and before the oracle's eyes."""
    market.fill(session)
    rebuild_index(session, index)
    oracle.prepare(session, MULTAN)
    own = st.sampled_from([None, dealer(session, "malik-cars").id])
    anybody = st.builds(Audience, st.sampled_from(Channel), st.frozensets(st.sampled_from(Visibility)), own)
    return anybody | st.just(Audience.anonymous())


def test_hits_pages_and_totals(session: Session, index: SearchEngine, audiences: Any) -> None:
    texts = st.sampled_from(["", "", *TEXTS])

    @given(texts, filters_of, st.sampled_from(Sort), audiences, st.sampled_from([4, 15, 100]))
    @hypothesis_settings(max_examples=80)
    def probe(text: str, filters: ListingFilters, sort: Sort, audience: Audience, limit: int) -> None:
        rows = oracle.hits(session, text, filters, sort, audience)
        query: dict[str, Any] = {"text": text, "filters": filters, "sort": sort, "limit": limit, "origin": MULTAN}
        assert all_pages(index, query, audience) == [row.id for row in rows]
        assert index.search(SearchQuery(**query), audience).total == len(rows)

    probe()


def test_facets_count_without_their_own_filter(session: Session, index: SearchEngine, audiences: Any) -> None:
    @given(st.sampled_from(["", "", "corolla", "hnda", "2018"]), filters_of, audiences)
    @hypothesis_settings(max_examples=15)
    def probe(text: str, filters: ListingFilters, audience: Audience) -> None:
        page = index.search(SearchQuery(text, filters, facets=tuple(Facet)), audience)
        for facet, column in oracle.COLUMNS.items():
            others = oracle.hits(session, text, without(filters, facet), Sort.NEWEST, audience)
            counted = Counter(str(value) for row in others if (value := getattr(row, column)) is not None)
            assert {one.value: one.count for one in page.facets[facet]} == counted, facet
            assert page.facets[facet] == sorted(page.facets[facet], key=lambda one: (-one.count, one.value))

    probe()


def test_each_text_in_its_order(session: Session, index: SearchEngine, audiences: Any) -> None:
    everyone = Audience(Channel.AUTOMART, frozenset(Visibility))
    for text in TEXTS:
        rows = oracle.hits(session, text, ListingFilters(), Sort.RELEVANCE, everyone)
        assert index.search(SearchQuery(text, limit=100), everyone).ids == [row.id for row in rows], text


def test_counts_by_audience(session: Session, index: SearchEngine, audiences: Any) -> None:
    @given(audiences)
    @hypothesis_settings(max_examples=20)
    def probe(audience: Audience) -> None:
        assert index.count(audience) == len(oracle.hits(session, "", ListingFilters(), Sort.NEWEST, audience))

    probe()


def test_typeahead_offers_names_that_the_audience_can_see(
    session: Session, index: SearchEngine, audiences: Any
) -> None:
    typed = st.lists(st.sampled_from(["t", "toy", "corolla", "w", "wagon", "mult", "20", "benz", "c180"]), max_size=2)

    @given(typed, audiences)
    @hypothesis_settings(max_examples=40)
    def probe(words: list[str], audience: Audience) -> None:
        expected = oracle.names(session, words, audience)
        found = index.suggest(" ".join(words), audience, limit=50)
        if expected and not {"w", "benz"} & set(words):  # those also begin a known spelling
            assert {(one.kind.value, one.value): one.count for one in found} == expected
        everything = oracle.names(session, [], audience)
        assert all(everything[one.kind.value, one.value] == one.count for one in found)

    probe()


def without(filters: ListingFilters, facet: Facet) -> ListingFilters:
    """The filters but for those on the facet's own field, spelt out here."""
    values = {name: getattr(filters, name) for name in ListingFilters.__dataclass_fields__}
    own = {"year_min": None, "year_max": None} if facet is Facet.YEAR else {facet.value: ()}
    return ListingFilters(**values | own)
