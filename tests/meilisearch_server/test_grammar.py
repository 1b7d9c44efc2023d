"""The test server judges our filters, so it is judged first: by what Meilisearch's documentation says of its own."""

import pytest

from tests.meilisearch_server.documents import Stored, check_attributes, meets
from tests.meilisearch_server.grammar import All, Condition, FilterError, Near, Not, Some, parse
from tests.meilisearch_server.problems import ProblemError
from tests.meilisearch_server.settings import DEFAULTS

A, B, C = (Condition(name, "=", (value,)) for name, value in (("a", "1"), ("b", "2"), ("c", "3")))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a = 1", A),
        ("a != 1", Not(A)),
        ("a = 1 AND b = 2 OR c = 3", Some((All((A, B)), C))),
        ("a = 1 AND (b = 2 OR c = 3)", All((A, Some((B, C))))),
        ("NOT a = 1 AND b = 2", All((Not(A), B))),
        ("NOT (a = 1 AND b = 2)", Not(All((A, B)))),
        ("director = 'Jordan Peele'", Condition("director", "=", ("Jordan Peele",))),
        (r'title = "say \"OR\""', Condition("title", "=", ('say "OR"',))),
        ("genres IN [horror, 'dark comedy',]", Condition("genres", "in", ("horror", "dark comedy"))),
        ("genres IN []", Condition("genres", "in", ())),
        ("genres NOT IN [horror]", Not(Condition("genres", "in", ("horror",)))),
        ("rating 80 TO 89", Condition("rating", "to", ("80", "89"))),
        ("rating >= -5", Condition("rating", ">=", ("-5",))),
        ("date NOT EXISTS", Not(Condition("date", "exists"))),
        ("date IS NOT NULL", Not(Condition("date", "null"))),
        ("date IS EMPTY", Condition("date", "empty")),
        ("name STARTS WITH kef", Condition("name", "starts", ("kef",))),
        ("NOT name STARTS WITH 'a b'", Not(Condition("name", "starts", ("a b",)))),
        ("_geoRadius(31.5, 74.3, 2000)", Near(31.5, 74.3, 2000.0)),
        ('"OR" EXISTS', Condition("OR", "exists")),
        ("  ", None),
    ],
)
def test_documented_filters_are_understood(text: str, tree: object) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    "text",
    [
        "a", "a =", "a = 1 b = 2", "a = 1 AND", "OR", "a = OR", "(a = 1", "a = 1)", 'a = "1', "a IN [1", "a IN 1",
        "a IS 1", "a IN [1 2]", "a STARTS 1", "a CONTAINS 1", "_geoRadius(1, 2)", "a == 1", 'a = "\\q"',
        "(" * 60 + "a = 1" + ")" * 60, "a = 🚗", "a = 1; b = 2",
    ],
)  # fmt: skip
def test_text_that_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(FilterError):
        parse(text)


def test_attributes_and_operators_that_the_settings_do_not_allow_are_refused() -> None:
    rule = {"attributePatterns": ["b"], "features": {"facetSearch": False, "filter": {"equality": True}}}
    rule["features"]["filter"]["comparison"] = False  # type: ignore[index]
    settings = DEFAULTS | {"filterableAttributes": ["a", rule]}
    check_attributes(parse("a > 1 AND b = 1 AND b EXISTS"), settings)
    for text in ("c = 1", "NOT (a = 1 OR c = 1)", "b > 1", "b 1 TO 2", "_geoRadius(1, 2, 3)"):
        with pytest.raises(ProblemError) as caught:
            check_attributes(parse(text), settings)
        assert caught.value.body["code"] == "invalid_search_filter"


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("make = TOYOTA", True), ("make IN [honda, toyota]", True), ("make != toyota", False), ("price > 4", True),
        ("price > 5", False), ("price 5 TO 6", True), ("make > t", True), ("make < t", False), ("words = b", True),
        ("words STARTS WITH B", True), ("words NOT EXISTS", False), ("city = x", False), ("NOT city = x", True),
        ("city EXISTS", True), ("city IS NULL", True), ("color EXISTS", False), ("sold = true", True),
        ("make = \" Toyota \"", True), ("price = 5.0", True), ("make = toyot", False),
    ],
)  # fmt: skip
def test_filters_mean_what_the_documentation_says(text: str, holds: bool) -> None:
    stored = Stored({"make": "Toyota", "price": 5, "words": ["a", "b"], "city": None, "sold": True})
    assert meets(stored, parse(text)) is holds
