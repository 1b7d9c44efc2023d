"""Measure how fast webhooks are queued and sent, beside a bare loop of the same HTTP client in the same run.

    python -m bench.webhooks.sending [--messages 4000] [--processes 2] [--cars 50000]

Four figures: a feed that changes very many cars, and one event for 10,000 subscriptions, from the outbox to their
deliveries (`bench.webhooks.waiting`); deliveries a second to a
receiver on loopback (claimed, signed, sent, written down), by some processes, beside one bare loop of httpx that posts
the same bytes; and the 95th percentile of the time from due to delivered of live endpoints, with and without a dead
one. The processor time of both loops is printed too: on a busy machine it says more than the clock.
"""

import argparse
import asyncio
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import httpx
from sqlalchemy import text

from bench.webhooks.receiver import receiver
from bench.webhooks.waiting import SUBSCRIPTIONS, fan_out_seconds, feed_seconds
from core.access.principal import Membership, Principal
from core.access.roles import Role
from core.clock import utc_now
from core.db.embedded import embedded_postgres
from core.db.logins import login_settings
from core.db.migrate import upgrade_to_head
from core.db.session import SessionFactory, make_engine, make_session_factory, transaction
from core.egress.addresses import EgressRules
from core.egress.http import trusted
from core.personal_data.sealer import Sealer
from core.security.platform_keys import new_key_settings, open_keys
from core.settings import Settings
from core.work.loop import Turn
from pipelines.webhooks.dispatching import dispatch
from pipelines.webhooks.sending import Sender
from serving.webhooks.desk import WebhookDesk
from serving.webhooks.endpoints import EndpointSpec, add_endpoint
from tests.factories.turns import OneTurn

ENDPOINTS = 40
RULES = EgressRules(private_hosts=frozenset({"127.0.0.1"}), plain_private=True)
BODY = b'{"data":{"listing_id":"019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b","new_price_pkr":4500000},"type":"x"}'
_FILL = text("""
WITH made AS (
  INSERT INTO webhook_messages (type, org_id, subject_id, sequence, is_public, payload)
  SELECT 'listing.sold', :org, uuidv7(), 1, false, CAST(:payload AS jsonb) FROM generate_series(1, :messages)
  RETURNING id, subject_id
), counted AS (SELECT id, subject_id, row_number() OVER () AS n FROM made),
there AS (SELECT id, row_number() OVER () AS n, count(*) OVER () AS many FROM webhook_endpoints
  WHERE org_id = :org AND deleted_at IS NULL)
INSERT INTO webhook_deliveries (endpoint_id, org_id, message_id, subject_id, sequence, due_at)
SELECT e.id, :org, m.id, m.subject_id, 1, :now FROM counted m JOIN there e ON e.n = 1 + m.n % e.many
""")
_WAITS = text("""
SELECT extract(epoch FROM d.delivered_at - d.due_at) FROM webhook_deliveries d JOIN webhook_endpoints e
ON e.id = d.endpoint_id WHERE d.outcome = 'delivered' AND NOT d.is_ping AND e.url NOT LIKE '%hang'
""")
_CLEAR = "TRUNCATE webhook_attempts, webhook_deliveries, webhook_messages"


