"""Matches of any text equal what the rules say, word by word, computed here without an index."""

import itertools
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.search import ListingDocument, SearchEngine
from core.search.words.folding import words
from tests.core.search.conftest import document, ids
from tests.examples import examples

MODELS = [
    "Corolla",
    "Corola",
    "Corollas",
    "Civic",
    "Civik",
    "City",
    "Alto",
    "Auto",
    "Mercedes C180",
    "Merzedez",
    "2018",
]
AREAS = ["Corolla Road", "DHA Phase 5", "Model Town", None]
ABOUT = ["Toyota genuine, corolla alloys", None, "کرولا لاہور Benz"]
NOT_ASKED = {"a", "and", "car", "cars", "for", "in", "of", "sale", "the", "with", "gari", "گاڑی"}
MEANT = {"benz": [["mercedes"]], "lhr": [["lahore"]], "isb": [["islamabad"]], "کرولا": [["corolla"]]}


@cache
def edits(one: str, other: str) -> int:
    """Count the insertions, deletions, replacements and swaps of neighbours that turn one into the other."""
    table = [[i + j if i * j == 0 else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            same = one[i - 1] == other[j - 1]
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (not same))
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


@cache
def level(word: str, made: ListingDocument) -> int:
    """1 names the car, 2 exact in a column, 3 in the description, 4 prefix, 5 typo, 9 no match."""
    letters = not any(char.isdigit() for char in word)
    allowed = 0 if not letters or len(word) < 4 else 1 if len(word) < 8 else 2
    exact = min(exactly([word], made), *(exactly(meant, made) for meant in MEANT.get(word, [])), 9)
    if exact < 9:
        return exact
    if len(word) > 1 and not word.isdigit() and any(known.startswith(word) for known in made.all_words()):
        return 4
    spelt = made.head_words() + made.other_words()  # the area's words take no typos
    return 5 if any(edits(word, known) <= allowed for known in spelt) else 9


def exactly(wanted: list[str], made: ListingDocument) -> int:
    fields = [made.head_words(), made.all_words(), made.all_words() + words(made.description or "")]
    return next((number for number, field in enumerate(fields, 1) if set(wanted) <= set(field)), 9)


def expected(text: str, documents: list[ListingDocument]) -> list[UUID]:
    wanted = [word for word in words(text) if word not in NOT_ASKED]
    tiers = {made: max((level(word, made) for word in wanted), default=1) for made in documents}
    matching = [made for made in documents if tiers[made] < 9]
    newest_first = sorted(matching, key=lambda made: (made.fresh_on, made.id), reverse=True)
    return [made.id for made in sorted(newest_first, key=tiers.__getitem__)]


def mangled(word: str, place: int, letter: str, kind: int) -> str:
    at = place % len(word)
    start, rest = word[:at], word[at + 1 :]
    return [word, start + rest, start + letter + word[at:], start, start + letter + rest][kind]


WORDS = "corolla civic city alto mercedes c180 2018 road lahore toyota town 5 benz lhr isb genuine gari کرولا گاڑی ۲۰۱۸"
asked = st.builds(
    mangled,
    st.sampled_from(WORDS.split()),
    st.integers(0, 20),
    st.sampled_from("abcz018"),
    st.integers(0, 4),
)


@pytest.mark.slow
def test_text_finds_hits_by_the_rules_of_matching_in_their_order(index: SearchEngine) -> None:
    documents = [
        document(model=model, area=area, model_year=year, description=ABOUT[number % 3])
        for number, (model, area, year) in enumerate(itertools.product(MODELS, AREAS, (2008, 2018)))
    ]
    with index.rebuilding() as batch:
        batch.upsert(documents)

    @given(st.lists(asked.filter(bool), min_size=1, max_size=3))
    @hypothesis_settings(max_examples=examples(200), deadline=None)
    def probe(found: list[Any]) -> None:
        text = " ".join(found)
        assert ids(index, text, limit=100) == expected(text, documents)

    probe()
