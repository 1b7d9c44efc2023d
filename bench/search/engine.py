"""Measure the speed and typo tolerance of search, beside PostgreSQL's full text with trigrams on the same rows.

Usage: python -m bench.search.engine [LISTINGS]        default 200,000; needs about 3 GB and five minutes
       python -m bench.search.engine alone [LISTINGS]  without PostgreSQL, as for 1,000,000 listings: 10 GB, ten minutes
       python -m bench.search.engine http [LISTINGS]   GET /v1/listings over HTTP at 100 requests a second

Invented listings with descriptions of 40 words. Every class has 100 different questions; each is asked three times and
the median of its times counts. Times are of one caller, in this process, totals included; the CPU time of the calling
thread, which does all of our work, tells on a busy machine what the search itself costs.
"""

import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import polars as pl
from sqlalchemy.orm import Session

from bench.search import made_questions, over_http
from bench.search.made_questions import Typo
from bench.search.market import documents, market
from bench.search.on_postgres import SIMILARITY, Peer
from core.access.audience import Audience
from core.db.embedded import embedded_postgres
from core.db.session import make_engine
from core.search import ListingDocument, SearchEngine, SearchQuery
from core.search.tantivy import TantivyEngine

ANYONE = Audience.anonymous()
_CHUNK = 2_000
_TIMES = 3
Question = TypeVar("Question")
Clock = Callable[[], float]


def main() -> None:
    arguments = sys.argv[1:]
    mode = arguments.pop(0) if arguments[:1] in (["http"], ["alone"]) else "compare"
    frame = market(int(arguments[0]) if arguments else 200_000)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        if mode == "http":
            over_http.run(frame, Path(name))
        elif mode == "alone":
            show_times(built(frame, Path(name))[0], None)
        else:
            compare(frame, Path(name))


def built(frame: pl.DataFrame, folder: Path) -> tuple[TantivyEngine, dict[UUID, list[str]]]:
    """Build the index, print what that takes, and return it with the words of each car."""
    engine = TantivyEngine(folder / "search")
    cars = documents(frame)
    worked = time.process_time()
    seconds = seconds_to_build(engine, cars)
    worked = time.process_time() - worked
    rate = len(cars) / seconds
    print(f"build: {rate:,.0f} listings/s ({seconds:.1f} s, {worked:.1f} s of CPU in two threads)  (limit 25,000)")
    print(f"       index {size_mb(folder / 'search'):.0f} MB", flush=True)
    return engine, {car.id: car.all_words() for car in cars}


def compare(frame: pl.DataFrame, folder: Path) -> None:
    """Build both, ask both."""
    engine, words = built(frame, folder)
    with embedded_postgres(folder / "postgres") as url:
        database = make_engine(url)
        with Session(database) as session:
            peer = Peer(database, session)
            started = time.perf_counter()
            peer.build(frame)
            peer_built = time.perf_counter() - started
            print(f"       PostgreSQL: {len(frame) / peer_built:,.0f} listings/s ({peer_built:.1f} s)\n")
            show_times(engine, peer)
            show_recall(engine, peer, words)
        database.dispose()


def seconds_to_build(engine: SearchEngine, cars: list[ListingDocument]) -> float:
    """A full build, commit included, from documents in memory."""
    gc.collect()
    gc.freeze()  # the list of all documents is the benchmark's; a rebuild holds 2,000 at a time
    started = time.perf_counter()
    with engine.rebuilding() as batch:
        for start in range(0, len(cars), _CHUNK):
            batch.upsert(cars[start : start + _CHUNK])
    return time.perf_counter() - started


def show_times(engine: TantivyEngine, peer: Peer | None) -> None:
    """Print the table of times; without a peer, ours alone."""
    print(f"{'p50 / p95 of 100 questions, ms':<34}{'ours':>16}{'of it CPU':>18}{'limit':>12}{'PostgreSQL':>20}")
    texts = made_questions.texts()
    exact, similar = (peer.exact, peer.similar) if peer else (None, None)
    for (kind, asked), theirs in zip(texts.items(), (exact, similar, similar), strict=True):
        row(kind, "1 / 6", asked, lambda text: engine.search(SearchQuery(text), ANYONE), theirs)
    row(
        "five facets, price range", "5 / 10", made_questions.faceted(),
        lambda query: engine.search(query, ANYONE), peer.facets if peer else None,
    )  # fmt: skip
    first = timed(lambda: engine.suggest("a", ANYONE))
    row(
        "typeahead", "0.2 / 1", made_questions.beginnings(), lambda typed: engine.suggest(typed, ANYONE),
        peer.suggest if peer else None,
    )  # fmt: skip
    print(f"{'typeahead, first after a commit':<34}{first:>8.1f}")


def row(
    kind: str, limit: str, asked: Sequence[Question], ours: Callable[[Question], object],
    theirs: Callable[[Question], object] | None,
) -> None:  # fmt: skip
    """Print the times of one class of questions, on both."""
    mine, work = percentiles(asked, ours), percentiles(asked, ours, time.thread_time)
    shown = f"{mine[0]:>8.2f} /{mine[1]:>6.2f}{work[0]:>10.2f} /{work[1]:>6.2f}{limit:>12}"
    other = percentiles(asked, theirs) if theirs else None
    print(f"{kind:<34}{shown}" + (f"{other[0]:>11.2f} /{other[1]:>7.2f}" if other else ""), flush=True)


def percentiles(
    asked: Sequence[Question], answer: Callable[[Question], object], clock: Clock = time.perf_counter
) -> tuple[float, float]:
    """p50 and p95 over the questions, milliseconds of a clock."""
    for question in asked[:5]:
        answer(question)
    times = [statistics.median(timed(partial(answer, question), clock) for _ in range(_TIMES)) for question in asked]
    cuts = statistics.quantiles(times, n=20, method="inclusive")
    return statistics.median(times), cuts[18]


def timed(call: Callable[[], object], clock: Clock = time.perf_counter) -> float:
    """Milliseconds of one call."""
    started = clock()
    call()
    return (clock() - started) * 1000


def show_recall(engine: TantivyEngine, peer: Peer, words: dict[UUID, list[str]]) -> None:
    """Print the share of misspelt words that find the cars that were meant."""
    typos = made_questions.typos()
    ours = recall(typos, [engine.search(SearchQuery(typo.text), ANYONE).ids for typo in typos], words)
    theirs = recall(typos, [peer.similar(typo.text) for typo in typos], words)
    print(f"\n{len(typos)} one-edit typos: in the top 20 {ours[0]:.3f} (limit .99), first {ours[1]:.3f} (limit .95)")
    print(f"       pg_trgm (word similarity {SIMILARITY}): in the top 20 {theirs[0]:.3f}, first {theirs[1]:.3f}")


def recall(typos: list[Typo], pages: list[list[UUID]], words: dict[UUID, list[str]]) -> tuple[float, float]:
    """Share of pages that have a car with the word that was meant, and of those that begin with one."""
    both = list(zip(typos, pages, strict=True))
    within = sum(any(typo.meant in words[hit] for hit in page) for typo, page in both)
    first = sum(any(typo.meant in words[hit] for hit in page[:1]) for typo, page in both)
    return within / len(typos), first / len(typos)


def size_mb(folder: Path) -> float:
    """Bytes of all files beneath, in MB."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


if __name__ == "__main__":
    main()