@dataclass(frozen=True)
class Bench:
    """The database, and the organisation whose webhooks are sent."""

    settings: Settings
    sessions: SessionFactory
    org_id: UUID
    port: int

    def fill(self, messages: int) -> None:
        """Queue messages, those of one endpoint after the other."""
        given = {"org": self.org_id, "messages": messages, "payload": BODY.decode(), "now": utc_now()}
        with transaction(self.sessions) as session:
            session.execute(_FILL, given)

    def clear(self) -> None:
        """Delete all deliveries."""
        with transaction(self.sessions) as session:
            session.execute(text(_CLEAR))

    def endpoints(self, *paths: str) -> None:
        """Add confirmed endpoints at the receiver."""
        admin = Principal(None, (Membership(self.org_id, "x", Role.ORG_ADMIN),), uuid4())
        with transaction(self.sessions) as session:
            desk = WebhookDesk(session, admin, Sealer(session, open_keys(self.settings)), RULES, utc_now())
            for path in paths:
                spec = EndpointSpec(url=f"http://127.0.0.1:{self.port}{path}", events=["listing.sold"], concurrency=8)
                add_endpoint(desk, self.org_id, spec)
            session.execute(text("UPDATE webhook_endpoints SET phase = 'active' WHERE phase = 'unconfirmed'"))
        self.clear()


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--messages", type=int, default=4_000)
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--cars", type=int, default=50_000)
    chosen = options.parse_args()
    with _bench() as bench:
        seconds = feed_seconds(bench.sessions, chosen.cars)
        print(f"a feed that changes {chosen.cars:,} cars is queued in {seconds:.1f} s (at most 120 s for 50,000)")
        bench.clear()
        seconds = fan_out_seconds(bench.sessions, bench.org_id)
        bench.clear()
        print(f"one event for {SUBSCRIPTIONS:,} subscriptions: {seconds:.2f} s (at most 2 s)")
        bench.endpoints(*(f"/{number}" for number in range(ENDPOINTS)))
        began = time.process_time()
        bare = _bare_rate(bench.port, chosen.messages)
        print(f"a bare post costs {(time.process_time() - began) / chosen.messages * 1000:.2f} ms of processor time")
        ours = _rate(bench, chosen.messages, chosen.processes)
        print(f"{ours:,.0f} deliveries a second by {chosen.processes} processes (at least 800)")
        print(f"{bare:,.0f} posts a second by a bare loop of httpx: {ours / bare:.2f} x (at least 0.5 x)")
        alone = _p95(bench)
        bench.endpoints("/hang")
        beside = _p95(bench)
        print(
            f"p95 from due to delivered: {alone:.2f} s, beside a dead endpoint {beside:.2f} s: {beside / alone:.2f} x"
        )


@contextmanager
def _bench() -> Iterator[Bench]:
    with (
        receiver() as port,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        embedded_postgres(Path(folder) / "postgres") as url,
    ):
        engine = make_engine(url)
        upgrade_to_head(engine)
        settings = Settings(
            automart_home=Path(folder), storage_url=None, meili_url=None, **login_settings(url), **new_key_settings()
        )
        sessions = make_session_factory(engine)
        with transaction(sessions) as session:
            org_id = session.scalars(
                text("INSERT INTO orgs (code, name) VALUES ('khan-motors', 'Khan') RETURNING id")
            ).one()
        yield Bench(settings, sessions, org_id, port)
        engine.dispose()


def _bare_rate(port: int, messages: int) -> float:
    async def post() -> float:
        turns = iter(range(messages))
        async with httpx.AsyncClient(trust_env=False) as client:

            async def some() -> None:
                for number in turns:
                    answer = await client.post(f"http://127.0.0.1:{port}/{number % ENDPOINTS}", content=BODY)
                    assert answer.status_code == 204

            began = time.perf_counter()
            await asyncio.gather(*(some() for _ in range(64)))
            return messages / (time.perf_counter() - began)

    return asyncio.run(post())


def _rate(bench: Bench, messages: int, processes: int) -> float:
    bench.fill(messages)
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(processes + 1)
    workers = [context.Process(target=_drain, args=(bench.settings, ready)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    ready.wait()
    began = time.perf_counter()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - began
    with transaction(bench.sessions) as session:
        sent = session.scalar(text("SELECT count(*) FROM webhook_deliveries WHERE outcome = 'delivered'"))
    if sent != messages:
        raise SystemExit(f"{sent} of {messages} messages were delivered")
    bench.clear()
    return messages / seconds


def _drain(settings: Settings, ready: "multiprocessing.synchronize.Barrier | None" = None) -> None:
    """Send until nothing is due, as the loop does, in a process of its own."""
    assert settings.database_pipelines_url is not None
    engine = make_engine(settings.database_pipelines_url.get_secret_value())
    turn: Turn = OneTurn(make_session_factory(engine))
    keys = open_keys(settings)

    async def send() -> None:
        sender = Sender(RULES, trusted(RULES))
        if ready is not None:
            ready.wait()
        began = time.process_time()
        sent = await dispatch(turn, keys, sender, seconds=600)
        if ready is not None and sent:
            spent = (time.process_time() - began) / sent * 1000
            print(f"a process sent {sent:,}, each for {spent:.2f} ms of processor time", flush=True)
        await sender.close()

    asyncio.run(send())
    engine.dispose()


def _p95(bench: Bench) -> float:
    bench.fill(1_000)
    _drain(bench.settings)
    with transaction(bench.sessions) as session:
        waits = [float(wait) for wait in session.scalars(_WAITS)]
    bench.clear()
    return statistics.quantiles(waits, n=20)[-1]


if __name__ == "__main__":
    main()
