"""Kill -9 one of two API processes that take in events, again and again: each acknowledged event is kept once.

`make engagement-sweep` (or `python -m tests.torture.engagement_sweep --kills 40 --seed 7`) prints one JSON line and
exits with 0 when that holds. Phones send batches to either process, and send a batch again until it is answered;
what was answered is compared with the table by plain SQL.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from bench.server_process import free_port
from core.clock import utc_now
from core.db.embedded import embedded_postgres
from core.db.logins import login_settings
from core.db.migrate import upgrade_to_head
from core.db.session import SessionFactory, make_engine, make_session_factory, transaction
from core.security.platform_keys import new_key_settings
from core.settings import Settings, child_environment
from tests.factories.batches import sent_batch, sent_event
from tests.factories.listings import add_listing

_PATIENCE = 300.0
_GATEWAY = {"MESSAGES_HTTP_URL": "http://127.0.0.1:9/", "MESSAGES_HTTP_SECRET": "none is sent"}


class Servers:
    """Two API processes on one database, one of which is killed and started again."""

    def __init__(self, settings: Settings) -> None:
        self._environment = child_environment(settings) | _GATEWAY
        self._ports = [free_port(), free_port()]
        self.addresses = [f"http://127.0.0.1:{port}" for port in self._ports]
        self._processes = [self._start(port) for port in self._ports]

    def _start(self, port: int) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "api", "--quiet", "--port", str(port)]
        return subprocess.Popen(command, env=self._environment)

    def wait(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        for address in self.addresses:
            while True:
                with suppress(httpx.TransportError):
                    if httpx.get(f"{address}/healthz", trust_env=False).status_code == 200:
                        break
                assert time.monotonic() < deadline, "a server does not come up"
                time.sleep(0.1)

    def kill(self, number: int) -> None:
        self._processes[number].kill()
        self._processes[number].wait()
        self._processes[number] = self._start(self._ports[number])

    def stop(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()


@dataclass
class Phone:
    """Sends batches until it is told to stop, each again and again until it is answered."""

    name: str
    cars: list[UUID]
    addresses: list[str]
    random: Random
    stop: threading.Event
    acknowledged: list[str] = field(default_factory=list)
    sent: int = 0
    repeats: int = 0
    wrong: list[str] = field(default_factory=list)

    def run(self) -> None:
        with httpx.Client(trust_env=False, timeout=30) as client:
            while not self.stop.is_set():
                events = [sent_event(self.random.choice(self.cars), at=utc_now()) for _ in range(20)]
                self.sent += len(events)
                for result in self._deliver(client, events):
                    if result["status"] == "rejected":
                        self.wrong.append(f"{result['id']} was rejected: {result['code']}")
                    else:
                        self.acknowledged.append(result["id"])

    def _deliver(self, client: httpx.Client, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            batch = sent_batch(*events, at=utc_now(), device_id=self.name)
            with suppress(httpx.TransportError):
                answer = client.post(f"{self.random.choice(self.addresses)}/v1/events", json=batch)
                if answer.status_code == 200:
                    found: list[dict[str, Any]] = answer.json()["results"]
                    return found
                if answer.status_code != 503:
                    self.wrong.append(f"status {answer.status_code}: {answer.text}")
            self.repeats += 1
            time.sleep(0.05)
        self.wrong.append("a batch was never answered")
        return []


@contextmanager
def _database(folder: Path) -> Iterator[tuple[Settings, SessionFactory]]:
    with embedded_postgres(folder / "postgres") as url:
        engine = make_engine(url)
        upgrade_to_head(engine)
        settings = Settings(
            automart_home=folder, storage_url=None, meili_url=None, **login_settings(url), **new_key_settings()
        )
        yield settings, make_session_factory(engine)
        engine.dispose()


def sweep(folder: Path, kills: int, seed: int, phones: int = 4) -> dict[str, Any]:
    """Send, kill, and compare."""
    draw = Random(seed)
    with _database(folder) as (settings, sessions):
        with transaction(sessions) as session:
            cars = [add_listing(session) for _ in range(20)]
        servers, stop = Servers(settings), threading.Event()
        try:
            servers.wait()
            senders = [
                Phone(f"phone-{number}", cars, servers.addresses, Random(f"{seed} {number}"), stop)
                for number in range(phones)
            ]
            threads = [threading.Thread(target=sender.run) for sender in senders]
            for thread in threads:
                thread.start()
            for _ in range(kills):
                time.sleep(draw.uniform(0.2, 1.5))
                servers.kill(draw.randrange(2))
                servers.wait()
            time.sleep(0.5)
            stop.set()
            for thread in threads:
                thread.join()
        finally:
            stop.set()
            servers.stop()
        return {"kills": kills, "seed": seed, **_compared(sessions, senders)}


def _compared(sessions: SessionFactory, senders: list[Phone]) -> dict[str, Any]:
    acknowledged = [event for sender in senders for event in sender.acknowledged]
    with sessions() as session:
        rows = session.execute(text("SELECT event_id::text, count(*) FROM engagement_events GROUP BY 1")).all()
    kept = {row[0]: row[1] for row in rows}
    wrong = [sentence for sender in senders for sentence in sender.wrong]
    wrong += [f"{event} was acknowledged and is not there" for event in acknowledged if event not in kept]
    wrong += [f"{event} is there {count} times" for event, count in kept.items() if count > 1]
    return {
        "sent": sum(sender.sent for sender in senders),
        "acknowledged": len(acknowledged),
        "kept": len(kept),
        "sent_again": sum(sender.repeats for sender in senders),
        "wrong": wrong[:10],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="automart-sweep-") as folder:
        found = sweep(Path(folder), chosen.kills, chosen.seed)
    print(json.dumps(found))
    if found["wrong"] or not found["acknowledged"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
