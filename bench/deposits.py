"""Measure how fast deposits are made, held and captured, beside as many bare transactions of the ledger.

    python -m bench.deposits [--deposits 400] [--clients 8] [--seconds 10]

A deposit is three transactions with all rules, by calls of the services: it is opened, its money is taken (the hold,
the car reserved, the receipt), and it is captured. A bare transaction is a transfer of two entries, which a database
trigger proves, and a row of the outbox, in SQL alone. Both by clients in processes of their own, with `fsync` on, in
turns, so that a slow moment meets both. Then 200 acts a second arrive, whether those before are done or not, and the
time from arrival to commit is measured.
"""

import argparse
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.pool import Pool
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, text

from core.access.principal import Membership, Principal
from core.access.roles import Role
from core.clock import utc_now
from core.db.embedded import embedded_postgres
from core.db.migrate import upgrade_to_head
from core.db.session import SessionFactory, make_engine, make_session_factory, transaction
from core.db.tables.deposits import PaymentIntent
from core.outbox.emit import emit
from core.outbox.events import NewEvent
from pipelines.deposits.ledger.book import Ledger
from pipelines.deposits.ledger.postings import Movement, between, buyer, clearing
from pipelines.deposits.providers.port import PaidFact
from serving.deposits import acts
from serving.deposits.access import money_step
from serving.deposits.holds.opening import OpeningRules, Wish, open_deposit
from serving.deposits.holds.taking import take_payments
from tests.factories.listings import add_many
from tests.factories.memory_provider import MemoryProvider

ASKED_RATIO, ASKED_MS, ARRIVALS = 0.6, 25, 200
AMOUNT = 25_000
ROUNDS = 4
_PEOPLE = text("INSERT INTO users (id) SELECT uuidv7() FROM generate_series(1, :count) RETURNING id")
_CARS = text("SELECT id, org_id FROM listings ORDER BY id")
_client: "Client"


@dataclass(frozen=True)
class Pair:
    """A buyer and the car that it wants, of a dealer."""

    buyer: UUID
    car: UUID
    org: UUID


class Client:
    """The work of one process, over one connection."""

    def __init__(self, url: str) -> None:
        self.sessions: SessionFactory = make_session_factory(make_engine(url))
        self.provider = MemoryProvider()
        self.account = buyer(uuid4())
        self.bare()

    def acts_of(self, pair: Pair) -> Iterator[Callable[[], object]]:
        """Give the three transactions of a deposit."""
        yield lambda: self._open(pair)
        yield lambda: self._take()
        dealer = Principal(pair.buyer, (Membership(pair.org, "khan-motors", Role.ORG_ADMIN),))
        yield lambda: self._capture(dealer)

    def bare(self) -> None:
        """Move money between two accounts and tell the outbox."""
        with transaction(self.sessions) as session:
            subject = uuid4()
            entries = between(clearing("sandbox"), self.account, AMOUNT)
            Ledger(session).post(Movement(f"bare:{subject}", "paid", entries))
            emit(session, "deposit", NewEvent(subject, "paid"))

    def _open(self, pair: Pair) -> None:
        rules = OpeningRules({"sandbox": self.provider})
        with transaction(self.sessions) as session:
            wish = Wish(pair.car, AMOUNT, "sandbox")
            self.deposit = open_deposit(session, Principal(pair.buyer), wish, rules, utc_now()).id

    def _take(self) -> None:
        with transaction(self.sessions) as session, money_step(session):
            intent = session.scalars(select(PaymentIntent).where(PaymentIntent.deposit_id == self.deposit)).one()
            fact = PaidFact(uuid4().hex, intent.reference, intent.amount_paisa, "PKR", "automart")
            take_payments(session, intent.id, [fact], "automart", utc_now())

    def _capture(self, dealer: Principal) -> None:
        with transaction(self.sessions) as session:
            acts.capture_deposit(session, dealer, self.deposit, utc_now())


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("--deposits", 400), ("--clients", 8), ("--seconds", 10)):
        options.add_argument(name, type=int, default=default)
    chosen = options.parse_args()
    arrivals = ARRIVALS * chosen.seconds // 3
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, embedded_postgres(Path(folder)) as url:
        pairs = _market(url, chosen.deposits * ROUNDS + arrivals + chosen.clients)
        context = multiprocessing.get_context("spawn")
        with context.Pool(chosen.clients, _begin, (url,)) as pool:
            pool.map(_whole, [pairs.pop() for _ in range(chosen.clients)], chunksize=1)  # once without measuring
            _print_ratio(pool, pairs, chosen.deposits)
            _print_waits(pool, pairs, (arrivals, chosen.clients))


def _market(url: str, deposits: int) -> list[Pair]:
    engine = make_engine(url)
    upgrade_to_head(engine)
    with transaction(make_session_factory(engine)) as session:
        add_many(session, deposits - 1)
        people = session.scalars(_PEOPLE, {"count": deposits}).all()
        cars = session.execute(_CARS).all()
        session.execute(text("UPDATE orgs SET kind = 'dealer'"))
    engine.dispose()
    return [Pair(person, car.id, car.org_id) for person, car in zip(people, cars, strict=True)]


def _print_ratio(pool: Pool, pairs: list[Pair], deposits: int) -> None:
    ours, bare = [], []
    for _ in range(ROUNDS):
        ours.append(3 * deposits / _seconds(pool, _whole, [pairs.pop() for _ in range(deposits)]))
        bare.append(3 * deposits / _seconds(pool, _bare, range(3 * deposits)))
    whole, plain = statistics.median(ours), statistics.median(bare)
    print(f"{whole:,.0f} transactions a second of deposits, {whole / 3:,.0f} deposits a second with all rules")
    print(f"{plain:,.0f} bare transactions a second: {whole / plain:.2f} x (at least {ASKED_RATIO} x)")


def _print_waits(pool: Pool, pairs: list[Pair], load: tuple[int, int]) -> None:
    arrivals, clients = load
    mine = [pairs.pop() for _ in range(arrivals)]
    began = time.time() + 1
    due = [(pair, began + number * 3 / ARRIVALS) for number, pair in enumerate(mine)]
    shares = [due[number::clients] for number in range(clients)]
    waits = sorted(wait for some in pool.map(_timed, shares, chunksize=1) for wait in some)
    print(
        f"{ARRIVALS} acts a second: median {statistics.median(waits) * 1000:.1f} ms, 99 of 100 within"
        f" {waits[int(len(waits) * 0.99)] * 1000:.1f} ms (at most {ASKED_MS} ms)"
    )


def _seconds(pool: Pool, act: Callable[[Any], None], over: Any) -> float:  # noqa: ANN401  (pairs, or numbers)
    began = time.perf_counter()
    pool.map(act, over, chunksize=10)
    return time.perf_counter() - began


def _begin(url: str) -> None:
    global _client
    _client = Client(url)


def _whole(pair: Pair) -> None:
    for act in _client.acts_of(pair):
        act()


def _bare(_: int) -> None:
    _client.bare()


def _timed(due: list[tuple[Pair, float]]) -> list[float]:
    """Do each deposit's acts when they are due, five milliseconds apart; return the seconds from due to committed."""
    waits = []
    for pair, at in due:
        for number, act in enumerate(_client.acts_of(pair)):
            moment = at + number / ARRIVALS
            time.sleep(max(0.0, moment - time.time()))
            act()
            waits.append(time.time() - moment)
    return waits


if __name__ == "__main__":
    main()
