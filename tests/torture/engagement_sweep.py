"""Kill -9 API processes, the process that closes and counts hours, and PostgreSQL: each event is counted once.

`make engagement-sweep` (or `python -m tests.torture.engagement_sweep --kills 60 --seed 7`) prints one JSON line and
exits with 0 when that holds. Phones send batches of the last hours to either API process, each again until it is
answered and some once more; hours are closed and counted meanwhile, and all of them in the end, under kills as well.
The counts by hour and by day are compared with the batches as they were sent, by plain SQL.
"""

import os
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
from sqlalchemy import text

from core.db.copy import copy_frame
from core.db.embedded import embedded_postgres
from core.db.logins import login_settings
from core.db.session import SessionFactory, make_session_factory, transaction
from core.security.platform_keys import new_key_settings
from core.settings import Settings
from tests.factories.listings import add_listing
from tests.torture.command import run_sweep
from tests.torture.database import migrated
from tests.torture.engagement_phones import Phone, Sent, Servers
from tests.torture.engagement_worker import OVER
from tests.torture.sweep import LONGEST_WAIT, Worker, restart_server

VICTIMS = ("api", "counting", "postgres")
PHONES = 3
_SEALED = "80"
"""Hours ahead, by which every hour is sealed and merged."""
_SENT = text(
    "CREATE TABLE sent_events (event_id uuid PRIMARY KEY, device text, at timestamptz, listing_id uuid, type text)"
)
_DIFFERENT = text("""
WITH sent AS (
  SELECT CASE grain WHEN 'hour' THEN date_trunc('hour', at) ELSE date_trunc('day', at, 'Asia/Karachi') END AS starts,
    grain, listing_id::text AS key, count(*) AS events, count(*) FILTER (WHERE type = 'listing_view') AS views,
    count(*) FILTER (WHERE type = 'contact_reveal') AS contacts,
    count(DISTINCT device) FILTER (WHERE type = 'listing_view') AS visitors
  FROM sent_events, unnest(ARRAY['hour', 'day']) grain GROUP BY 1, 2, 3
), counted AS (
  SELECT starts, grain, key, sum(events) AS events, sum(views) AS views, sum(contacts) AS contacts,
    sum(visitors) AS visitors
  FROM engagement_aggregates WHERE dimension = 'listing' GROUP BY 1, 2, 3 HAVING sum(views + contacts) > 0
)
SELECT grain, starts, s.events AS sent, c.events AS counted, s.views, c.views AS counted_views, s.visitors,
  c.visitors AS counted_visitors
FROM sent s FULL JOIN counted c USING (grain, starts, key)
WHERE (s.views, s.contacts, s.visitors) IS DISTINCT FROM (c.views, c.contacts, c.visitors)
""")


@dataclass
class Kills:
    """Kill the processes of a sweep, and count the kills."""

    folder: Path
    servers: Servers
    harness: Worker
    draw: Random
    pid: int = 0
    done: Counter[str] = field(default_factory=Counter)

    def strike(self) -> None:
        """Kill one, and start it again: each first, in turn, and then by chance."""
        turn = self.done.total()
        victim = VICTIMS[turn] if turn < len(VICTIMS) else self.draw.choice(VICTIMS)
        getattr(self, victim)()
        self.done[victim] += 1

    def api(self) -> None:
        self.servers.kill(self.draw.randrange(len(self.servers.addresses)))
        self.servers.wait()

    def counting(self) -> None:
        code = self.harness.kill(self.pid)
        assert code in (-signal.SIGKILL, 0, 2), self.harness.complaints()
        self.pid = self.harness.start("0")

    def postgres(self) -> None:
        kill_postgres(self.folder)
        self.harness.kill(self.pid)  # unless it has met the end of its server
        self.pid = self.harness.start("0")


def kill_postgres(folder: Path) -> None:
    data = folder / "postgres" / "data"
    server = int((data / "postmaster.pid").read_text().splitlines()[0])
    os.kill(server, signal.SIGKILL)
    restart_server(data, server)


@contextmanager
def _database(folder: Path) -> Iterator[tuple[Settings, SessionFactory, str]]:
    with embedded_postgres(folder / "postgres") as url, migrated(url) as engine:
        settings = Settings(
            automart_home=folder, storage_url=None, meili_url=None, **login_settings(url), **new_key_settings()
        )
        yield settings, make_session_factory(engine), url


