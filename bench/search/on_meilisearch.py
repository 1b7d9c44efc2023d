"""Measure how fast and how large the index of a Meilisearch is, beside the embedded engine's in the same run.

Usage: MEILI_URL=... MEILI_KEY=... python -m bench.search.on_meilisearch [LISTINGS]       default 100,000

The invented market of `bench.search.engine`, with descriptions of 40 words. A change is one listing, waited for until a
search finds it. The size is what the server says of its whole disk (`/stats`): use a server that has nothing else.
"""

import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bench.search import made_questions
from bench.search.engine import ANYONE, percentiles, seconds_to_build, size_mb
from bench.search.market import documents, market
from core.search import ListingDocument, SearchEngine, SearchQuery
from core.search.meilisearch import MeilisearchEngine, MeilisearchServer
from core.search.tantivy import TantivyEngine
from core.settings import load_settings

CHANGES = 15
AIMS = {"build, listings/s": 2_500, "index, kB a listing": 6, "one change until found, ms": 300, "search, p50 ms": 6}


Figures = dict[str, float]


def main() -> None:
    settings = load_settings()
    if settings.meili_url is None:
        print("Skipped: MEILI_URL is not set.")
        return
    key = None if settings.meili_key is None else settings.meili_key.get_secret_value()
    server = MeilisearchServer(settings.meili_url, key)
    show(*compare(server, int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))


def compare(server: MeilisearchServer, listings: int) -> tuple[Figures, Figures]:
    """Build and query both indexes; the one on the server is removed again."""
    cars = documents(market(listings))
    name = f"listings_bench_{uuid.uuid4().hex}"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        embedded = TantivyEngine(Path(folder) / "search", kept_pages=0)
        served = MeilisearchEngine(server, name, Path(folder) / "lock")
        try:
            here = measure(embedded, cars, lambda: size_mb(Path(folder) / "search"))
            return here, measure(served, cars, lambda: server.disk_bytes() / 1e6)
        finally:
            server.wait([server.client.delete_index(one) for one in server.index_names() if one.startswith(name)])


def measure(engine: SearchEngine, cars: list[ListingDocument], megabytes: Callable[[], float]) -> Figures:
    """The table's column of one engine."""
    built = seconds_to_build(engine, cars)
    size = megabytes()
    questions = made_questions.texts()
    figures: Figures = {
        "build, listings/s": len(cars) / built,
        "index, kB a listing": size * 1_000 / len(cars),
        "one change until found, ms": until_found(engine, cars[0]),
    }
    for kind, asked in questions.items():
        figures[f"{kind}, p50 ms"] = percentiles(asked, lambda text: engine.search(SearchQuery(text), ANYONE))[0]
    figures["five facets, p50 ms"] = percentiles(made_questions.faceted(), lambda one: engine.search(one, ANYONE))[0]
    figures["typeahead, p50 ms"] = percentiles(made_questions.beginnings(), lambda one: engine.suggest(one, ANYONE))[0]
    return figures


def until_found(engine: SearchEngine, car: ListingDocument) -> float:
    """Milliseconds from a change to the first search that finds it; the median."""
    times = []
    for number in range(CHANGES):
        word = f"qx{number:03}"
        changed = replace(car, title=f"{car.title} {word}", visibility="public", channels=("automart",))
        started = time.perf_counter()
        with engine.updating() as batch:
            batch.upsert([changed])
        while not engine.search(SearchQuery(word), ANYONE).ids:
            time.sleep(0.002)
        times.append((time.perf_counter() - started) * 1_000)
    return statistics.median(times)


def show(embedded: Figures, served: Figures) -> None:
    """Print the table of docs/benchmarks.md."""
    print(f"{'':<34}{'embedded':>12}{'Meilisearch':>14}{'ratio':>9}{'aim':>9}")
    for name, value in served.items():
        here = embedded[name]
        aim = AIMS.get(name, AIMS["search, p50 ms"] if name.startswith('"') else None)
        print(f"{name:<34}{here:>12,.2f}{value:>14,.2f}{value / here:>9.2f}{aim if aim is not None else '':>9}")


if __name__ == "__main__":
    main()
