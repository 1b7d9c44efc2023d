"""Kill -9 the reconciler of deposits, PostgreSQL and connections, again and again: no money is lost, none is doubled.

`make deposits-sweep` (or `python -m tests.torture.deposits_sweep --kills 100 --seed 7`) prints one JSON line and exits
with 0 when every payment that the provider took is in the books once, every refund was done once, what was acknowledged
to a caller is there, and the books are proven. The test suite runs a short form.
"""

import os
import signal
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from core.access.principal import Principal
from core.clock import utc_now
from core.db.embedded import embedded_postgres
from core.db.migrate import upgrade_to_head
from core.db.session import make_engine, make_session_factory
from core.errors import AutomartError
from core.money import paisa_of_decimal
from serving.deposits import acts
from tests.factories.deposits import AMOUNT, Till, sandbox
from tests.torture.command import run_sweep
from tests.torture.deposits_worker import AHEAD
from tests.torture.sweep import LONGEST_WAIT, Worker, restart_server

_CUT = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND state <> 'idle'")
_PER_KILL = 2


@dataclass
class DepositsSweep:
    """What was done: kills by victim, and what callers were told."""

    kills: Counter[str] = field(default_factory=Counter)
    told: dict[UUID, str] = field(default_factory=dict)  # the last acknowledged act of each deposit
    unsure: int = 0


class Callers:
    """Buyers, dealers and finance: each act is one transaction, as an answer of the API is."""

    def __init__(self, till: Till, sweep: DepositsSweep, dice: Random) -> None:
        self.till, self.sweep, self.dice = till, sweep, dice
        self.dealer, self.finance = till.dealer(), till.staff()
        self.open: list[UUID] = []

    def act(self) -> None:
        """Open and pay a deposit, and do something with an earlier one."""
        deposit = self.till.open(self.till.car())
        self.sweep.told[deposit] = "open"
        self.open.append(deposit)
        for _ in range(self.dice.choice((0, 1, 1, 1, 2))):  # two tabs, or a buyer who leaves
            self.till.pay(deposit, amount_pkr=self.dice.choice((AMOUNT, AMOUNT, AMOUNT, AMOUNT - 1)))
        earlier = self.dice.choice(self.open)
        word = self.dice.choice(("capture", "void", "decline", "refund"))
        try:
            self._do(word, earlier)
        except AutomartError:
            return  # it is in another state
        self.sweep.told[earlier] = word

    def _do(self, word: str, deposit: UUID) -> None:
        till = self.till
        if word == "capture":
            till.do(acts.capture_deposit, self.dealer, deposit, till.now)
        elif word == "refund":
            till.refund(deposit, None, self.finance, 10**9)
        elif word == "decline":
            till.do(acts.decline_deposit, self.dealer, deposit, None, till.now)
        else:
            till.do(acts.void_deposit, Principal(till.deposit(deposit).buyer_id), deposit, None, till.now)


def killed_run(folder: Path, url: str, kills: int, seed: int) -> tuple[DepositsSweep, list[str]]:
    """Kill until there were enough, let everything settle; what was done, and what is wrong afterwards."""
    engine = make_engine(url)
    upgrade_to_head(engine)
    sweep, dice = DepositsSweep(), Random(seed)
    with sandbox() as server:
        (folder / "provider").write_text(server.url)
        till = Till.of(make_session_factory(engine), server)
        till.car()
        callers, worker = Callers(till, sweep, dice), Worker(
            folder, url, folder / "worker.log", module="tests.torture.deposits_worker"
        )  # fmt: skip
        try:
            for number in range(kills):
                server.misbehaviour.lose_refund_answers = dice.choice((0, 0, 1))
                victim = dice.choice(("reconciler", "reconciler", "reconciler", "postgres", "connections"))
                _kill(worker, callers, (victim, number), folder, dice)
        finally:
            worker.close()
        server.misbehaviour.lose_refund_answers = 0
        till.now += 6 * timedelta(hours=1)
        for _ in range(8):
            till.turn(16)
        wrong = _wrong(till, sweep)
    engine.dispose()
    return sweep, wrong


def _kill(worker: Worker, callers: Callers, what: tuple[str, int], folder: Path, dice: Random) -> None:
    victim, number = what
    pid = worker.start(str(number * 20))
    callers.till.now = utc_now() + number * 20 * AHEAD
    for _ in range(_PER_KILL):
        callers.act()
        time.sleep(dice.uniform(0, 0.1))
    data = folder / "postgres" / "data"
    if victim == "postgres":
        server = int((data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(server, signal.SIGKILL)
        assert worker.ended(LONGEST_WAIT) == 2, worker.complaints()
        restart_server(data, server)
        _call_again(callers)
    elif victim == "connections":
        with callers.till.sessions() as session:
            session.execute(_CUT)
        if worker.ended(0.3) is None:
            worker.kill(pid)
    else:
        worker.kill(pid)
    callers.sweep.kills[victim] += 1


def _call_again(callers: Callers) -> None:
    """Callers whose connection is gone do not know what became of their act, and begin anew."""
    for _ in range(20):
        try:
            callers.act()
        except OperationalError:
            callers.sweep.unsure += 1
            time.sleep(0.1)
        else:
            return


def _wrong(till: Till, sweep: DepositsSweep) -> list[str]:
    books, provider = till.books(), till.server.books  # proven
    paid = [each for every in provider.payments.values() for each in every if each["state"] == "paid"]
    back = sum(paisa_of_decimal(each["amount_pkr"]) for each in provider.refunds.values())
    there = (sum(paisa_of_decimal(each["amount_pkr"]) for each in paid) - back) // 100
    wrong = []
    if books.get("provider_clearing", 0) != there:
        wrong.append(f"The provider has {there} rupees of ours, and the books say {books.get('provider_clearing', 0)}.")
    if books.get("unallocated", 0):
        wrong.append(f"{books['unallocated']} rupees are still nobody's.")
    with till.sessions() as session:
        known = session.execute(text("SELECT count(*), count(DISTINCT provider_transaction) FROM payments")).one()
        left = session.scalar(text("SELECT count(*) FROM deposit_refunds WHERE state <> 'done'"))
        states = {row.id: row.state for row in session.execute(text("SELECT id, state FROM deposits"))}
    if tuple(known) != (len(paid), len(paid)) or left:
        wrong.append(f"{len(paid)} payments were taken, {known[0]} are known; {left} refunds are not done.")
    allowed = {"capture": {"captured"}, "void": {"voided", "refunded"}, "decline": {"voided", "refunded"},
               "refund": {"refunded"}}  # fmt: skip
    lost = [word for each, word in sweep.told.items()
            if each not in states or states[each] not in allowed.get(word, set(states.values()))]  # fmt: skip
    return [*wrong, *(f"An acknowledged {word} is lost." for word in lost)]


def sweep(kills: int, seed: int) -> dict[str, object]:
    """The run and its end."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="automart-torture-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with embedded_postgres(folder / "postgres") as url:
            done, wrong = killed_run(folder, url, kills, seed)
    return {
        "kills": dict(done.kills), "deposits": len(done.told), "unsure": done.unsure, "wrong": wrong,
        "seconds": round(time.monotonic() - began, 1),
    }  # fmt: skip


if __name__ == "__main__":
    run_sweep(__doc__, sweep, 100, lambda result: not result["wrong"])
