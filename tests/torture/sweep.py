"""Kill -9 the importing process, and PostgreSQL itself, at seeded random moments; the end must be that of a calm run.

`make torture` (or `python -m tests.torture.sweep --kills 200 --seed 7`) prints one JSON line and exits with 0 when the
digests agree. The test suite runs a short form.
"""

import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import psutil
import psycopg

from core.db.embedded import _ensure_running, embedded_postgres
from core.db.logins import Login
from core.db.session import make_session_factory, transaction
from core.identity.orgs import ensure_org
from tests.ready_database import READY_DATABASE
from tests.torture.command import run_sweep
from tests.torture.database import migrated
from tests.torture.digest import broken, digests, pending
from tests.torture.world import DEALERS, Dropped, batches

ROOT = Path(__file__).parents[2]
LONGEST_WAIT = 120.0


@dataclass
class Sweep:
    """The kills of the importer, and the findings after each."""

    kills: Counter[str] = field(default_factory=Counter)  # by victim
    moments: list[float] = field(default_factory=list)  # seconds after the worker's start
    batches: int = 0
    found: list[str] = field(default_factory=list)  # rules that did not hold after a kill


class Worker:
    """The ready process of `worker.py`, or of another module that speaks like it."""

    def __init__(self, home: Path, url: str, log: Path, module: str = "tests.torture.worker") -> None:
        self._log = log
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, str(home), url],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, bufsize=1,
            )  # fmt: skip
        assert self._line() == "ready", self.complaints()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def complaints(self) -> str:
        """The end of what its workers wrote to stderr."""
        return self._log.read_text()[-2000:]

    def start(self, word: str = "go") -> int:
        """A worker begins; its pid."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        return int(self._line())

    def ended(self, within: float) -> int | None:
        """The exit code, or None while the worker is at it."""
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], within)
        return int(self._line()) if ready else None

    def kill(self, pid: int) -> int | None:
        """Kill the worker; its exit code, which is the one of its own end if it came before the blow."""
        with suppress(ProcessLookupError):  # it ended after the last look, and its parent has reaped it
            os.kill(pid, signal.SIGKILL)
        return self.ended(LONGEST_WAIT)

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(LONGEST_WAIT)
        self._process.stdout.close()


@contextmanager
def fresh_home(folder: Path, url: str, database: str) -> Iterator[tuple[Worker, Path, str]]:
    """An empty database and storage with the dealers in it, and a worker that stands ready."""
    with psycopg.connect(url.replace("/automart?", "/postgres?"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {database} TEMPLATE automart OWNER {Login.OWNER}")
    own = url.replace("/automart?", f"/{database}?")
    with migrated(own) as engine, transaction(make_session_factory(engine)) as session:
        for code in DEALERS:
            ensure_org(session, code, code.title(), default_mapping="showroom")
    home = folder / database
    (home / "inbox").mkdir(parents=True)
    worker = Worker(home, own, folder / f"{database}.log")
    try:
        yield worker, home, own
    finally:
        worker.close()


def calm_run(folder: Path, url: str, made: list[list[Dropped]]) -> dict[str, str]:
    """The digests of an uninterrupted run."""
    with fresh_home(folder, url, "calm") as (worker, home, own):
        for batch in made:
            _calm_batch(worker, home, batch)
        assert pending(own) == 0
        return digests(own)


def _calm_batch(worker: Worker, home: Path, batch: list[Dropped]) -> float:
    for file in batch:
        file.land(home / "inbox")
    began = time.monotonic()
    worker.start()
    code = worker.ended(LONGEST_WAIT)
    assert code == 0, f"an uninterrupted run failed with {code}: {worker.complaints()}"
    return time.monotonic() - began


def killed_run(
    folder: Path, url: str, made: list[list[Dropped]], kills: int, seed: int, in_one_batch: int = 10
) -> tuple[dict[str, str], Sweep]:
    """The digests of a run in which a worker or the server is killed until there were enough kills.

    The first batch is left alone: its time says where in a batch the kills of the others may fall.
    """
    random, sweep = Random(seed), Sweep()
    with fresh_home(folder, url, "killed") as (worker, home, own):
        batch_seconds = _calm_batch(worker, home, made[0])
        sweep.batches = 1
        for batch in made[1:]:
            if sum(sweep.kills.values()) >= kills:
                break
            for file in batch:
                file.land(home / "inbox")
            sweep.batches += 1
            limit = min(kills, sum(sweep.kills.values()) + in_one_batch)
            while True:
                due = sum(sweep.kills.values()) < limit
                delay = random.uniform(0, batch_seconds) if due else LONGEST_WAIT
                victim = "postgres" if due and random.random() < 0.2 else "worker"
                if _run_once(worker, victim, delay, folder / "postgres" / "data", sweep) == 0:
                    break
                sweep.found += broken(own)
        assert pending(own) == 0
        return digests(own), sweep


def _run_once(worker: Worker, victim: str, delay: float, data: Path, sweep: Sweep) -> int:
    pid = worker.start()
    code = worker.ended(delay)
    if code is not None:
        assert code == 0, f"a worker that nobody killed failed with {code}: {worker.complaints()}"
        return code
    if victim == "postgres":
        server = int((data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(server, signal.SIGKILL)
        code = worker.ended(LONGEST_WAIT)  # it meets the end of its server by itself
        restart_server(data, server)
    else:
        code = worker.kill(pid)
    sweep.kills[victim] += 1
    sweep.moments.append(delay)
    assert code is not None, "a worker hangs after the server's death"
    return code or 1  # it may have ended well just then; the next one will find nothing to do


def restart_server(data: Path, killed: int) -> None:
    deadline = time.monotonic() + 10
    while psutil.pid_exists(killed) and time.monotonic() < deadline:  # until somebody has reaped it
        time.sleep(0.02)
    _ensure_running(data)


def sweep(kills: int, seed: int) -> dict[str, object]:
    """Both runs and their comparison."""
    made, began = batches(22 + kills, seed), time.monotonic()  # some end before they are killed
    with tempfile.TemporaryDirectory(prefix="automart-torture-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        READY_DATABASE.lay(folder)
        with embedded_postgres(folder / "postgres") as url:
            ended, done = killed_run(folder, url, made, kills, seed)
            expected = calm_run(folder, url, made[: done.batches])
    return {
        "equal": ended == expected,
        "differs": [name for name in expected if expected[name] != ended[name]],
        "broken_after_a_kill": done.found,
        "kills": dict(done.kills),
        "files": sum(map(len, made[: done.batches])),
        "kill_moments": [round(min(done.moments, default=0), 3), round(max(done.moments, default=0), 3)],
        "seconds": round(time.monotonic() - began, 1),
        "digests": expected,
    }


if __name__ == "__main__":
    run_sweep(__doc__, sweep, 200, lambda result: result["equal"] and not result["broken_after_a_kill"])
