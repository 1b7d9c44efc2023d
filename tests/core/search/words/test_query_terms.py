"""What people type stands for what the stock calls it."""

import pytest

from core.search.tantivy import TantivyEngine
from core.search.words.folding import fold, words
from core.search.words.query_terms import QueryTerm, parse_query, stop_words, synonyms
from tests.core.search.conftest import Fill, ids

SPELLINGS = [
    ("vw", "Volkswagen"), ("merc", "Mercedes Benz"), ("benz", "Mercedes"), ("کرولا", "Corolla"), ("كرولا", "Corolla"),
    ("ہنڈا", "Honda"), ("هنڈا", "Honda"), ("سوزوکی", "Suzuki"), ("مہران", "Mehran"), ("karola", "Corolla"),
    ("wagonr", "Wagon R"), ("g.l.i", "GLi"), ("ڈائی ہاٹسو", "Daihatsu"), ("land cruser", "Land Cruiser"),
]  # fmt: skip
CITIES = [
    ("لاہور", "Lahore"),
    ("isb", "Islamabad"),
    ("pindi", "Rawalpindi"),
    ("اسلام آباد", "Islamabad"),
    ("khi", "Karachi"),
]


@pytest.mark.parametrize(("typed", "meant"), SPELLINGS)
def test_spellings_find_what_they_stand_for(index: TantivyEngine, fill: Fill, typed: str, meant: str) -> None:
    cars = fill(meant={"make": "Any", "model": meant, "title": "x"}, other={"make": "Other", "model": "Yaris"})
    assert ids(index, typed) == [cars["meant"]]


@pytest.mark.parametrize(("typed", "meant"), CITIES)
def test_spellings_of_cities_find_them(index: TantivyEngine, fill: Fill, typed: str, meant: str) -> None:
    cars = fill(meant={"city": meant}, other={"city": "Sukkur"})
    assert ids(index, typed) == ids(index, f"corolla gaari {typed}") == [cars["meant"]]


def test_a_spelling_is_no_typo_and_no_beginning_of_what_it_stands_for(index: TantivyEngine, fill: Fill) -> None:
    cars = fill(typo={"make": "Volkswagon"}, exact={"make": "Volkswagen"}, vw={"model": "VW"})
    assert set(ids(index, "vw")) == {cars["exact"], cars["vw"]}


def test_digits_of_any_script_are_numbers(index: TantivyEngine, fill: Fill) -> None:
    cars = fill(y2018={"model_year": 2018}, y2008={"model_year": 2008})
    assert ids(index, "کرولا ۲۰۱۸") == ids(index, "corolla ٢٠١٨") == [cars["y2018"]]


def test_the_longest_spelling_makes_one_term() -> None:
    assert parse_query("merc benz white") == [QueryTerm(("merc", "benz"), (("mercedes",),)), QueryTerm(("white",))]
    assert parse_query("gaari for sale") == parse_query("") == []
    assert parse_query("?!") is None
    assert len(parse_query("x " * 50) or []) == 12


def test_synonyms_and_stop_words_can_be_typed_and_exclude_each_other() -> None:
    for typed, meanings in synonyms().items():
        assert typed not in meanings
        assert all(meanings)
        assert not set(typed) & stop_words(), typed  # such a spelling could never be typed
    assert not stop_words() & set(words("Toyota Honda Suzuki Kia Audi City Civic Alto Mira Lahore"))
    assert all(fold(word) == word for word in stop_words())


@pytest.mark.parametrize(
    ("text", "typed", "joined"),
    [
        ("cr-v", ("cr", "v"), ("crv",)), ("cr/v 2018", ("cr", "v"), ("crv",)), ("b.m.w", ("b", "m", "w"), ("bmw",)),
        ("audi a 4", ("a", "4"), ("a4",)), ("hyundai i 10", ("i", "10"), ("i10",)),
    ],
)  # fmt: skip
def test_parts_written_together_also_stand_for_the_word_without_signs(
    text: str, typed: tuple[str, ...], joined: tuple[str, ...]
) -> None:
    found = next(term for term in parse_query(text) or [] if term.typed == typed)
    assert joined in found.stands_for
    assert not any(found.may_begin(word) for word in typed)


def test_signs_between_numbers_or_in_long_texts_join_nothing() -> None:
    assert [term.stands_for for term in parse_query("1.6") or []] == [()]
    assert [term.typed for term in parse_query("u2.v3.w4.x5") or []] == [("u2",), ("v3",), ("w4",), ("x5",)]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("a class", True),
        ("audi a 4", True),
        ("a car", False),
        ("need a 7 seater", False),
        ("a", False),
        ("in a", False),
    ],
)
def test_letter_of_a_name_is_asked_for_and_other_letters_are_not(text: str, asked: bool) -> None:
    assert any("a" in term.typed for term in parse_query(text) or []) is asked
