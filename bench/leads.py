"""Measure how fast leads are taken in, and how soon a crowd of live connections hears of them.

    python -m bench.leads [--buyers 150] [--seconds 6] [--connections 500]

`POST /v1/leads` with all rules, row policies, encryption, events, clocks and the audit record: the rate with 16
connections, and the 99th percentile at 100 a second, beside bare inserts of the same row of `leads`, each its own
transaction, in the same run. Then live connections of one organisation: the 95th percentile from the commit of an event
to its arrival at each of them, and what a connection adds to the memory of the server.
"""

import argparse
import asyncio
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psutil
from sqlalchemy import insert, select, text
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from bench.http_load import latencies, requests_per_second
from bench.leads_server import bench_settings
from bench.server_process import processor_seconds, served
from core.access.roles import Role
from core.clock import utc_now
from core.db.embedded import embedded_postgres
from core.db.ids import new_id
from core.db.migrate import upgrade_to_head
from core.db.session import SessionFactory, make_engine, make_session_factory, transaction
from core.db.tables import Listing, Org
from core.db.tables.leads import Lead
from core.identity.contacts import Contact
from core.security.platform_keys import new_key_settings, open_keys
from tests.api.people import People
from tests.factories.listings import add_many
from tests.factories.live import number_waiting, tell_lead

CARS = 400
LEADS_OF_A_BUYER = 18  # the rules allow 20 a day
EVENTS = 40
AGENTS = 100  # people of the organisation, among whom the live connections are divided


@dataclass(frozen=True)
class Bench:
    """The server, its database, and the requests of buyers about cars, each pair once."""

    port: int
    pid: int
    sessions: SessionFactory
    requests: list[bytes]
    tokens: list[str]


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--buyers", type=int, default=150)
    options.add_argument("--seconds", type=float, default=6)
    options.add_argument("--connections", type=int, default=500)
    chosen = options.parse_args()
    with _bench(chosen.buyers) as bench:
        half = len(bench.requests) // 2
        bare = _bare_rate(bench, chosen.seconds / 2)
        before = processor_seconds(bench.pid)
        rate = requests_per_second(bench.port, bench.requests[:half], connections=16, seconds=chosen.seconds)
        cost = (processor_seconds(bench.pid) - before) / max(_made(bench.sessions), 1)
        waits = latencies(bench.port, bench.requests[half:], per_second=100, seconds=chosen.seconds)
        print(f"{rate:,.0f} leads a second (at least 400), {bare:,.0f} bare inserts: {rate / bare:.2f} x")
        print(f"{cost * 1000:.1f} ms of processor time of the API for a lead, without the database's")
        print(f"p99 at 100 a second: {waits[int(len(waits) * 0.99)] * 1000:.0f} ms (at most 40 ms)")
        print(f"{_made(bench.sessions):,} leads were made or joined")
        arrivals, memory = asyncio.run(_live(bench, chosen.connections))
        arrivals.sort()
        p95, worst = arrivals[int(len(arrivals) * 0.95)], arrivals[-1]
        print(
            f"{chosen.connections} live connections: p95 {p95 * 1000:.0f} ms (at most 150 ms), slowest"
            f" {worst * 1000:.0f} ms, {memory / 1024:.0f} KiB of memory each"
        )


@contextmanager
def _bench(buyers: int) -> Iterator[Bench]:
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        embedded_postgres(Path(folder) / "postgres") as url,
    ):
        home = Path(folder)
        (home / "keys").write_text(json.dumps(new_key_settings()))
        engine = make_engine(url)
        upgrade_to_head(engine)
        sessions = make_session_factory(engine)
        requests, tokens = _prepare(sessions, home, url, buyers)
        with served("bench.leads_server", "ours", home, url) as port:
            server = next(each for each in psutil.Process().children() if "bench.leads_server" in each.cmdline())
            yield Bench(port, server.pid, sessions, requests, tokens)
        engine.dispose()


