"""Kill -9 the reconciler of deposits, the API and PostgreSQL, cut connections at commits: no money is lost or doubled.

`make deposits-sweep` (or `python -m tests.torture.deposits_sweep --kills 100 --seed 7`) prints one JSON line and exits
with 0 when every payment that the provider took is in the books once, every refund was done once, what was acknowledged
to a caller is there, the same key gave the same answer, and the books are proven. The test suite runs a short form
without the API.
"""

import os
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from core.access.principal import Principal
from core.clock import utc_now
from core.db.embedded import embedded_postgres
from core.db.logins import login_settings
from core.db.session import make_engine, make_session_factory
from core.errors import AutomartError
from core.money import paisa_of_decimal
from core.security.platform_keys import new_key_settings, open_keys
from core.settings import Settings
from serving.deposits import acts
from tests.api.people import People
from tests.factories.deposits import AMOUNT, SECRET, Till, sandbox
from tests.ready_database import READY_DATABASE
from tests.torture.command import run_sweep
from tests.torture.cutting import cut_at_commit
from tests.torture.database import migrated
from tests.torture.deposits_shopper import Shopper
from tests.torture.engagement_sweep import Servers
from tests.torture.sweep import LONGEST_WAIT, Worker, restart_server

_CUT = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND state <> 'idle'")
_UNSETTLED = text("""
SELECT (SELECT count(*) FROM deposit_refunds WHERE state <> 'done')
  + (SELECT count(*) FROM deposits WHERE state IN ('created', 'awaiting_payment', 'held', 'refunding'))
""")
_PER_KILL = 2
_MOST_TURNS = 100
VICTIMS = ("reconciler", "postgres", "connections", "cut before commit", "cut after commit", "caller cut")
"""The API beside them, where there is one."""


@dataclass
class DepositsSweep:
    """Counts of a sweep: kills by victim, and the answers that callers got."""

    kills: Counter[str] = field(default_factory=Counter)
    told: dict[UUID, str] = field(default_factory=dict)  # the last acknowledged act of each deposit
    unsure: int = 0
    repeats: int = 0
    wrong: list[str] = field(default_factory=list)


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


@dataclass(frozen=True)
class Field:
    """The parts of a sweep: callers, processes to kill, and the folder of the platform."""

    folder: Path
    url: str
    callers: Callers
    worker: Worker
    dice: Random
    servers: Servers | None = None
    shopper: Shopper | None = None

    def victims(self) -> Iterator[str]:
        """Each kind of victim equally often, in an order of chance."""
        every = [*VICTIMS, "api", "api"] if self.servers else list(VICTIMS)
        while True:
            yield from self.dice.sample(every, len(every))

    def act(self) -> None:
        """Act as the callers do in one episode."""
        for _ in range(_PER_KILL):
            self.callers.act()
            time.sleep(self.dice.uniform(0, 0.1))


def killed_run(folder: Path, url: str, chosen: tuple[int, int], *, api: bool) -> tuple[DepositsSweep, list[str]]:
    """Kill until there were enough, let everything settle; what was done, and what is wrong afterwards."""
    kills, seed = chosen
    with migrated(url) as engine:
        sweep, dice, sessions = DepositsSweep(), Random(seed), make_session_factory(engine)
        with sandbox() as server, ExitStack() as closing:
            (folder / "provider").write_text(server.url)
            till = Till.of(sessions, server)
            till.car()
            worker = Worker(folder, url, folder / "worker.log", module="tests.torture.deposits_worker")
            closing.callback(worker.close)
            there = Field(folder, url, Callers(till, sweep, dice), worker, dice)
            if api:
                there = _with_api(there, closing)
            for _, victim in zip(range(kills), there.victims(), strict=False):
                server.misbehaviour.lose_refund_answers = dice.choice((0, 0, 1))
                _kill(there, victim)
                sweep.kills[victim] += 1
            server.misbehaviour.lose_refund_answers = 0
            if there.shopper is not None:
                sweep.told |= there.shopper.told
                sweep.repeats, sweep.wrong = there.shopper.repeats, there.shopper.wrong
            wrong = [*sweep.wrong, *_settle(till), *_wrong(till, sweep)]
        return sweep, wrong


def _with_api(there: Field, closing: ExitStack) -> Field:
    till = there.callers.till
    settings = Settings(
        automart_home=there.folder, storage_url=None, meili_url=None, payment_sandbox_url=till.server.url,
        payment_sandbox_secret=SecretStr(SECRET), **login_settings(there.url), **new_key_settings(),
    )  # fmt: skip
    servers = Servers(settings, 2)
    closing.callback(servers.stop)
    servers.wait()
    people = People(till.sessions, open_keys(settings))
    return replace(there, servers=servers, shopper=Shopper(till, people, servers.addresses, there.dice))


def _kill(there: Field, victim: str) -> None:
    callers, worker = there.callers, there.worker
    callers.till.now = utc_now()
    cut = {"cut before commit": "before", "cut after commit": "after"}.get(victim)
    pid = worker.start(f"{cut} {there.dice.randrange(1, 12)}" if cut else "go")
    if victim == "api":
        _kill_api(there)
    elif victim == "caller cut":
        _cut_caller(there)
    else:
        there.act()
    data = there.folder / "postgres" / "data"
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
    elif cut is not None:
        assert worker.ended(LONGEST_WAIT) == 2, worker.complaints()
    else:
        worker.kill(pid)


def _kill_api(there: Field) -> None:
    """Kill one of the API's processes while a buyer's requests are on their way; the other one goes on."""
    assert there.servers is not None
    assert there.shopper is not None
    buying = threading.Thread(target=there.shopper.act)
    buying.start()
    time.sleep(there.dice.uniform(0, 0.3))
    there.servers.kill(there.dice.randrange(2))
    buying.join()


def _cut_caller(there: Field) -> None:
    """Let a caller's own connection be cut at a commit: it does not know what became of its act."""
    engine = make_engine(there.url)
    try:
        callers = there.callers
        cut_at_commit(engine, there.dice.choice(("before", "after")), there.dice.randrange(1, 6))
        till = replace(callers.till, sessions=make_session_factory(engine))
        Callers(till, callers.sweep, there.dice).act()
    except OperationalError:
        there.callers.sweep.unsure += 1
    finally:
        engine.dispose()


def _settle(till: Till) -> list[str]:
    """Let time pass until nothing is unpaid, held or owed: every payment is asked about, then holds run out."""
    till.now = utc_now() + timedelta(hours=1)
    for number in range(_MOST_TURNS):
        till.turn(73 * 60 if number % 20 == 10 else 16)
        with till.sessions() as session:
            left = session.scalar(_UNSETTLED)
        if not left:
            return []
    return [f"{left} deposits and refunds never settle."]


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


def sweep(kills: int, seed: int, *, api: bool = True) -> dict[str, object]:
    """The run and its end."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="automart-torture-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        READY_DATABASE.lay(folder)
        with embedded_postgres(folder / "postgres") as url:
            done, wrong = killed_run(folder, url, (kills, seed), api=api)
    return {
        "kills": dict(done.kills), "deposits": len(done.told), "unsure": done.unsure, "asked_again": done.repeats,
        "wrong": wrong,
        "seconds": round(time.monotonic() - began, 1),
    }  # fmt: skip


if __name__ == "__main__":
    run_sweep(__doc__, sweep, 100, lambda result: not result["wrong"])
