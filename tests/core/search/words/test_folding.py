"""Words are the same on both sides of a search, and the rules for prefixes and typos are what they say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.search.words.folding import allowed_typos, fold, may_be_prefix, words
from core.search.words.query_terms import QueryTerm, parse_query


@given(st.text())
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert words(" ".join(words(text))) == words(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Citroën  C3", ["citroen", "c3"]),
        ("Mercedes-Benz C180, 1.6", ["mercedes", "benz", "c180", "1", "6"]),
        ("ＳＵＺＵＫＩ wagon_r", ["suzuki", "wagon", "r"]),
        ("🙂 -- !", []),
    ],
)
def test_words_are_folded_runs_of_letters_and_digits(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_typos_are_forgiven_by_length_and_never_in_numbers() -> None:
    assert [allowed_typos(word) for word in ("gli", "alto", "corolla", "mercedes")] == [0, 1, 1, 2]
    assert [allowed_typos(word) for word in ("2018", "660cc", "c180abcdef")] == [0, 0, 0]


def test_numbers_and_single_letters_are_no_prefixes() -> None:
    assert [may_be_prefix(word) for word in ("20", "r", "co", "660c")] == [False, False, True, True]


def test_stop_words_are_dropped() -> None:
    assert parse_query("Cars for sale in Lahore") == [QueryTerm(("lahore",))]
