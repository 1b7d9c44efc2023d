"""Kill -9 one of two processes that run the loops, again and again: nothing is lost, nothing is done by two at once.

`make torture-work` (or `python -m tests.torture.work_sweep --kills 60 --seed 7`) prints one JSON line and exits with 0
when every change was written down once and in the order of its subject, the index is the table, and every loop of a
dead process was taken over within its lease. Between the kills a process is held up for longer than its lease, and
wakes when another has taken over. The test suite runs a short form.
"""

import os
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from uuid import UUID

from sqlalchemy import Engine, text

from core.db.embedded import embedded_postgres
from core.db.session import SessionFactory, make_session_factory, transaction
from core.outbox.emit import emit
from core.outbox.events import NewEvent
from core.outbox.lag import consumer_lag
from core.search.following import index_lag
from core.search.tantivy import TantivyEngine
from core.settings import Settings
from core.work.claims import loop_states
from tests.factories.listings import add_listing, add_many
from tests.torture.command import run_sweep
from tests.torture.database import migrated
from tests.torture.index_truth import differences
from tests.torture.sweep import LONGEST_WAIT, Worker
from tests.torture.work_worker import LEASE, LEDGER, TABLES

SLACK = 3.0  # of a busy machine: a look for free loops twice a second, a claim, the first renewals
# About two cars: the loop that writes down takes some 300 events a second, and must come to an end.
_PRICE = text("UPDATE listings SET price_pkr = price_pkr + 1 WHERE row_number % 200 = :rest")
_OWNER = text("SELECT split_part(owner, ':', 2)::int FROM work_claims WHERE loop = 'ledger.write'")
_TAKEN = text(
    "SELECT bool_and(expires_at > clock_timestamp() AND split_part(owner, ':', 2)::int <> :dead) FROM work_claims"
)
_LOST = text("""
SELECT (SELECT count(*) FROM outbox_changes WHERE topic IN ('listing', 'lead')) AS told,
  (SELECT count(*) FROM ledger) AS written,
  (SELECT count(*) FROM outbox_changes e WHERE e.topic IN ('listing', 'lead')
     AND NOT EXISTS (SELECT FROM ledger w WHERE w.event_id = e.id AND w.place = e.place)) AS lost,
  (SELECT count(*) FROM (SELECT FROM ledger GROUP BY event_id, place HAVING count(*) > 1) twice) AS twice,
  (SELECT count(*) FROM (SELECT sequence <> row_number() OVER (PARTITION BY subject_id ORDER BY at) AS wrong
     FROM ledger) numbered WHERE wrong) AS out_of_order
""")


@dataclass
class WorkSweep:
    """The kills of processes, and the times until other processes took over their loops."""

    kills: Counter[str] = field(default_factory=Counter)  # by whether the victim had the loop that writes down
    held_up: int = 0
    waits: list[float] = field(default_factory=list)  # seconds from a kill to the take-over of all its loops


class Changes(threading.Thread):
    """Changes listings and tells of leads until it is stopped."""

    def __init__(self, sessions: SessionFactory, seed: int) -> None:
        super().__init__(name="changes")
        self._sessions, self._dice, self._over = sessions, Random(seed), threading.Event()
        self._leads = [UUID(int=number) for number in range(1, 20)]

    def run(self) -> None:
        while not self._over.wait(self._dice.uniform(0, 0.05)):
            with transaction(self._sessions) as session:
                if self._dice.random() < 0.3:
                    add_listing(session, model=self._dice.choice(("Yaris", "Prado", "Aqua")))
                session.execute(_PRICE, {"rest": self._dice.randrange(200)})
                emit(session, "lead", NewEvent(self._dice.choice(self._leads), "told"))

    def stop(self) -> None:
        self._over.set()
        self.join()


@contextmanager
def two_processes(folder: Path, url: str) -> Iterator[dict[int, Worker]]:
    """The harness of each process by the pid of the process itself."""
    harnesses = [
        Worker(folder, url, folder / f"worker{number}.log", module="tests.torture.work_worker") for number in range(2)
    ]
    running = {harness.start(): harness for harness in harnesses}
    try:
        yield running
    finally:
        for pid, harness in running.items():
            os.kill(pid, signal.SIGTERM)
            code = harness.ended(LONGEST_WAIT)
            assert code == 0, f"a process that was asked to end ended with {code}: {harness.complaints()}"
        for harness in harnesses:
            harness.close()


