"""Capture, payment and expiry at one instant have one outcome; `make deposits-instants` tries a thousand of them."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from core.db.session import SessionFactory, transaction
from core.db.tables.deposits import Deposit, PaymentIntent
from core.errors import AutomartError
from serving.deposits import acts
from serving.deposits.holds.expiring import expire_deposits
from serving.deposits.providers.reconciling import ask_intents
from tests.factories.deposits import AMOUNT, Till
from tests.factories.memory_provider import MemoryProvider

CARS = {"captured": "sold", "held": "reserved", "expired": "live", "refunding": "live"}


class Instants:
    """Deposits whose dealer, provider and clock come at the same moment."""

    def __init__(self, sessions: SessionFactory) -> None:
        self.till = Till.of(sessions, None)  # type: ignore[arg-type]  # no server is asked
        self.provider = MemoryProvider()
        self.till.others = {"sandbox": self.provider}
        self.till.car()
        self.dealer, self.seen = self.till.dealer(), Counter[str]()

    def pay(self, deposit_id: UUID) -> None:
        order = {"reference": self.till.reference(deposit_id), "amount_pkr": AMOUNT, "transaction": uuid4().hex}
        self.provider.books.pay(order)

    def due(self, deposit_id: UUID, **times: Any) -> None:
        """Let the deposit end now, and its provider be asked now, which has been asked before."""
        now = self.till.now
        with transaction(self.till.sessions) as session:
            if times:
                session.execute(update(Deposit).where(Deposit.id == deposit_id).values(**times))
            intent = update(PaymentIntent).where(PaymentIntent.deposit_id == deposit_id)
            session.execute(intent.values(answered_at=now, next_at=now))

    def held(self) -> UUID:
        """A hold that runs out now, while a second payment arrives."""
        deposit_id = self.till.open(self.till.car())
        self.pay(deposit_id)
        self.due(deposit_id)
        ask_intents(partial(transaction, self.till.sessions), self.till.providers, self.till.now)
        assert self.till.state(deposit_id) == "held"
        self.pay(deposit_id)
        self.due(deposit_id, hold_until=self.till.now)
        return deposit_id

    def unpaid(self) -> UUID:
        """A payment page that ends now, while the payment arrives."""
        deposit_id = self.till.open(self.till.car())
        self.pay(deposit_id)
        self.due(deposit_id, pay_until=self.till.now)
        return deposit_id

    def acts(self, deposit_id: UUID) -> list[Callable[[], object]]:
        opener = partial(transaction, self.till.sessions)

        def expire() -> None:
            with opener() as session:
                expire_deposits(session, self.till.now)

        return [
            lambda: self.till.do(acts.capture_deposit, self.dealer, deposit_id, self.till.now),
            lambda: ask_intents(opener, self.till.providers, self.till.now),
            expire,
        ]

    def run(self, count: int) -> None:
        """Try so many instants; each has one outcome, and at the end the money is where the outcomes say."""
        start, made = Barrier(3), list[UUID]()

        def meet(act: Callable[[], object]) -> bool:
            start.wait(30)
            try:
                act()
            except AutomartError:
                return False
            return True

        with ThreadPoolExecutor(3) as threads:
            for number in range(count):
                deposit_id = (self.held, self.unpaid)[number % 2]()
                captured, *_ = threads.map(meet, self.acts(deposit_id))
                state = self.till.state(deposit_id)
                self.seen[f"{('held', 'unpaid')[number % 2]} {state}"] += 1
                assert captured is (state == "captured")
                assert self.till.listing(deposit_id)[0] == CARS[state]
                made.append(deposit_id)
        for _ in range(3 + count // 20):
            self.till.turn(16)
        kept = sum(self.till.state(each) in ("captured", "held") for each in made)
        assert self.till.books().get("provider_clearing", 0) == kept * AMOUNT
        assert len(self.provider.books.refunds) == sum(self.seen.values()) + count // 2 + count % 2 - kept


def test_capture_payment_and_expiry_at_one_instant_have_one_outcome(session_factory: SessionFactory) -> None:
    Instants(session_factory).run(8)


@pytest.mark.sweep
@pytest.mark.timeout(1_800)
def test_a_thousand_instants_have_one_outcome_each(
    session_factory: SessionFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    instants = Instants(session_factory)
    instants.run(1_000)
    with capsys.disabled():
        print(dict(instants.seen))
