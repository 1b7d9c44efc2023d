"""Reading is total and quick; what words add never takes away from explicit filters, nor from cars that meet it all."""

import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.access.audience import Audience
from core.search import ListingFilters, SearchQuery
from core.search.filters import DENIAL
from core.search.query import MAX_TEXT
from core.search.reading.asking import search_understood
from core.search.reading.lexicon import lexicon
from core.search.reading.reader import read
from core.search.reading.relaxation import Attempt, attempts
from core.search.tantivy import TantivyEngine
from core.search.words.folding import words
from core.vocabulary import Color
from tests.core.search.conftest import document
from tests.core.search.reading.conftest import CARS, STOCK
from tests.examples import examples

ANYONE = Audience.anonymous()
_SAID = [
    "corolla", "civik", "2018", "2015-18", "20 lakh", "tak", "se kam", "under", "black",
    "سفید", "لاہور", "karachi", "number", "7 seater", "1300cc", "1.5l", "gli", "spoiler",
    "jeep", "latest", "sasti", "2k12", "between", "and", "+", "not", "nahi", "or",
]  # fmt: skip
sentences = st.lists(st.sampled_from(_SAID), min_size=1, max_size=6).map(" ".join)


@given(
    st.text(max_size=MAX_TEXT)
    | sentences
    | st.lists(st.sampled_from("0123456789.,-+/ lkcm"), max_size=200).map("".join)
)
@example("\ud800 \x00 1" + "9" * 150)
@example("1 " * 100)
@example("2015-" * 40)
@example("sarhe " * 33)
@example("²³ ½ Ⅷ ۱۲۳۴۵۶۷۸۹۰ ٢٠")
@hypothesis_settings(max_examples=examples(300))
def test_any_text_has_a_reading_whose_spans_are_in_it(text: str) -> None:
    reading = read(text, STOCK)
    spans = [span for chip in reading.chips for span in chip.spans]
    spans += [one.span for one in (*reading.notes, *reading.words)]
    assert all(0 <= start <= stop <= len(text) for start, stop in spans)
    for attempt in attempts(reading, ListingFilters()):
        assert attempt.filters.tree() is not None


@pytest.mark.parametrize("text", ["corola 2k12 sarhe 15 lakh se 1 crore ", "x", "a b ", "krrolaa "])
def test_work_of_reading_grows_with_the_length_of_the_text_alone(text: str) -> None:
    read(text, STOCK)  # what is made once is made
    short, long = (calls(lambda size=size: read((text * MAX_TEXT)[:size], STOCK)) for size in (50, MAX_TEXT))
    assert long < 3 * short * MAX_TEXT / 50


