"""Capture over HTTP beside a bare COPY: python -m bench.engagement.capture [--batches 400] [--clients 8]

Clients send batches of 100 views to a server process; each is durable when it is answered. The peer copies the same
rows, in the same batch size, by as many connections, one durable transaction a batch. Rounds of both take turns.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import httpx
import psycopg
from sqlalchemy import text

from bench.server_process import served
from core.clock import utc_now
from core.db.embedded import embedded_postgres
from core.db.logins import Login, login_url
from core.db.migrate import upgrade_to_head
from core.db.session import make_engine, make_session_factory, transaction
from tests.factories.batches import sent_batch, sent_event
from tests.factories.listings import add_listing

BATCH = 100
ROUNDS = 3
_COPY = "COPY bare FROM STDIN"


def posted(port: int, bodies: list[bytes], clients: int) -> tuple[float, list[float]]:
    """Seconds in which all bodies were taken, and those of each."""

    def send(part: list[bytes]) -> list[float]:
        took = []
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client:
            for body in part:
                began = time.perf_counter()
                answer = client.post("/v1/events", content=body, headers={"content-type": "application/json"})
                took.append(time.perf_counter() - began)
                statuses = {each["status"] for each in answer.json()["results"]}
                if statuses != {"accepted"}:
                    raise SystemExit(f"Not taken: {statuses}")
        return took

    return _timed(send, bodies, clients)


def copied(url: str, rows: list[bytes], clients: int) -> tuple[float, list[float]]:
    """Measure the bare COPY in the same way."""

    def send(part: list[bytes]) -> list[float]:
        took = []
        with psycopg.connect(url) as connection:
            for batch in part:
                began = time.perf_counter()
                with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
                    copy.write(batch)
                connection.commit()
                took.append(time.perf_counter() - began)
        return took

    return _timed(send, rows, clients)


def _timed(send: Callable[[list[bytes]], list[float]], parts: list[bytes], clients: int) -> tuple[float, list[float]]:
    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as threads:
        took = [each for part in threads.map(send, [parts[at::clients] for at in range(clients)]) for each in part]
    return time.perf_counter() - began, took


def bodies_of(cars: list[UUID], count: int, name: str) -> list[bytes]:
    """Batches of as many devices."""
    made = []
    for number in range(count):
        events = [
            sent_event(cars[at % len(cars)], at=utc_now(), position=at + 1, query_id="q-1") for at in range(BATCH)
        ]
        made.append(json.dumps(sent_batch(*events, at=utc_now(), device_id=f"{name}-{number}")).encode())
    return made


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=400)
    parser.add_argument("--clients", type=int, default=8)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, embedded_postgres(Path(folder) / "postgres") as url:
        print(json.dumps(measured(Path(folder), url, chosen.batches, chosen.clients)))


def measured(folder: Path, url: str, batches: int, clients: int) -> dict[str, Any]:
    """Run the rounds; give medians and their ratio."""
    engine = make_engine(login_url(url, Login.OWNER))
    upgrade_to_head(engine)
    sessions = make_session_factory(engine)
    with transaction(sessions) as session:
        cars = [add_listing(session) for _ in range(2_000)]
        session.execute(text("CREATE TABLE bare (LIKE engagement_events)"))
    ours, bare, waits = [], [], []
    with served("bench.engagement.server", "ours", folder / "home", url) as port:
        posted(port, bodies_of(cars, clients, "warm"), clients)
        for number in range(ROUNDS):
            seconds, took = posted(port, bodies_of(cars, batches, f"round-{number}"), clients)
            ours.append(seconds)
            waits += took
            with transaction(sessions) as session:
                copy = "COPY (SELECT * FROM engagement_events LIMIT 100) TO STDOUT"
                connection: Any = session.connection().connection.driver_connection
                with connection.cursor() as cursor, cursor.copy(copy) as out:
                    rows = b"".join(bytes(piece) for piece in out)
            bare.append(copied(login_url(url, Login.OWNER), [rows] * batches, clients)[0])
    engine.dispose()
    events = batches * BATCH
    return {
        "events": events,
        "clients": clients,
        "http_events_per_second": round(events / median(ours)),
        "copy_events_per_second": round(events / median(bare)),
        "ratio": round(median(bare) / median(ours), 3),
        "http_p99_ms": round(sorted(waits)[int(len(waits) * 0.99)] * 1_000, 1),
    }


if __name__ == "__main__":
    main()
