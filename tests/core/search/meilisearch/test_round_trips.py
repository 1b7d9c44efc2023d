"""A search is one request to the server, two where its page needs more, and a task is not asked about all the time."""

import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from core.access.audience import Audience
from core.search import Facet, ListingFilters, SearchQuery, Sort
from core.search.meilisearch import MeilisearchEngine, MeilisearchServer
from core.search.meilisearch.spelling import Spelling, spelling_of
from core.search.places import city_point
from tests.core.search.conftest import document
from tests.meilisearch_server.running import RunningServer

ANYONE = Audience.anonymous()
FACETS = (Facet.MAKE, Facet.MODEL, Facet.CITY, Facet.BODY, Facet.YEAR)
MULTAN = city_point("Multan")


@pytest.fixture
def stocked(server: RunningServer, engine: MeilisearchEngine) -> MeilisearchEngine:
    with engine.rebuilding() as batch:
        batch.upsert([document(model="Corolla", title="Corolla", fresh_on=date(2026, 1, 1)) for _ in range(8)])
        batch.upsert([document(model="Civic", title="Civic", price_pkr=None, description="corolla") for _ in range(3)])
    return engine


def calls(server: RunningServer, work: Callable[[], object]) -> list[str]:
    server.routes.calls.clear()
    work()
    return server.routes.calls


@pytest.mark.parametrize(
    ("query", "most"),
    [
        (SearchQuery("corolla", limit=5), 1),
        (SearchQuery("corola", limit=5, facets=FACETS), 2),  # no stage before that of typos has hits
        (SearchQuery("corolla", limit=20, facets=FACETS), 2),  # the first stage does not fill the page
        (SearchQuery("", ListingFilters(price_min=1), facets=FACETS), 1),
        (SearchQuery("corolla", sort=Sort.PRICE_ASC, facets=FACETS), 1),
        (SearchQuery("corola", sort=Sort.PRICE_ASC, facets=FACETS), 2),
        (SearchQuery("", sort=Sort.PRICE_ASC, limit=10), 2),  # those without a price come behind
        (SearchQuery("zzzz", sort=Sort.NEWEST), 2),
        (SearchQuery("corola", sort=Sort.DISTANCE, origin=MULTAN), 2),
    ],
)
def test_search_asks_the_server_once_or_twice(
    server: RunningServer, stocked: MeilisearchEngine, query: SearchQuery, most: int
) -> None:
    stocked.search(SearchQuery("corolla"), ANYONE)  # reads the words of the index, once for the process
    assert calls(server, lambda: stocked.search(query, ANYONE)) == ["POST /multi-search"] * most


def test_first_search_of_a_process_reads_the_words_besides(server: RunningServer, stocked: MeilisearchEngine) -> None:
    asked = calls(server, lambda: stocked.search(SearchQuery("corolla", limit=3), ANYONE))
    assert [one.split()[0] for one in asked] == ["GET", "POST"]


def test_word_that_another_process_adds_is_found_misspelt_at_once_in_two_requests(
    server: RunningServer, stocked: MeilisearchEngine, tmp_path: Path
) -> None:
    stocked.search(SearchQuery("vezel"), ANYONE)
    other = MeilisearchEngine(MeilisearchServer(server.url, None), "cars", tmp_path / "lock")
    with other.updating() as batch:
        batch.upsert([document(make="Honda", model="Vezel", title="Honda Vezel")])
    found: list[int] = []
    asked = calls(server, lambda: found.append(stocked.search(SearchQuery("vezal"), ANYONE).total))
    assert (found, len(asked)) == ([1], 2)
    with other.updating() as batch:
        batch.upsert([document(title=f"Word{number:03} Freed") for number in range(250)])  # more than a search reads
    assert stocked.search(SearchQuery("fread"), ANYONE).total == 250
    assert calls(server, lambda: stocked.search(SearchQuery("freed", limit=5), ANYONE)) == ["POST /multi-search"]


def test_searches_keep_their_connection_and_open_another_where_the_server_closed_it(
    server: RunningServer, stocked: MeilisearchEngine
) -> None:
    stocked.search(SearchQuery(), ANYONE)
    kept = stocked._server._kept._connection()[0]
    stocked.search(SearchQuery("civic"), ANYONE)
    assert stocked._server._kept._connection() == (kept, False)
    kept.sock.shutdown(2)
    assert stocked.search(SearchQuery(), ANYONE).total == 11
    assert stocked._server._kept._connection()[0] is not kept


def test_task_is_asked_about_in_growing_pauses(server: RunningServer, stocked: MeilisearchEngine) -> None:
    server.routes.tasks.hold()
    threading.Timer(0.3, server.routes.tasks.go_on).start()

    def change() -> None:
        with stocked.updating() as batch:
            batch.upsert([document()])

    began = time.monotonic()
    looks = [one for one in calls(server, change) if one.startswith("GET /tasks/")]
    assert time.monotonic() - began >= 0.3
    assert len(looks) <= 11  # one each 5 ms would be sixty


def test_few_changes_are_one_task_and_many_are_sent_in_larger_chunks(
    server: RunningServer, stocked: MeilisearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.search.meilisearch.batches._CHUNK", 10)
    monkeypatch.setattr("core.search.meilisearch.batches._LARGE_CHUNK", 40)

    def tasks(changes: int) -> int:
        before = len(server.routes.tasks.all)
        with stocked.updating() as batch:
            batch.upsert([document() for _ in range(changes)])
        return len(server.routes.tasks.all) - before

    assert [tasks(3), tasks(25), tasks(120)] == [1, 3, 3]


def test_words_within_typos_are_the_same_indexed_and_looked_at_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    words = [
        f"{start}{middle}{end}" for start in ("cor", "cro", "ci") for middle in ("ol", "lo", "v") for end in "abcdeiك"
    ]
    few = Spelling.of({"generation": "one"} | spelling_of(words))
    monkeypatch.setattr("core.search.meilisearch.spelling._LOOKED_AT", 20)
    many = Spelling.of({"generation": "one"} | spelling_of(words[:50])).with_last(
        {"generation": "one", "spelt_count": len(words), "spelt_last": words[-30:]}
    )
    assert many is not None
    for typed, typos in (("corola", 1), ("corol", 1), ("civic", 1), ("crolaaaa", 2), ("corolbbb", 2), ("كورول", 1)):
        assert few.alike(typed, typos) == many.alike(typed, typos)
    assert few.alike("corolx", 1) == ["corola", "corolb", "corolc", "corold", "corole", "coroli", "corolك"]


def test_account_of_the_server_tells_how_long_changes_took(server: RunningServer, stocked: MeilisearchEngine) -> None:
    assert stocked.batch_seconds()[:1] == [0.01]
    server.routes.tasks.all[-1]["duration"] = "PT1M2.5S"
    assert max(stocked.batch_seconds()) <= 62.5
