"""Random interleavings of transactions, and one feed of 50,000 cars: each consumer gets each change once, in order.

`make torture-outbox` (or `python -m tests.torture.outbox_sweep --interleavings 1000 --seed 7`) prints one JSON line and
exits with 0 when nothing was lost, repeated or out of order. The test suite runs a short form.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine, text

from bench.feeds.files import MAPPING, stock
from core.db.embedded import embedded_postgres
from core.db.session import SessionFactory, make_session_factory, transaction
from core.identity.orgs import ensure_org, get_org
from core.outbox.reader import OutboxReader
from core.settings import Settings
from core.storage import open_storage
from pipelines.feeds.mapping.store import load_mapping
from pipelines.imports import Delivery, ImportContext, import_delivery
from tests.torture.database import migrated
from tests.torture.interleavings import LISTINGS, Interleaving, found_template

STEPS = 60


def interleavings(engine: Engine, count: int, seed: int) -> dict[str, object]:
    """Run them one after the other on one database; what was done and what is wrong."""
    found_template(engine)
    done: Counter[str] = Counter()
    wrong: list[str] = []
    for number in range(count):
        one = Interleaving(engine, seed * 1_000_003 + number)
        wrong += [f"interleaving {number}: {sentence}" for sentence in one.run(STEPS)]
        done.update(
            committed=one.committed,
            undone=one.undone,
            changes=sum(map(len, one.truth.values())),
            delivered=sum(map(len, one.got.values())),
        )
    return {"interleavings": count, **done, "wrong": wrong[:10]}


def one_feed(engine: Engine, home: Path, cars: int) -> dict[str, object]:
    """A dealer's first file and a later one with a hundredth of the prices changed, read in parts by a consumer."""
    sessions = make_session_factory(engine)
    storage = open_storage(Settings(automart_home=home, storage_url=None))
    with transaction(sessions) as session:
        ensure_org(session, "big-dealer", "Big Dealer", default_mapping=MAPPING)
    seen: dict[UUID, list[tuple[int, int | None, int | None]]] = {}
    wrong: list[str] = []
    for changed_every in (0, 100):
        with transaction(sessions) as session:
            delivery = Delivery(
                get_org(session, "big-dealer"),
                f"stock-{changed_every}.csv",
                stock(cars, changed_every=changed_every).write_csv().encode(),
                load_mapping(MAPPING),
            )
            import_delivery(ImportContext(session, storage, run_id="sweep"), delivery)
        _read_on(sessions, seen)
        wrong += _wrong_prices(sessions, seen)
    events = sum(map(len, seen.values()))
    return {"cars": len(seen), "events": events, "wrong": wrong}


def _read_on(sessions: SessionFactory, seen: dict[UUID, list[tuple[int, int | None, int | None]]]) -> None:
    more = True
    while more:
        with transaction(sessions) as session:
            reader = OutboxReader(session, LISTINGS)
            reader.lock()
            reading = reader.read(1_777)
            reader.move(reading.position)
        more = reading.more
        for event in reading.events:
            old, new = event.payload["old"], event.payload["new"]
            prices = (None if old is None else old["price_pkr"], new["price_pkr"])
            seen.setdefault(event.subject_id, []).append((event.sequence, *prices))


def _wrong_prices(sessions: SessionFactory, seen: dict[UUID, list[tuple[int, int | None, int | None]]]) -> list[str]:
    """Every car's events against its price history, which the importer writes for itself."""
    query = text("""
    SELECT l.id, array_agg(p.price_pkr ORDER BY p.observed_at, p.id) AS prices
    FROM listings l JOIN orgs o ON o.id = l.org_id JOIN listing_price_history p ON p.listing_id = l.id
    WHERE o.code = 'big-dealer' GROUP BY l.id
    """)
    with sessions() as session:
        history = {row.id: row.prices for row in session.execute(query)}
    expected = {
        car: [(at + 1, prices[at - 1] if at else None, price) for at, price in enumerate(prices)]
        for car, prices in history.items()
    }
    found = {car: events for car, events in seen.items() if car in expected}
    return [f"{car}: {found.get(car)} for {events}" for car, events in expected.items() if found.get(car) != events][:5]


def sweep(count: int, seed: int, cars: int) -> dict[str, object]:
    """Both on one server."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="automart-torture-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with embedded_postgres(folder / "postgres") as url, migrated(url) as engine:
            with engine.begin() as connection:  # nothing is killed here, so no commit needs to wait for the disk
                connection.execute(text("ALTER DATABASE automart SET synchronous_commit = off"))
            engine.dispose()
            random = interleavings(engine, count, seed)
            feed = one_feed(engine, folder, cars)
    return {"random": random, "one_feed": feed, "seconds": round(time.monotonic() - began, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interleavings", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--cars", type=int, default=50_000)
    given = parser.parse_args()
    result = sweep(given.interleavings, given.seed, given.cars)
    print(json.dumps(result))
    sys.exit(1 if result["random"]["wrong"] or result["one_feed"]["wrong"] else 0)  # type: ignore[index]


if __name__ == "__main__":
    main()
