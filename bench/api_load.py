"""Measure the API under many clients at once, beside an empty endpoint that answers with the same models.

Usage: python -m bench.api_load [--seconds N]

A server process on a PostgreSQL of its own with 5,000 listings is asked for one listing and for pages of 20, on 8 to
512 connections, each of which asks again as soon as it has its answer; then the empty endpoints of the same answers.
Both servers are started alike (`api.server`) and take turns. One more client asks for /healthz all the while.
"""

import argparse
import shutil
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from bench.http_load import Crowd, crowd, get_bytes
from bench.server_process import served
from core.db.embedded import embedded_postgres
from core.db.logins import login_settings
from core.db.migrate import upgrade_to_head
from core.db.session import make_engine, make_session_factory, transaction
from core.search import open_search_engine
from core.settings import Settings
from pipelines.search.rebuild import rebuild_index
from tests.factories.listings import add_many

SERVER = "bench.api_load_server"
CONNECTIONS = (8, 64, 128, 512)
LISTINGS = 5_000
LONGEST_ANSWER, LONGEST_HEALTH = 15.0, 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description="Many clients at once.")
    parser.add_argument("--seconds", type=float, default=5.0)
    seconds = parser.parse_args().seconds
    folder = Path(tempfile.mkdtemp(prefix="automart-load-"))
    try:
        with embedded_postgres(folder / "postgres") as url:
            settings = Settings(automart_home=folder, storage_url=None, meili_url=None, **login_settings(url))
            ids = fill(settings, url)
            one = [get_bytes(f"/v1/listings/{each}") for each in ids]
            page = [get_bytes(f"/v1/listings?limit=20&price_max={number}00000") for number in range(10, 90)]
            where = (settings.home, url)
            with served(SERVER, "ours", *where) as ours, served(SERVER, "empty", *where) as empty:
                for name, requests in (("one listing", one), ("page of 20", page)):
                    for connections in CONNECTIONS:
                        report(name, connections, ours, empty, requests, seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fill(settings: Settings, url: str) -> list[str]:
    """Listings and their index; some of their ids."""
    engine = make_engine(url)
    upgrade_to_head(engine)
    sessions = make_session_factory(engine)
    with transaction(sessions) as session:
        add_many(session, LISTINGS)
    with transaction(sessions) as session:
        rebuild_index(session, open_search_engine(settings))
        ids = [str(found) for found in session.scalars(text("SELECT id FROM listings LIMIT 500"))]
    engine.dispose()
    return ids


def report(name: str, connections: int, ours: int, empty: int, requests: list[bytes], seconds: float) -> None:
    """One line: ours beside the empty endpoint."""
    with watched_health(ours) as health:
        mine = crowd(ours, requests, connections=connections, seconds=seconds)
    theirs: Crowd = crowd(empty, requests, connections=connections, seconds=seconds)
    good = mine.slowest <= LONGEST_ANSWER and max(health) <= LONGEST_HEALTH
    print(
        f"{name}, {connections:>3} clients: {mine.per_second:,.0f} a second, empty endpoint {theirs.per_second:,.0f},"
        f" ratio {mine.per_second / theirs.per_second:.2f}; {mine.refused} refused, slowest {mine.slowest:.2f} s"
        f" (empty {theirs.slowest:.2f}), /healthz at most {max(health):.2f} s"
        f" {'within' if good else 'OVER'} {LONGEST_ANSWER:.0f} s and {LONGEST_HEALTH:.0f} s",
        flush=True,
    )


@contextmanager
def watched_health(port: int) -> Iterator[list[float]]:
    """Seconds that /healthz took, asked for ten times a second while the block lasts."""
    took: list[float] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.1):
            begun = time.perf_counter()
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=60) as answer:
                answer.read()
            took.append(time.perf_counter() - begun)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield took
    finally:
        stop.set()
        thread.join()


if __name__ == "__main__":
    main()
