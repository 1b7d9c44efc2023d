"""Measure how long after its commit a change is searchable, with the follower of `automart work` at work.

`python -m bench.search.freshness [--cars 20000] [--changes 60]` prints one JSON line: seconds from the commit's return
to the first search that finds the change, p50, p95 and the longest; once on a calm database, once while another
transaction has been writing for the whole time. The limit that they stand beside is 2 s.
"""

import argparse
import json
import tempfile
import threading
import time
from pathlib import Path

from core.access.audience import Audience
from core.db.embedded import embedded_postgres
from core.db.migrate import upgrade_to_head
from core.db.session import SessionFactory, make_engine, make_session_factory, transaction
from core.platform import Platform
from core.search import SearchEngine, SearchQuery
from core.search.tantivy import TantivyEngine
from core.settings import Settings
from core.storage import open_storage
from core.work.worker import Worker
from pipelines.search.loops import FOLLOW
from tests.factories.listings import add_listing, add_many

LIMIT_SECONDS = 2.0


def measure(sessions: SessionFactory, index: SearchEngine, changes: int, mark: str) -> dict[str, float]:
    """Add cars one after the other, each at another moment of the follower's round."""
    waited = []
    for number in range(changes):
        word = f"{mark}{number:03}"  # digits, since typos in letters would be forgiven
        with transaction(sessions) as session:
            add_listing(session, title=f"Corolla {word}", org="measured")
        committed = time.perf_counter()
        while not index.search(SearchQuery(word), Audience.anonymous()).ids:
            time.sleep(0.002)
        waited.append(time.perf_counter() - committed)
        time.sleep(0.037 * (number % 13))
    waited.sort()
    shares = {"p50": waited[len(waited) // 2], "p95": waited[int(len(waited) * 0.95)], "longest": waited[-1]}
    return {name: round(seconds, 3) for name, seconds in shares.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cars", type=int, default=20_000)
    parser.add_argument("--changes", type=int, default=60)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="automart-bench-") as name, embedded_postgres(Path(name) / "pg") as url:
        engine = make_engine(url)
        upgrade_to_head(engine)
        settings = Settings(automart_home=Path(name), storage_url=None, meili_url=None)
        sessions, index, stop = make_session_factory(engine), TantivyEngine(settings.index_dir), threading.Event()
        with transaction(sessions) as session:
            add_many(session, given.cars - 1)
            add_listing(session, org="measured")
        worker = Worker(Platform(settings, sessions, open_storage(settings)), [FOLLOW], stop)
        follower = threading.Thread(target=worker.run)
        follower.start()
        while index.index_id() is None:
            time.sleep(0.05)
        calm = measure(sessions, index, given.changes, "qxcalm")
        with sessions() as slow, slow.begin():
            add_listing(slow, org="slow")
            beside = measure(sessions, index, given.changes, "zwslow")
        stop.set()
        follower.join()
        engine.dispose()
    result = {"cars": given.cars, "calm": calm, "beside a long transaction": beside, "limit": LIMIT_SECONDS}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