def _prepare(sessions: SessionFactory, home: Path, url: str, buyers: int) -> tuple[list[bytes], list[str]]:
    """Add cars, a dealer's agents and buyers; return the buyers' requests and the agents' tokens."""
    people = People(sessions, open_keys(bench_settings(home, url)))
    with transaction(sessions) as session:
        add_many(session, CARS)
    with sessions() as session:
        cars = session.scalars(select(Listing.id).order_by(Listing.id)).all()
        code = session.scalars(select(Org.code).join(Listing, Listing.org_id == Org.id).limit(1)).one()
    agents = [people.person((code, Role.SALES_AGENT)) for _ in range(AGENTS)]
    found = []
    for number in range(buyers):
        buyer = people.person(contact=Contact("phone", f"+92300{number:07d}"))
        for turn in range(LEADS_OF_A_BUYER):
            car = cars[(number * LEADS_OF_A_BUYER + turn) % len(cars)]
            address = f"10.{turn}.{number // 250}.{number % 250 + 1}"
            found.append(_request(car, buyer.token, address, f"Is it there, and may I come at {turn}? {number}"))
    return found, [agent.token for agent in agents]


def _request(car: UUID, token: str, address: str, message: str) -> bytes:
    body = json.dumps({"listing_id": str(car), "message": message}).encode()
    head = (
        f"POST /v1/leads HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nAuthorization: Bearer {token}\r\n"
        f"X-Forwarded-For: {address}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _bare_rate(bench: Bench, seconds: float) -> float:
    """Insert the row of a lead, one transaction each, by 16 threads."""
    with bench.sessions() as session:
        car = session.scalars(select(Listing).limit(1)).one()
        row = {
            "org_id": car.org_id, "listing_id": car.id, "contact_kind": "phone", "type": "message", "make": car.make,
            "blind_index": b"x" * 32, "sealed_contact": b"x" * 80, "state": "spam", "waiting_reason": "new",
        }  # fmt: skip
    done: list[int] = []

    def run(until: float) -> None:
        count = 0
        while time.perf_counter() < until:
            with transaction(bench.sessions) as session:
                session.execute(insert(Lead).values(row | {"id": new_id(), "created_at": utc_now()}))
            count += 1
        done.append(count)

    threads = [threading.Thread(target=run, args=(time.perf_counter() + seconds,)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction(bench.sessions) as session:
        session.execute(text("DELETE FROM leads"))
    return sum(done) / seconds


def _made(sessions: SessionFactory) -> int:
    with sessions() as session:
        return session.scalar(text("SELECT count(*) FROM lead_events WHERE kind IN ('buyer_message', 'joined')")) or 0


async def _live(bench: Bench, connections: int) -> tuple[list[float], float]:
    """Seconds from commit to arrival over all connections and events, and bytes of memory for a connection."""
    await asyncio.to_thread(number_waiting, bench.sessions)
    before = psutil.Process(bench.pid).memory_info().rss
    protocols = [[Subprotocol("automart.live"), Subprotocol(f"bearer.{token}")] for token in bench.tokens]
    address = f"ws://127.0.0.1:{bench.port}/v1/live"
    sockets = [
        await connect(address, subprotocols=protocols[number % AGENTS], proxy=None, compression=None)
        for number in range(connections)
    ]
    for each in sockets:
        assert json.loads(await each.recv())["type"] == "ready"
    memory = (psutil.Process(bench.pid).memory_info().rss - before) / connections
    sent: dict[str, float] = {}
    found: list[float] = []

    async def listen(socket: object) -> None:
        heard = 0
        while heard < EVENTS:
            message = json.loads(await socket.recv())  # type: ignore[attr-defined]
            if message["type"] == "event" and message["subject_id"] in sent:
                found.append(time.perf_counter() - sent[message["subject_id"]])
                heard += 1

    listeners = [asyncio.create_task(listen(each)) for each in sockets]
    await asyncio.to_thread(_emit_events, bench.sessions, sent)
    await asyncio.wait_for(asyncio.gather(*listeners), 60)
    await asyncio.gather(*(each.close() for each in sockets))
    return found, memory


def _emit_events(sessions: SessionFactory, sent: dict[str, float]) -> None:
    """Emit events of leads, five a second, and number each at once, as the loop does within 25 ms."""
    with sessions() as session:
        org_id = session.scalars(select(Listing.org_id).limit(1)).one()
    for _ in range(EVENTS):
        lead_id = new_id()
        with transaction(sessions) as session:
            tell_lead(session, org_id, lead_id=lead_id)
        sent[str(lead_id)] = time.perf_counter()
        time.sleep(0.025)
        number_waiting(sessions)
        time.sleep(0.175)


if __name__ == "__main__":
    main()