def sweep_in(folder: Path, kills: int, seed: int, processes: int = 2) -> dict[str, Any]:
    """Send, count and kill; count the rest, killing again; and compare."""
    draw, began = Random(seed), time.monotonic()
    with _database(folder) as (settings, sessions, url):
        with transaction(sessions) as session:
            cars = [add_listing(session) for _ in range(20)]
        servers, stop = Servers(settings, processes), threading.Event()
        harness = Worker(folder, url, folder / "worker.log", module="tests.torture.engagement_worker")
        struck = Kills(folder, servers, harness, draw)
        senders = [
            Phone(f"phone-{number}", cars, servers.addresses, Random(f"{seed} {number}"), stop)
            for number in range(PHONES)
        ]
        threads = [threading.Thread(target=sender.run) for sender in senders]
        try:
            servers.wait()
            struck.pid = harness.start("0")
            for thread in threads:
                thread.start()
            for _ in range(kills - kills // 4):
                time.sleep(draw.uniform(0.1, 1.2))
                struck.strike()
        finally:
            stop.set()
            for thread in threads:
                thread.join()
            servers.stop()
            (folder / OVER).touch()
            harness.ended(LONGEST_WAIT)
        _count_rest(struck, kills // 4)
        harness.close()
        wrong = [sentence for sender in senders for sentence in sender.wrong]
        return {"kills": dict(struck.done), "seed": seed} | _compared(sessions, senders, wrong) | {
            "sent_again": sum(sender.repeats for sender in senders),
            "seconds": round(time.monotonic() - began, 1),
        }  # fmt: skip


def _count_rest(struck: Kills, kills: int) -> None:
    """Seal, merge and count all hours and days; the first attempts are killed in their midst."""
    for number in range(kills + 1):
        pid = struck.harness.start(_SEALED)
        last = number == kills
        code = struck.harness.ended(LONGEST_WAIT if last else struck.draw.uniform(0.02, 0.6))
        if code is None:
            assert not last, "counting never ends"
            if struck.draw.random() < 0.3:
                kill_postgres(struck.folder)
                struck.done["postgres"] += 1
            code = struck.harness.kill(pid)
            struck.done["counting"] += 1
        assert code in ((0,) if last else (0, 2, -signal.SIGKILL)), struck.harness.complaints()


def _compared(sessions: SessionFactory, senders: list[Phone], wrong: list[str]) -> dict[str, Any]:
    """Compare what is counted of hours and days with what was sent; the listing's own events are the platform's."""
    sent = [event for sender in senders for event in sender.acknowledged]
    with transaction(sessions) as session:
        session.execute(_SENT)
        copy_frame(session, "sent_events", _frame(sent))
        different = [dict(row) for row in session.execute(_DIFFERENT).mappings()]
        left = "SELECT (SELECT count(*) FROM engagement_events) + (SELECT count(*) FROM engagement_late_events)"
        counts = "SELECT sum(views + contacts) FROM engagement_aggregates WHERE dimension = 'all' AND grain = '{}'"
        by_hour, by_day = (int(session.scalar(text(counts.format(grain))) or 0) for grain in ("hour", "day"))
        waiting = session.scalar(text(left))
    wrong = wrong + [str(each) for each in different] + ([f"{waiting} are in no file"] if waiting else [])
    return {"sent": len(sent), "counted_by_hour": by_hour, "counted_by_day": by_day, "wrong": wrong[:10]}


def _frame(sent: list[Sent]) -> pl.DataFrame:
    rows = [asdict(each) | {"listing_id": str(each.listing_id), "at": each.at.isoformat()} for each in sent]
    return pl.DataFrame(rows, schema=["event_id", "device", "at", "listing_id", "type"])


def sweep(kills: int, seed: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="automart-sweep-", ignore_cleanup_errors=True) as folder:
        return sweep_in(Path(folder), kills, seed)


def holds(found: dict[str, Any]) -> bool:
    """Tell whether each event is counted once, by hour and by day, and there were some."""
    counted = (found["counted_by_hour"], found["counted_by_day"])
    return not found["wrong"] and counted == (found["sent"], found["sent"]) and found["sent"] > 0


if __name__ == "__main__":
    run_sweep(__doc__, sweep, 60, holds)
