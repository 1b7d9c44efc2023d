"""Whatever is typed, the engines say the same: hits in order, total, names to complete it with."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.access.audience import Audience
from core.search import SearchEngine, SearchQuery
from core.search.meilisearch import MeilisearchEngine, MeilisearchServer
from core.search.reading.asking import search_understood
from core.search.tantivy import TantivyEngine
from tests.core.search.conftest import document
from tests.examples import examples

ANYONE = Audience.anonymous()
MODELS = ["Corolla", "Corola X", "Corollas", "Civic", "Civik", "City", "Alto", "Mercedes C180", "2018", "Ælfrēd 9-5",
          'F-150 "Raptor" \\', "ہلکس"]  # fmt: skip
ABOUT = ["Toyota genuine, corolla alloys", None, "کرولا لاہور ۲۰۱۸ Benz", 'it\'s 100% "clean"']
WORDS = "corolla civic city alto mercedes c180 2018 toyota 150 benz genuine raptor clean کرولا ہلکس ۲۰۱۸ ælfrēd"


def mangled(word: str, place: int, letter: str, kind: int) -> str:
    at = place % len(word)
    start, rest = word[:at], word[at + 1 :]
    return [word, start + rest, start + letter + word[at:], start, start + letter + rest][kind]


typed = st.builds(
    mangled, st.sampled_from(WORDS.split()), st.integers(0, 9), st.sampled_from("abcz08ہ"), st.integers(0, 4)
)
texts = st.lists(typed, min_size=1, max_size=3).map(" ".join) | st.text(max_size=30)


@pytest.fixture
def engines(meilisearch: MeilisearchServer, tmp_path: Path) -> Iterator[tuple[SearchEngine, SearchEngine]]:
    name = f"listings_conformance_{uuid.uuid4().hex}"
    both = TantivyEngine(tmp_path / "search"), MeilisearchEngine(meilisearch, name, tmp_path / "lock")
    documents = [
        document(model=model, description=ABOUT[number % 4], model_year=year, fresh_on=date(2026, 1, 1 + number % 3))
        for number, model in enumerate(MODELS * 4)
        for year in (2008, 2018)
    ]
    for engine in both:
        with engine.rebuilding() as batch:
            batch.upsert(documents)
    yield both
    meilisearch.wait([meilisearch.client.delete_index(one) for one in meilisearch.index_names() if name in one])


def test_engines_agree_on_any_text(engines: tuple[SearchEngine, SearchEngine]) -> None:
    embedded, served = engines

    @given(texts)
    @example('" OR make EXISTS')
    @example("\\")
    @example("corolla\x00civic\ud800")
    @hypothesis_settings(max_examples=examples(80))
    def probe(text: str) -> None:
        expected, page = (engine.search(SearchQuery(text, limit=100), ANYONE) for engine in (embedded, served))
        assert (page.ids, page.total) == (expected.ids, expected.total)
        assert served.suggest(text, ANYONE) == embedded.suggest(text, ANYONE)

    probe()


def test_engines_agree_on_what_is_understood(engines: tuple[SearchEngine, SearchEngine]) -> None:
    embedded, served = engines
    asked = ("corola 2018", "civic after 2010", "honda civic 2008 se pehle", "black corolla spoiler",
             "alto under 40 lac", "mercedes c180 sunroof", "کرولا لاہور", "islamabad corolla", "zzzz", "cheap city",
             "genuine gari")  # fmt: skip
    for text in asked:
        query = SearchQuery(text, limit=5)
        expected, found = (search_understood(engine, query, ANYONE) for engine in (embedded, served))
        assert found.understood == expected.understood, text
        assert (found.page.ids, found.page.total) == (expected.page.ids, expected.page.total), text
        if expected.page.next_cursor is not None:
            following = [
                search_understood(engine, replace(query, cursor=one.page.next_cursor), ANYONE).page.ids
                for engine, one in ((embedded, expected), (served, found))
            ]
            assert following[0] == following[1] != [], text
