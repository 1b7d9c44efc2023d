"""Kill -9 one of two processes that send webhooks, or PostgreSQL, again and again: nothing is lost, the order is kept.

`make webhooks-sweep` (or `python -m tests.torture.webhooks_sweep --kills 60 --seed 7`) prints one JSON line and exits
with 0 when every partner has received each message of the table, by id, and those of one car in their order; a message
may come twice. Every receipt is verified by the official library. The test suite runs a short form.
"""

import json
import os
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from random import Random
from uuid import UUID

import psycopg
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from core.db.embedded import embedded_postgres
from core.db.session import SessionFactory, make_session_factory, transaction
from core.outbox.lag import consumer_lag
from core.security.platform_keys import new_key_settings, open_keys
from core.settings import Settings
from pipelines.webhooks.consumers import QUEUE
from tests.factories.listings import add_listing, dealer
from tests.factories.webhooks import Answering, Partner, answer, partner, subscribe
from tests.ready_database import READY_DATABASE
from tests.torture.command import run_sweep
from tests.torture.database import migrated
from tests.torture.sweep import LONGEST_WAIT, Worker, restart_server
from tests.torture.webhooks_worker import KEYS, OVER

PRICE = "listing.price_changed"
CARS, PARTNERS = 150, 3
_CHANGES = text("""
SELECT count(*) FROM outbox_changes WHERE topic = 'listing' AND payload #>> '{old,price_pkr}' IS NOT NULL
  AND payload #>> '{old,price_pkr}' IS DISTINCT FROM payload #>> '{new,price_pkr}'
""")
_SENT = text("""
SELECT e.id AS endpoint_id, 'msg_' || replace(d.message_id::text, '-', '') AS webhook_id, d.outcome
FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id WHERE NOT d.is_ping
""")


class Load(threading.Thread):
    """Change prices until stopped; while the server is down, try again."""

    def __init__(self, sessions: SessionFactory, cars: list[UUID], seed: int) -> None:
        super().__init__(name="load")
        self._sessions, self._cars, self._dice, self._over = sessions, cars, Random(seed), threading.Event()

    def run(self) -> None:
        change = text("UPDATE listings SET price_pkr = price_pkr + 1 WHERE id = :id")
        while not self._over.wait(self._dice.uniform(0, 0.03)):
            try:
                with transaction(self._sessions) as session:
                    session.execute(change, {"id": self._dice.choice(self._cars)})
            except (OperationalError, psycopg.OperationalError):
                time.sleep(0.1)

    def stop(self) -> None:
        self._over.set()
        self.join()


def unsteady(seed: int) -> Answering:
    """Make a partner that now and then answers 500, or closes the connection after it has read the message."""
    dice, right, wrong = Random(seed), answer(204), answer(500)

    def give(handler: BaseHTTPRequestHandler, number: int) -> None:
        drawn = dice.random()
        if drawn < 0.02:
            handler.close_connection = True
        else:
            (wrong if drawn < 0.04 else right)(handler, number)

    return give


@contextmanager
def two_workers(folder: Path, url: str) -> Iterator[dict[int, Worker]]:
    module = "tests.torture.webhooks_worker"
    harnesses = [Worker(folder, url, folder / f"worker{number}.log", module=module) for number in range(2)]
    running = {harness.start(): harness for harness in harnesses}
    try:
        yield running
    finally:
        (folder / OVER).touch()
        for harness in running.values():
            harness.ended(LONGEST_WAIT)
        for harness in harnesses:
            harness.close()


def killed_run(
    folder: Path, engine: Engine, url: str, kills: int, seed: int
) -> tuple[Counter[str], dict[UUID, Partner]]:
    """Kill processes `kills` times, then wait until every queued message is sent."""
    settings_keys = new_key_settings()
    (folder / KEYS).write_text(json.dumps(settings_keys))
    keys = open_keys(Settings(automart_home=folder, database_url=url, **settings_keys))
    dice, done = Random(seed), Counter[str]()
    sessions = make_session_factory(engine)
    with transaction(sessions) as session:
        org_id = dealer(session, "khan-motors").id
        cars = [add_listing(session) for _ in range(CARS)]
    with ExitStack() as stack:
        partners = [stack.enter_context(partner()) for _ in range(PARTNERS)]
        there = {subscribe(sessions, keys, org_id, each, PRICE, concurrency=8): each for each in partners}
        for number, each in enumerate(partners):
            each.answers = unsteady(seed + number)
        with two_workers(folder, url) as running:
            load = Load(sessions, cars, seed)
            load.start()
            try:
                for _ in range(kills):
                    time.sleep(dice.uniform(0.1, 1.0))
                    done[_kill(folder, running, dice)] += 1
            finally:
                load.stop()
            _until_sent(sessions)
    return done, there


def _kill(folder: Path, running: dict[int, Worker], dice: Random) -> str:
    if dice.random() < 0.2:
        data = folder / "postgres" / "data"
        server = int((data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(server, signal.SIGKILL)
        restart_server(data, server)
        return "postgres"
    victim = dice.choice(sorted(running))
    harness = running.pop(victim)
    code = harness.kill(victim)
    assert code == -signal.SIGKILL, harness.complaints()
    running[harness.start()] = harness
    return "worker"


def _until_sent(sessions: SessionFactory) -> None:
    waiting, deadline = (
        text("SELECT count(*) FROM webhook_deliveries WHERE outcome = 'waiting'"),
        time.monotonic() + 300,
    )
    while True:
        try:
            with transaction(sessions) as session:
                if consumer_lag(session, QUEUE).events == 0 and session.scalar(waiting) == 0:
                    return
        except OperationalError:
            pass
        assert time.monotonic() < deadline, "something is never sent"
        time.sleep(0.2)


def wrong(there: dict[UUID, Partner], engine: Engine) -> list[str]:
    """Return the differences between the messages that partners received and the tables."""
    with engine.connect() as connection:
        changes, rows = connection.scalar(_CHANGES), connection.execute(_SENT).all()
    found = [f"a delivery is {row.outcome}" for row in rows if row.outcome != "delivered"]
    for endpoint_id, each in there.items():
        sent = {row.webhook_id for row in rows if row.endpoint_id == endpoint_id}
        received = [(webhook_id, body) for webhook_id, body in each.received if body["type"] == PRICE]
        if len(sent) != changes or sent != {webhook_id for webhook_id, _ in received}:
            found.append(f"{changes} changes, {len(sent)} sent, {len({name for name, _ in received})} received")
        last: Counter[str] = Counter()
        for _, body in received:
            car = body["data"]["listing_id"]
            if body["sequence"] < last[car]:
                found.append(f"{body['sequence']} came after {last[car]} of {car}")
            last[car] = max(last[car], body["sequence"])
    return found


def sweep(kills: int, seed: int) -> dict[str, object]:
    """Run the sweep and return its result."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="automart-torture-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        READY_DATABASE.lay(folder)
        with embedded_postgres(folder / "postgres") as url, migrated(url) as engine:
            done, there = killed_run(folder, engine, url, kills, seed)
            problems = wrong(there, engine)
    received = [webhook_id for each in there.values() for webhook_id, body in each.received if body["type"] == PRICE]
    return {
        "wrong": problems[:10],
        "kills": dict(done),
        "messages": len(set(received)),
        "received": len(received),
        "seconds": round(time.monotonic() - began, 1),
    }


if __name__ == "__main__":
    run_sweep(__doc__, sweep, 60, lambda result: not result["wrong"] and bool(result["messages"]))
