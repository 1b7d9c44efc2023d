"""Typeahead: what a shopper may mean, from the stock that the shopper can see."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.access.audience import Audience
from core.errors import InvalidInputError
from core.search.tantivy import TantivyEngine
from core.search.words.folding import words
from core.search.words.typeahead import SuggestIndex, Suggestion, SuggestionKind
from core.vocabulary import Channel, Visibility
from tests.core.search.conftest import Fill, document
from tests.examples import examples

ANYONE = Audience.anonymous()
STOCK: dict[str, dict[str, Any]] = {
    "gli": {"variant": "GLi"},
    "xli": {"variant": "XLi"},
    "civic": {"make": "Honda", "model": "Civic", "city": "Karachi"},
    "city": {"make": "Honda", "model": "City"},
    "polo": {"make": "Volkswagen", "model": "Polo", "city": None},
    "secret": {"make": "Ferrari", "model": "F40", "visibility": "private"},
}


def values(index: TantivyEngine, typed: str, audience: Audience = ANYONE) -> list[str]:
    return [one.value for one in index.suggest(typed, audience)]


def test_names_that_begin_as_typed_come_most_frequent_first(index: TantivyEngine, fill: Fill) -> None:
    fill(**STOCK)
    assert index.suggest("toy", ANYONE) == [
        Suggestion(SuggestionKind.MAKE, "Toyota", 2),
        Suggestion(SuggestionKind.MODEL, "Toyota Corolla", 2),
        Suggestion(SuggestionKind.VARIANT, "Toyota Corolla GLi", 1),
        Suggestion(SuggestionKind.VARIANT, "Toyota Corolla XLi", 1),
    ]
    assert values(index, "ci") == ["Honda City", "Honda Civic"]
    assert values(index, "hon civ") == values(index, "civ ho") == ["Honda Civic"]
    assert values(index, "LAH") == ["Lahore"]
    assert values(index, "")[:2] == ["Lahore", "Honda"]  # nothing typed: the most frequent of all
    assert values(index, "!") == []
    assert [one.count for one in index.suggest("lahore", ANYONE)] == [3]


def test_typos_are_forgiven_where_no_name_has_the_prefix(index: TantivyEngine, fill: Fill) -> None:
    fill(**STOCK)
    for typed in ("corlla", "corolal", "toyta cor", "toyta corrol"):
        assert values(index, typed)[0] == "Toyota Corolla", typed
    assert values(index, "civc") == ["Honda Civic"]
    assert values(index, "cvi") == []  # three letters are taken as they are
    assert values(index, "crll") == []  # two typos


def test_known_spellings_stand_for_names(index: TantivyEngine, fill: Fill) -> None:
    fill(**STOCK)
    assert values(index, "vw")[0] == "Volkswagen"
    assert values(index, "کرو")[0] == "Toyota Corolla"
    assert values(index, "ٹویوٹا کرولا") == ["Toyota Corolla", "Toyota Corolla GLi", "Toyota Corolla XLi"]
    assert values(index, "lhr") == ["Lahore"]


def test_only_what_the_audience_sees_is_offered_and_counted(index: TantivyEngine, fill: Fill) -> None:
    fill(**STOCK)
    owner = Audience(Channel.AUTOMART, frozenset({Visibility.PUBLIC}), document().org_id)
    wholesale = Audience(Channel.AUTOTRADER, frozenset(Visibility))
    assert values(index, "ferr") == []
    assert values(index, "ferr", owner) == ["Ferrari", "Ferrari F40"]
    assert values(index, "", wholesale) == []


def test_a_change_is_offered_and_a_sold_car_is_not(index: TantivyEngine, fill: Fill) -> None:
    cars = fill(**STOCK)
    assert values(index, "polo") == ["Volkswagen Polo"]
    with index.updating() as batch:
        batch.delete([cars["polo"], cars["gli"]])
        batch.upsert([document(make="Kia", model="Picanto")])
    assert values(index, "polo") == []
    assert values(index, "pic") == ["Kia Picanto"]
    assert index.suggest("toyota", ANYONE)[0] == Suggestion(SuggestionKind.MAKE, "Toyota", 1)


def test_spellings_of_one_name_are_one_suggestion() -> None:
    names = SuggestIndex(
        [(SuggestionKind.MAKE, "KIA", 2), (SuggestionKind.MAKE, "Kia", 5), (SuggestionKind.CITY, "Kia", 1)]
    )
    assert names.find("ki", 5) == [Suggestion(SuggestionKind.MAKE, "Kia", 7), Suggestion(SuggestionKind.CITY, "Kia", 1)]


def test_limit_and_length_out_of_bounds_are_refused(index: TantivyEngine, fill: Fill) -> None:
    fill(**STOCK)
    assert len(index.suggest("", ANYONE, 3)) == 3
    for typed, limit, code in (("a", 0, "invalid_limit"), ("a", 51, "invalid_limit"), ("a" * 201, 5, "invalid_text")):
        with pytest.raises(InvalidInputError) as caught:
            index.suggest(typed, ANYONE, limit)
        assert caught.value.code == code


NAMES = ["Toyota Corolla", "Toyota Corona", "Honda City", "Honda Civic", "Suzuki Alto", "BYD Atto 3", "Zzz Zzzz"]


@given(st.lists(st.text("acdhilnortuyz3", min_size=1, max_size=5), min_size=1, max_size=3))
@hypothesis_settings(max_examples=examples(300))
def test_beginnings_are_found_as_a_plain_scan_finds_them(typed: list[str]) -> None:
    index = SuggestIndex([(SuggestionKind.MODEL, name, 100 - rank) for rank, name in enumerate(NAMES)])
    expected = [name for name in NAMES if all(any(word.startswith(one) for word in words(name)) for one in typed)]
    if expected:
        assert [one.value for one in index.find(" ".join(typed), 50)] == expected
