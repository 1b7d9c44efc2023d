"""API processes, and phones that send them events until each is answered."""

import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import httpx

from bench.server_process import free_port
from core.clock import utc_now
from core.settings import Settings, child_environment
from tests.factories.batches import sent_batch, sent_event

PATIENCE = 300.0
_GATEWAY = {"MESSAGES_HTTP_URL": "http://127.0.0.1:9/", "MESSAGES_HTTP_SECRET": "none is sent"}
_BATCHES_A_DEVICE = 20
"""Of 20 events: beyond 1,000 views of a device on a day, views are kept and not counted."""
_LATE = timedelta(hours=5)


class Servers:
    """API processes on one database, one of which is killed and started again."""

    def __init__(self, settings: Settings, count: int) -> None:
        self._environment = child_environment(settings) | _GATEWAY
        self._log = settings.automart_home / "api.log"
        self._ports = [free_port() for _ in range(count)]
        self.addresses = [f"http://127.0.0.1:{port}" for port in self._ports]
        self._processes = [self._start(port) for port in self._ports]

    def _start(self, port: int) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "api", "--quiet", "--port", str(port)]
        with self._log.open("ab") as log:
            return subprocess.Popen(command, env=self._environment, stderr=log)

    def wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
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


@dataclass(frozen=True)
class Sent:
    """An event that was answered as accepted, now or before."""

    event_id: str
    device: str
    at: datetime
    listing_id: UUID
    type: str


@dataclass
class Phone:
    """Sends batches until it is told to stop, each again and again until it is answered, some once more after that."""

    name: str
    cars: list[UUID]
    addresses: list[str]
    random: Random
    stop: threading.Event
    acknowledged: list[Sent] = field(default_factory=list)
    batches: int = 0
    repeats: int = 0
    wrong: list[str] = field(default_factory=list)

    def run(self) -> None:
        with httpx.Client(trust_env=False, timeout=30) as client:
            while not self.stop.is_set():
                device = f"{self.name}-{self.batches // _BATCHES_A_DEVICE}"
                self.batches += 1
                made = [self._made(device) for _ in range(20)]
                answers = self._deliver(client, device, made)
                if self.random.random() < 0.1:
                    answers += self._deliver(client, device, made)
                self.wrong += [f"{each['id']}: {each['code']}" for each in answers if each["status"] == "rejected"]
                self.acknowledged += made

    def _made(self, device: str) -> Sent:
        at = utc_now() - self.random.random() ** 3 * _LATE
        type_ = self.random.choice(("listing_view", "listing_view", "contact_reveal"))
        return Sent(str(UUID(int=self.random.getrandbits(128))), device, at, self.random.choice(self.cars), type_)

    def _deliver(self, client: httpx.Client, device: str, made: list[Sent]) -> list[dict[str, Any]]:
        events = [sent_event(each.listing_id, each.at, id=each.event_id, type=each.type) for each in made]
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            batch = sent_batch(*events, device_id=device, session_id=device, sent_at=utc_now().isoformat())
            with suppress(httpx.TransportError):
                answer = client.post(f"{self.random.choice(self.addresses)}/v1/events", json=batch)
                if answer.status_code == 200:
                    found: list[dict[str, Any]] = answer.json()["results"]
                    return found
                if answer.status_code != 503:
                    self.wrong.append(f"status {answer.status_code}: {answer.text[:200]}")
            self.repeats += 1
            time.sleep(0.05)
        self.wrong.append("a batch was never answered")
        return []