def calls(work: Callable[[], object]) -> int:
    """Count the functions that a piece of work calls, in Python and in C."""
    count = 0

    def counted(_frame: object, event: str, _arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


explicit = st.builds(
    ListingFilters,
    make=st.sampled_from([(), ("Honda",)]),
    color=st.sampled_from([(), (Color.RED,)]),
    city=st.sampled_from([(), ("Multan",)]),
    year_min=st.sampled_from([None, 2010]),
    price_max=st.sampled_from([None, 1_000_000]),
)


@given(sentences, explicit)
@hypothesis_settings(max_examples=examples(150))
def test_no_attempt_changes_an_explicit_filter(text: str, given_filters: ListingFilters) -> None:
    asked: list[SearchQuery] = []

    class Engine:
        def vocabulary(self, _: Audience) -> Any:
            return STOCK

        def search(self, query: SearchQuery, _: Audience) -> Any:
            asked.append(query)
            return type("Page", (), {"total": 0, "ids": []})()

    search_understood(Engine(), SearchQuery(text, given_filters), ANYONE)  # type: ignore[arg-type]
    for name in ("make", "color", "city"):
        wanted = getattr(given_filters, name)
        assert not wanted or all(getattr(query.filters, name) == wanted for query in asked)
    if given_filters.year_min is not None:
        assert {(query.filters.year_min, query.filters.year_max) for query in asked} == {(2010, None)}
    if given_filters.price_max is not None:
        assert {(query.filters.price_min, query.filters.price_max) for query in asked} == {(None, 1_000_000)}


@given(sentences)
@hypothesis_settings(max_examples=examples(200))
def test_every_attempt_asks_for_no_more_than_the_strictest(text: str) -> None:
    strictest, *others = attempts(read(text, STOCK), ListingFilters())
    for other in others:
        allowed = set(strictest.text.split()) | set(words(" ".join(strictest.filters.city)))
        assert set(other.text.split()) <= allowed  # a city may be looked for as words, for an area of that name
        assert _contains(other, strictest)


def test_a_car_in_stock_comes_first_for_its_make_model_and_year(tmp_path: Any) -> None:
    index = TantivyEngine(tmp_path / "search")
    with index.rebuilding() as batch:
        batch.upsert(
            document(make=make, model=model, variant=variant, model_year=year, title=f"{make} {model} {year}")
            for make, model, variant, _ in CARS
            for year in (2001, 2008, 2019)
        )
    for make, model, *_ in CARS:
        for year in (2001, 2008, 2019):
            named = f"{make} {model} {year}"
            expected = set(index.search(SearchQuery(filters=ListingFilters(
                make=(make,), model=(model,), year_min=year, year_max=year)), ANYONE).ids)  # fmt: skip
            for text in (named, named.lower(), f"{year} {make} {model}"):
                assert search_understood(index, SearchQuery(text), ANYONE).page.ids[0] in expected, text


def test_pages_of_a_relaxed_search_are_cut_from_one_attempt(tmp_path: Any) -> None:
    index = TantivyEngine(tmp_path / "search")
    with index.rebuilding() as batch:
        batch.upsert(document(model_year=2000 + number) for number in range(9))
    first = search_understood(index, SearchQuery("black corolla spoiler", limit=4), ANYONE)
    assert [one.text for one in first.understood.relaxed] == ["spoiler", "color"]
    found, cursor = list(first.page.ids), first.page.next_cursor
    while cursor is not None:
        page = search_understood(index, SearchQuery("black corolla spoiler", limit=4, cursor=cursor), ANYONE).page
        found, cursor = found + page.ids, page.next_cursor
    assert len(found) == len(set(found)) == 9


def test_one_of_two_words_gives_way_before_both_do(tmp_path: Any) -> None:
    index = TantivyEngine(tmp_path / "search")
    with index.rebuilding() as batch:
        batch.upsert(
            document(variant=trim, model_year=year) for trim in ("GLi", "Altis Grande") for year in (2015, 2016)
        )
    for text in ("corolla gli grande", "corolla grande gli"):  # no car has both
        found = search_understood(index, SearchQuery(text), ANYONE)
        assert ([one.text for one in found.understood.relaxed], found.page.total) == ([text.split()[-1]], 2)


def test_words_that_nothing_has_find_nothing(tmp_path: Any) -> None:
    index = TantivyEngine(tmp_path / "search")
    with index.rebuilding() as batch:
        batch.upsert([document()])
    assert search_understood(index, SearchQuery("qqqq"), ANYONE).page.total == 0
    assert search_understood(index, SearchQuery("!?"), ANYONE).page.total == 0
    assert search_understood(index, SearchQuery("qqqq i want to buy a car"), ANYONE).page.total == 1


def test_area_that_is_called_like_a_city_is_found(tmp_path: Any) -> None:
    index = TantivyEngine(tmp_path / "search")
    near = document(city="Peshawar", area="Hayatabad", model="Vitz", title="Vitz")
    with index.rebuilding() as batch:
        batch.upsert([near, document(city="Hayatabad", model="Alto", title="Alto"), document(model="Vitz", title="V")])
    found = search_understood(index, SearchQuery("vitz hayatabad"), ANYONE)
    assert found.page.ids == [near.id]
    assert [(one.what, one.widened) for one in found.understood.relaxed] == [("city", True)]


def test_lexicon_is_folded_and_names_fields_and_values_that_exist() -> None:
    for meaning in lexicon().meanings.values():
        values = dict(meaning)
        values.pop("sort", None)
        for name in ("year", "mileage", "engine_cc"):
            low, high = values.pop(name, (0, 1))
            assert low < high
        filters = ListingFilters(**{name: tuple(value) for name, value in values.items()})
        assert filters.tree().parts or meaning.keys() - values.keys()
    tables = [lexicon().before, lexicon().after, lexicon().numbers, lexicon().amounts, lexicon().meanings]
    assert all(phrase and all(phrase) for table in tables for phrase in table)


@pytest.mark.parametrize(("smaller", "greater"), list(pairwise(sorted(lexicon().amounts.values()))))
def test_amounts_are_whole_powers_of_ten(smaller: int, greater: int) -> None:
    assert greater % smaller == 0


def _contains(wider: Attempt, narrower: Attempt) -> bool:
    """Whether every listing that meets the narrower filters meets the wider ones."""
    for name in ListingFilters.__dataclass_fields__:
        wide, narrow = getattr(wider.filters, name), getattr(narrower.filters, name)
        if wide is None or wide == () or wide == narrow:
            continue
        if name.endswith("_min"):
            assert narrow is not None and wide <= narrow, name  # noqa: PT018
        elif name.endswith("_max"):
            assert narrow is not None and wide >= narrow, name  # noqa: PT018
        elif name.startswith(DENIAL):
            assert set(wide) <= set(narrow), name
        else:
            assert set(wide) >= set(narrow) != set(), name
    return True
