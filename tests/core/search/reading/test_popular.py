"""Typeahead offers searches that many shoppers or the caller made, where they find cars now."""

from pathlib import Path

import pytest

from core.access.audience import Audience
from core.search.reading.completing import Completion, CompletionKind, MadeSearches, complete
from core.search.tantivy import TantivyEngine
from tests.core.search.conftest import document

ANYONE = Audience.anonymous()
POPULAR = MadeSearches(
    popular=["civic lahore 40 lac tak", "civic sunroof", "civic 1999 karachi", "corolla", "tesla model 3"]
)


@pytest.fixture
def stocked(tmp_path: Path) -> TantivyEngine:
    index = TantivyEngine(tmp_path / "search")
    with index.rebuilding() as batch:
        batch.upsert(
            [
                document(make="Honda", model="Civic", title="Honda Civic 2018"),
                document(make="Honda", model="Civic", title="Civic with sunroof", visibility="private"),
                document(),
            ]
        )
    return index


def offered(index: TantivyEngine, typed: str, limit: int = 10) -> list[tuple[str, int]]:
    found = complete(index, typed, ANYONE, limit, POPULAR)
    return [(one.value, one.count) for one in found if one.kind is CompletionKind.POPULAR]


def test_popular_searches_that_find_cars_for_the_caller_are_offered_behind_names(stocked: TantivyEngine) -> None:
    assert offered(stocked, "civ") == [("civic lahore 40 lac tak", 1)]
    assert complete(stocked, "civ", ANYONE, 10, POPULAR)[0] == Completion(CompletionKind.MODEL, "Honda Civic", 1)
    assert offered(stocked, "tesla") == []
    assert offered(stocked, "civic lahore 40 lac tak") == []
    assert offered(stocked, "", 1) == [("civic lahore 40 lac tak", 1)]
    assert len(complete(stocked, "", ANYONE, 3, POPULAR)) == 3


def test_recent_searches_of_the_caller_come_first_and_once(stocked: TantivyEngine) -> None:
    recent = ["Civic  Lahore 40 lac tak", "civic 1999", "Honda Civic", "corolla", "civic 2018", "civic honda"]
    found = complete(stocked, "civic", ANYONE, 10, MadeSearches(recent, POPULAR.popular))
    assert [one.value for one in found if one.kind is CompletionKind.RECENT] == [recent[0], "civic 2018", "civic honda"]
    assert [one.kind for one in found][:3] == [CompletionKind.RECENT] * 3
    assert CompletionKind.POPULAR not in {one.kind for one in found}  # the only fitting one is recent
    assert [one.value for one in complete(stocked, "honda", ANYONE, 10, MadeSearches(recent))].count("Honda Civic") == 1