def killed_run(folder: Path, url: str, kills: int, seed: int) -> tuple[WorkSweep, list[str]]:
    """Kill until there were enough, let the loops come to an end; what was done, and what is wrong afterwards."""
    with migrated(url) as engine:
        sessions, sweep, dice = make_session_factory(engine), WorkSweep(), Random(seed)
        with engine.begin() as connection:
            connection.execute(text(TABLES))
        with transaction(sessions) as session:
            add_many(session, 400)
        with two_processes(folder, url) as running:
            _until(lambda: _taken_over(engine, dead=0))
            changes = Changes(sessions, seed)
            changes.start()
            try:
                for _ in range(kills):
                    time.sleep(dice.uniform(0, 0.6))
                    if dice.random() < 0.2:
                        _hold_up(engine, running, sweep)
                    _kill(engine, running, sweep, dice)
            finally:
                changes.stop()
            _until(lambda: _all_done(sessions, folder))
        wrong = _wrong(sessions, folder)
        return sweep, wrong


def _kill(engine: Engine, running: dict[int, Worker], sweep: WorkSweep, dice: Random) -> None:
    """Kill one, mostly the one that writes down; start another in its place when its loops are taken over."""
    with engine.connect() as connection:
        owner = connection.scalar(_OWNER)
    victim = owner if owner in running and dice.random() < 0.75 else dice.choice(sorted(running))
    harness = running.pop(victim)
    os.kill(victim, signal.SIGKILL)
    began = time.monotonic()
    assert harness.ended(LONGEST_WAIT) == -signal.SIGKILL, harness.complaints()
    sweep.kills["owner" if victim == owner else "other"] += 1
    _until(lambda: _taken_over(engine, dead=victim))
    sweep.waits.append(time.monotonic() - began)
    running[harness.start()] = harness


def _hold_up(engine: Engine, running: dict[int, Worker], sweep: WorkSweep) -> None:
    """Stop the process that writes down, whatever it is doing, until after its lease; then let it go on."""
    with engine.connect() as connection:
        owner = connection.scalar(_OWNER)
    if owner in running:
        os.kill(owner, signal.SIGSTOP)
        time.sleep(LEASE + 1.0)
        os.kill(owner, signal.SIGCONT)
        sweep.held_up += 1
        _until(lambda: _taken_over(engine, dead=0))


def _taken_over(engine: Engine, dead: int) -> bool:
    with engine.connect() as connection:
        return connection.scalar(text("SELECT count(*) FROM work_claims")) == 2 and bool(
            connection.scalar(_TAKEN, {"dead": dead})
        )


def _all_done(sessions: SessionFactory, folder: Path) -> bool:
    index = TantivyEngine(Settings(automart_home=folder).index_dir)
    with sessions() as session:
        return consumer_lag(session, LEDGER).events == 0 == index_lag(session, index.index_id()).events


def _until(condition: object) -> None:
    deadline = time.monotonic() + LONGEST_WAIT
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def _wrong(sessions: SessionFactory, folder: Path) -> list[str]:
    with sessions() as session:
        found = session.execute(_LOST).one()
        wrong = differences(session, TantivyEngine(Settings(automart_home=folder).index_dir))
        live = [state.name for state in loop_states(session) if state.live]
    if found.told != found.written or found.lost or found.twice or found.out_of_order:
        wrong.append(f"The ledger is not the outbox: {dict(found._mapping)}")
    if (folder / "two_at_once").exists():
        wrong.append("Two processes were at one loop at the same time.")
    if live:
        wrong.append(f"Processes that ended in order kept their loops: {live}")
    return wrong


def sweep(kills: int, seed: int) -> dict[str, object]:
    """The run and its end."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="automart-torture-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with embedded_postgres(folder / "postgres") as url:
            done, wrong = killed_run(folder, url, kills, seed)
    late = [wait for wait in done.waits if wait > LEASE + SLACK]
    return {
        "wrong": wrong[:10],
        "kills": dict(done.kills),
        "held_up": done.held_up,
        "longest_take_over": round(max(done.waits, default=0), 2),
        "lease": LEASE,
        "late": [round(wait, 2) for wait in late],
        "seconds": round(time.monotonic() - began, 1),
    }


if __name__ == "__main__":
    run_sweep(__doc__, sweep, 60, lambda result: not result["wrong"] and not result["late"])
