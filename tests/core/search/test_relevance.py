"""Exact before prefix before typo; within a tier the newest first."""

from datetime import date

from core.search.tantivy import TantivyEngine
from tests.core.search.conftest import Fill, ids


def test_exact_comes_before_prefix_and_prefix_before_typo(index: TantivyEngine, fill: Fill) -> None:
    cars = fill(
        typo={"model": "Corola", "fresh_on": date(2026, 6, 4)},
        prefix={"model": "Corollax", "fresh_on": date(2026, 6, 3)},
        elsewhere={"model": "Yaris", "area": "Corolla Road", "fresh_on": date(2026, 6, 2)},
        exact={"model": "Corolla", "fresh_on": date(2026, 6, 1)},
        other={"model": "Yaris"},
    )
    assert ids(index, "corolla") == [cars[name] for name in ("exact", "elsewhere", "prefix", "typo")]


def test_newest_comes_first_among_equals(index: TantivyEngine, fill: Fill) -> None:
    cars = fill(old={"fresh_on": date(2025, 1, 1)}, new={"fresh_on": date(2026, 1, 1)})
    assert ids(index, "corolla") == [cars["new"], cars["old"]]


def test_misspelt_words_find_the_car(index: TantivyEngine, fill: Fill) -> None:
    cars = fill(
        corolla={}, civic={"make": "Honda", "model": "Civic"}, mercedes={"make": "Mercedes Benz", "model": "C180"}
    )
    for text in ("corola", "corollla", "croolla", "toyta corolla", "COROLLA", "coro"):
        assert ids(index, text) == [cars["corolla"]], text
    for text in ("hnda civic", "civc", "honda civik"):
        assert ids(index, text) == [cars["civic"]], text
    assert ids(index, "mercdse") == []  # two edits, seven letters
    assert ids(index, "mercedse") == ids(index, "merxedex") == [cars["mercedes"]]


def test_a_year_matches_that_year_only(index: TantivyEngine, fill: Fill) -> None:
    cars = fill(y2018={"model_year": 2018}, y2008={"model_year": 2008}, y2019={"model_year": 2019})
    assert ids(index, "corolla 2018") == [cars["y2018"]]
    assert ids(index, "201") == []


def test_every_word_must_match_somewhere(index: TantivyEngine, fill: Fill) -> None:
    cars = fill(
        lahore={"body": "sedan", "color_raw": "Pearl White"}, karachi={"city": "Karachi"}, swift={"model": "Swift"}
    )
    assert ids(index, "white corolla for sale in lahore") == [cars["lahore"]]
    assert ids(index, "corolla peshawar") == []


def test_text_without_words_matches_nothing_and_no_text_everything(index: TantivyEngine, fill: Fill) -> None:
    fill(one={}, two={})
    assert ids(index, "!? 🙂") == []
    assert len(ids(index, "  ")) == len(ids(index, "cars for sale")) == 2
