"""Filters mean what the typed tree means, whatever the values are; judged by a parser that is not ours."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.access.audience import Audience
from core.search import ListingFilters
from core.search.audience_filter import filter_of
from core.search.filters import AllOf, AnyOf, Between, Filter, Near, NoneOf, NumberField, SomeOf, TermField
from core.search.meilisearch.expressions import (
    NOTHING,
    after,
    compile_filter,
    every,
    is_any,
    some,
    starts_with,
    without,
)
from core.search.meilisearch.schema import encoded, index_document
from core.search.paging.sort_keys import sort_key
from core.search.places import city_point
from core.search.words.folding import fold
from core.vocabulary import Channel, Visibility
from tests.core.search.conftest import document
from tests.meilisearch_server.documents import Stored, meets
from tests.meilisearch_server.grammar import All, Condition, Not, parse

NASTY = ['" OR id EXISTS OR make = "', "' OR 1=1 --", "\\", "\\\\", '\\"', 'a\\" OR "', "%22", "%", "] OR make EXISTS",
         "\x00", "\n", "NOT", "_geoRadius(1,2,3)", "a, b", "", " ", "ßẞ", "x" * 999, "کرولا"]  # fmt: skip
texts = st.text(max_size=40) | st.sampled_from(NASTY) | st.text(alphabet="\\\"'%] OR=", max_size=12)
LAHORE = city_point("Lahore")


@given(texts)
def test_encoded_value_cannot_end_its_quotes_nor_become_an_operator(value: str) -> None:
    """It can neither end its quotes nor become an operator."""
    assert parse(is_any("make", [value])) == Condition("make", "in", (encoded(value),))
    assert parse(starts_with("words", value)) == Condition("words", "starts", (encoded(value),))
    both = parse(every([is_any("channel", ["automart"]), is_any("make", [value])]))
    assert both == All((Condition("channel", "in", ("automart",)), Condition("make", "in", (encoded(value),))))


@given(texts, texts)
@example('"', "%22")
@example("x" * 999, "x" * 998)
def test_different_values_stay_different(one: str, other: str) -> None:
    same = one.encode(errors="ignore") == other.encode(errors="ignore")
    assert (encoded(one) == encoded(other)) is same


@given(texts.map(fold).filter(bool), texts.map(fold))
def test_listing_is_found_by_its_own_value_and_no_other(mine: str, other: str) -> None:
    stored = Stored(index_document(document(make=mine)))
    assert meets(stored, parse(compile_filter(AnyOf(TermField.MAKE, (mine,)))))
    assert meets(stored, parse(compile_filter(AnyOf(TermField.MAKE, (other,))))) is (mine == other)


terms = st.builds(
    AnyOf,
    st.sampled_from([TermField.MAKE, TermField.CITY, TermField.VISIBILITY, TermField.CHANNEL]),
    # Folded, as the values of every tree are: Meilisearch ignores case, so it would find more of those that are not.
    st.lists(
        st.sampled_from(["toyota", "honda", "lahore", "public", "private", "automart", *map(fold, NASTY)]), max_size=3
    ).map(tuple),
)
sides = st.none() | st.sampled_from([-(2**70), -1, 0, 4, 5, 6, 2**53, 2**63, 10**400])
spans = st.builds(Between, st.sampled_from(NumberField), sides, sides)
nears = st.builds(Near, st.just(LAHORE), st.sampled_from([0, 50, 2000]))
trees: st.SearchStrategy[Filter] = st.recursive(
    terms | terms.map(lambda one: NoneOf(one.field, one.values)) | spans | nears,
    lambda inner: (
        st.builds(AllOf, st.lists(inner, max_size=3).map(tuple))
        | st.builds(SomeOf, st.lists(inner, max_size=3).map(tuple))
    ),
    max_leaves=8,
)
cars = st.builds(
    document,
    make=st.sampled_from(["Toyota", "Honda", *(one for one in NASTY if fold(one))]),
    city=st.sampled_from(["Lahore", "Karachi", "Atlantis", None]),
    visibility=st.sampled_from(["public", "private"]),
    channels=st.sampled_from([("automart",), (), ("autotrader",)]),
    price_pkr=st.sampled_from([None, 0, 5, 2**53]),
    mileage_km=st.sampled_from([None, 0, 5]),
    model_year=st.sampled_from([4, 5, 2018]),
)


def matches(node: Filter, car: Any) -> bool:
    """Evaluate the tree in Python."""
    match node:
        case AnyOf(field, values):
            own = car.channels if field is TermField.CHANNEL else (getattr(car, field.value),)
            return any(value is not None and fold(value) in values and value != "" for value in own)
        case NoneOf(field, values):
            return not matches(AnyOf(field, values), car)
        case Between(field, low, high):
            numbers = {"year": car.model_year, "price": car.price_pkr, "mileage": car.mileage_km}
            value = (numbers | {"engine_cc": car.engine_cc})[field.value]
            return value is not None and (low is None or low <= value) and (high is None or value <= high)
        case Near(_, radius):
            return car.city == "Lahore" or (car.city == "Karachi" and radius > 1100)
        case AllOf(parts):
            return all(matches(part, car) for part in parts)
        case SomeOf(parts):
            return any(matches(part, car) for part in parts)
    raise AssertionError(node)


@given(trees, cars)
def test_compiled_filter_matches_what_the_tree_matches(tree: Filter, car: Any) -> None:
    assert meets(Stored(index_document(car)), parse(compile_filter(tree))) is matches(tree, car)


@given(trees, st.frozensets(st.sampled_from(Visibility)), st.none() | st.uuids())
def test_nothing_in_a_filter_can_widen_the_audience(tree: Filter, visibilities: Any, org: Any) -> None:
    audience = Audience(Channel.AUTOMART, visibilities, org)
    unseen = Stored(index_document(document(channels=("autotrader",), org_id=org or document().org_id)))
    both = every([compile_filter(filter_of(audience)), compile_filter(tree)])
    assert not meets(unseen, parse(both))


def test_all_of_nothing_matches_everything_and_any_of_nothing_matches_nothing() -> None:
    car = Stored(index_document(document()))
    assert not meets(car, parse(NOTHING))
    assert meets(car, parse(every([])))
    assert not meets(car, parse(some([])))
    assert meets(car, parse(compile_filter(ListingFilters().tree())))
    assert parse(without("a = 1", "b = 2")) == All((Condition("a", "=", ("1",)), Not(Condition("b", "=", ("2",)))))


@pytest.mark.parametrize("ascending", [True, False])
def test_keys_after_a_key_are_those_that_follow_in_the_sort(ascending: bool) -> None:
    cars = [document(price_pkr=price) for price in (100, 200, 200, 300)]
    ordered = sorted(cars, key=lambda one: sort_key(one.price_pkr or 0, one.id.hex), reverse=not ascending)
    for at, car in enumerate(ordered):
        rest = parse(after("price", sort_key(car.price_pkr or 0, car.id.hex), ascending=ascending))
        assert [one for one in ordered if meets(Stored(index_document(one)), rest)] == ordered[at + 1 :]
