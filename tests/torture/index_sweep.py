"""Kill -9 the indexing process at seeded random moments of syncs and rebuilds; the index must end equal to the table.

`make torture` (or `python -m tests.torture.index_sweep --kills 50 --seed 7`) prints one JSON line and exits with 0 when
every listing is in the index as the table has it and nothing else is. All the while somebody searches. The test suite
runs a short form.
"""

import signal
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from sqlalchemy import text

from core.access.audience import Audience
from core.db.embedded import embedded_postgres
from core.db.session import SessionFactory, make_session_factory, transaction
from core.errors import RetryableError
from core.search import SearchQuery
from core.search.tantivy import TantivyEngine
from tests.factories.listings import add_many
from tests.ready_database import READY_DATABASE
from tests.torture.command import run_sweep
from tests.torture.database import migrated
from tests.torture.index_truth import differences
from tests.torture.sweep import LONGEST_WAIT, Worker

CARS = 1_200
_CHANGE = text(
    """
    WITH chosen AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM listings
                    WHERE abs(hashtextextended(id::text, :seed)) % 100 < :share)
    UPDATE listings l SET price_pkr = 500000 + abs(hashtextextended(l.id::text, :seed + 1)) % 9000000,
        mileage_km = abs(hashtextextended(l.id::text, :seed + 2)) % 200000,
        city = (ARRAY['Lahore', 'Karachi', 'Multan'])[1 + abs(hashtextextended(l.id::text, :seed + 3)) % 3],
        title = concat_ws(' ', make, model, model_year, 'round', CAST(:seed AS text)),
        status = CASE WHEN c.n % 10 = 0 THEN 'withdrawn' ELSE 'live' END
    FROM chosen c WHERE c.id = l.id
    """
)


@dataclass
class IndexSweep:
    """The kills of the indexer, and the errors of searches meanwhile."""

    kills: Counter[str] = field(default_factory=Counter)  # by what was going on
    survived: int = 0  # ended before the blow
    searches: int = 0
    failures: list[str] = field(default_factory=list)


class Searcher(threading.Thread):
    """Searches without a pause, and remembers what failed."""

    def __init__(self, folder: Path, done: IndexSweep) -> None:
        super().__init__(name="searcher")
        self._engine, self._done, self._over = TantivyEngine(folder), done, threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.01):
            try:
                page = self._engine.search(SearchQuery("toyota", limit=20), Audience.anonymous())
                if not page.ids or self._engine.document_count() < CARS * 0.7:
                    self._done.failures.append("half an index")
            except RetryableError as error:
                self._done.failures.append(error.code)
            self._done.searches += 1

    def stop(self) -> None:
        self._over.set()
        self.join()


def killed_run(folder: Path, url: str, kills: int, seed: int) -> tuple[IndexSweep, list[str]]:
    """Kill until there were enough, then let one sync end by itself: what was done, and what is wrong afterwards."""
    with migrated(url) as engine:
        sessions = make_session_factory(engine)
        with transaction(sessions) as session:
            add_many(session, CARS - 1)
        done, index = IndexSweep(), folder / "search"
        worker = Worker(index, url, folder / "indexer.log", module="tests.torture.index_worker")
        try:
            seconds = {what: _calm(worker, what) for what in ("rebuild", "sync")}
            seconds["sync"] = max(seconds["sync"], _timed_sync(worker, sessions, seed))
            searcher = Searcher(index, done)
            searcher.start()
            try:
                _kill(worker, sessions, seconds, done, kills, seed)
            finally:
                searcher.stop()
            _calm(worker, "sync")
        finally:
            worker.close()
        return done, _wrong(sessions, index)


def _kill(
    worker: Worker, sessions: SessionFactory, seconds: dict[str, float], done: IndexSweep, kills: int, seed: int
) -> None:
    random, number = Random(seed), 0
    while sum(done.kills.values()) < kills:
        number += 1
        _change(sessions, seed * 1000 + number, random.choice((1, 5, 30)))
        what = "rebuild" if random.random() < 0.4 else "sync"
        pid = worker.start(what)
        code = worker.ended(random.uniform(0, 2 * seconds[what]))  # a searcher and others slow it down
        if code is None:
            code = worker.kill(pid)
        if code == -signal.SIGKILL:
            done.kills[what] += 1
        else:
            assert code == 0, f"an indexer that nobody killed failed with {code}: {worker.complaints()}"
            done.survived += 1


def _timed_sync(worker: Worker, sessions: SessionFactory, seed: int) -> float:
    _change(sessions, seed, 30)
    return _calm(worker, "sync")


def _calm(worker: Worker, what: str) -> float:
    began = time.monotonic()
    worker.start(what)
    code = worker.ended(LONGEST_WAIT)
    assert code == 0, f"an uninterrupted {what} failed with {code}: {worker.complaints()}"
    return time.monotonic() - began


def _change(sessions: SessionFactory, seed: int, share: int) -> None:
    with transaction(sessions) as session:
        session.execute(_CHANGE, {"seed": seed, "share": share})


def _wrong(sessions: SessionFactory, index: Path) -> list[str]:
    with transaction(sessions) as session:
        return differences(session, TantivyEngine(index))


def sweep(kills: int, seed: int) -> dict[str, object]:
    """The run and its end."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="automart-torture-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        READY_DATABASE.lay(folder)
        with embedded_postgres(folder / "postgres") as url:
            done, wrong = killed_run(folder, url, kills, seed)
    return {
        "equal": not wrong,
        "differs": wrong[:10],
        "kills": dict(done.kills),
        "survived": done.survived,
        "searches": done.searches,
        "failed_searches": done.failures[:10],
        "seconds": round(time.monotonic() - began, 1),
    }


if __name__ == "__main__":
    run_sweep(__doc__, sweep, 50, lambda result: result["equal"] and not result["failed_searches"])
