"""Random histories of deposits against a model: create, pay, call back, refund, expire, dispute, crash.

After each step every deposit and every car is as in the model, the books are proven, and the money that the provider
holds by our books is what the model says. `make deposits-machine` is the long one.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import create_engine, select, update
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from core.access.principal import Principal
from core.db.session import SessionFactory, make_session_factory, transaction
from core.db.tables import Listing
from core.db.tables.deposits import Deposit, DepositRefund
from core.errors import AutomartError
from serving.deposits import acts
from serving.deposits.holds.expiring import expire_deposits
from serving.deposits.providers.callbacks import RawCallback, receive_callback
from serving.deposits.providers.reconciling import ask_intents, send_refunds
from tests.factories import deposit_model as model
from tests.factories.deposits import Till, proven_books
from tests.factories.memory_provider import MemoryProvider

NUMBER, MINUTES = st.integers(0, 7), st.sampled_from([6.0, 6.0, 6.0, 16.0, 73 * 60.0])
PART = st.one_of(st.none(), st.sampled_from([1, 3_333, 24_999, model.AMOUNT, model.AMOUNT + 1, 0, -1]))
STEPS = {"count": 0}
LONG_SECONDS = 580


class CrashError(Exception):
    """The process died."""


class Machine(RuleBasedStateMachine):
    """Three cars, and whoever comes to reserve them."""

    sessions: SessionFactory
    emptied: Callable[[], None]

    def __init__(self) -> None:
        super().__init__()
        self.emptied()
        self.provider = MemoryProvider()
        self.till = Till.of(self.sessions, None)  # type: ignore[arg-type]  (no server is asked)
        self.till.others = {"sandbox": self.provider}
        self.world, self.ids, self.references = model.World(), list[UUID](), dict[UUID, str]()
        self.cars = [self.till.car() for _ in range(3)]
        self.world.cars = dict.fromkeys(range(3), "live")
        self.finance, self.dealer = self.till.staff(), self.till.dealer()

    def chosen(self, number: int) -> tuple[model.Deposit, UUID] | None:
        """A deposit; the later ones more often."""
        at = len(self.ids) - 1 - number % max(len(self.ids), 1)
        return (self.world.deposits[at], self.ids[at]) if self.ids else None

    @precondition(lambda self: len(self.ids) < 8)
    @rule(car=st.integers(0, 2))
    def create(self, car: int) -> None:
        may = self.world.may_open(car)
        assert may is not refused(lambda: self.ids.append(self.till.open(self.cars[car])))
        if may:
            self.world.deposits.append(model.Deposit(car, self.world.now + 15))

    @precondition(lambda self: self.ids)
    @rule(number=NUMBER, amount=st.sampled_from([model.AMOUNT, model.AMOUNT, 24_999, 25_001]))
    def pay(self, number: int, amount: int) -> None:
        found = self.chosen(number)
        if found is not None and self.world.now < found[0].pay_until + 40 * 60:  # it is watched for so long
            self.provider.books.pay({"reference": self.reference(found[1]), "amount_pkr": amount})
            found[0].unseen.append(amount)

    @rule(number=NUMBER, times=st.integers(1, 3))
    def call_back(self, number: int, times: int) -> None:
        if (found := self.chosen(number)) is not None:
            for _ in range(times):
                self.wake(found[1])

    def wake(self, deposit_id: UUID) -> None:
        self.wake_all([deposit_id])

    @precondition(lambda self: self.ids)
    @rule(minutes=MINUTES, down=st.booleans(), lose=st.booleans())
    def turn(self, minutes: float, down: bool, lose: bool) -> None:
        self.provider.down, self.provider.lose = down, lose
        self.wake_all()
        self.till.turn(minutes)
        self.world.turn(minutes, down=down, lose=lose)
        self.provider.down = self.provider.lose = False

    @precondition(lambda self: self.ids)
    @rule(at=st.integers(0, 5), after=st.booleans())
    def crash(self, at: int, after: bool) -> None:
        """The reconciler dies before or after its commit number `at`; the next turn makes good what it left."""
        self.wake_all()
        self.till.now += timedelta(seconds=2)
        opener = partial(dying, self.sessions, [at], after)
        try:
            ask_intents(opener, self.till.providers, self.till.now)
            send_refunds(opener, self.till.providers, self.till.now)
            with opener() as session:
                expire_deposits(session, self.till.now)
        except CrashError:
            pass
        self.wake_all()
        self.till.turn(6)
        self.world.turn(6 + 2 / 60)

    def wake_all(self, some: list[UUID] | None = None) -> None:
        # Looked up before: on the one connection of all sessions the end of another one takes this one's changes back.
        bodies = [self.reference(each).encode() for each in (self.ids if some is None else some)]
        with transaction(self.sessions) as session:
            for body in bodies:
                receive_callback(session, self.provider, RawCallback(body, {}), self.till.now)

    def reference(self, deposit_id: UUID) -> str:
        if deposit_id not in self.references:
            self.references[deposit_id] = self.till.reference(deposit_id)
        return self.references[deposit_id]

    @rule(number=NUMBER)
    def capture(self, number: int) -> None:
        self.act(number, self.world.capture, lambda each: self.till.capture(each))

    @rule(number=NUMBER, dealer=st.booleans())
    def end_early(self, number: int, dealer: bool) -> None:
        def end(deposit_id: UUID) -> None:
            buyer = Principal(self.till.deposit(deposit_id).buyer_id)
            act, by = (acts.decline_deposit, self.dealer) if dealer else (acts.void_deposit, buyer)
            self.till.do(act, by, deposit_id, None, self.till.now)

        self.act(number, self.world.end_early, end)

    @rule(number=NUMBER, amount=PART)
    def refund(self, number: int, amount: int | None) -> None:
        self.act(
            number,
            lambda deposit: self.world.refund(deposit, amount),
            lambda each: self.till.refund(each, amount, self.finance, 10**8),
        )

    @rule(number=NUMBER)
    def dispute(self, number: int) -> None:
        step = acts.DisputeStep("claimed")
        self.act(number, self.world.dispute, lambda each: self.till.do(
            acts.dispute_deposit, self.finance, each, step, self.till.now))  # fmt: skip

    @rule(number=NUMBER, outcome=st.sampled_from(["won", "lost"]))
    def close(self, number: int, outcome: Any) -> None:
        step = acts.DisputeStep("claimed", outcome)
        self.act(number, lambda deposit: self.world.close(deposit, outcome), lambda each: self.till.do(
            acts.dispute_deposit, self.finance, each, step, self.till.now))  # fmt: skip

    @rule(car=st.integers(0, 2))
    def sell_elsewhere(self, car: int) -> None:
        if self.world.cars[car] == "live":
            with transaction(self.sessions) as session:
                sold = update(Listing).where(Listing.id == self.cars[car])
                session.execute(sold.values(status="sold", state_by="person"))
            self.world.cars[car] = "sold"

    def act(self, number: int, expected: Callable[[model.Deposit], bool], act: Callable[[UUID], object]) -> None:
        if (found := self.chosen(number)) is not None:
            assert expected(found[0]) is not refused(lambda: act(found[1]))

    @invariant()
    def everything_is_as_in_the_model(self) -> None:
        STEPS["count"] += 1
        with self.sessions() as session:
            rows = {each.id: each for each in session.scalars(select(Deposit))}
            cars = {row.id: row.status for row in session.execute(select(Listing.id, Listing.status))}
            self.compare_refunds(session)
            books = proven_books(session)
        told = [(rows[each].state, rows[each].refunded_paisa // 100) for each in self.ids]
        assert told == [(each.state, each.refunded) for each in self.world.deposits]
        assert [cars[each] for each in self.cars] == [self.world.cars[number] for number in range(3)]
        assert books.get("provider_clearing", 0) == self.world.clearing
        kept = [each for each in self.world.deposits if each.captured]
        if not any(each.running or each.state == model.DISPUTED for each in kept):
            assert -books.get("dealer", 0) - books.get("platform_fee", 0) == sum(
                model.AMOUNT - each.refunded for each in kept
            )

    def compare_refunds(self, session: Session) -> None:
        """Nothing is given back twice, nor more than came."""
        given = self.provider.books.refunds.values()
        paid = [each for every in self.provider.books.payments.values() for each in every]
        for each in paid:
            back = sum(float(one["amount_pkr"]) for one in given if one["transaction"] == each["transaction"])
            assert back <= float(each["amount_pkr"])
        done = session.scalars(select(DepositRefund.state).where(DepositRefund.state == "done")).all()
        owed = [one for each in self.world.deposits for one in (*each.refunds, *each.loose)]
        assert len(done) == sum(one.state == "done" for one in owed)
        assert len(given) == sum(one.arrived for one in owed)


def refused(act: Callable[[], object]) -> bool:
    try:
        act()
    except AutomartError:
        return True
    return False


@contextmanager
def dying(sessions: SessionFactory, left: list[int], after: bool) -> Iterator[Session]:
    with transaction(sessions) as session:
        yield session
        left[0] -= 1
        if left[0] < 0 and not after:
            raise CrashError
    if left[0] < 0:
        raise CrashError


def run(sessions: SessionFactory, emptied: Callable[[], None], many: settings) -> None:
    """Run histories over one connection that does not wait for the disk: it is the process that dies here."""
    url = sessions.kw["bind"].url
    engine = create_engine(url, poolclass=StaticPool, connect_args={"options": "-c synchronous_commit=off"})
    quick = {"sessions": make_session_factory(engine), "emptied": staticmethod(emptied)}
    machine = type("Machine", (Machine,), quick)
    try:
        run_state_machine_as_test(
            machine, settings=settings(many, deadline=None, suppress_health_check=list(HealthCheck))
        )
    finally:
        engine.dispose()


def test_random_histories_agree_with_the_model(session_factory: SessionFactory, emptied: Callable[[], None]) -> None:
    run(session_factory, emptied, settings(max_examples=8, stateful_step_count=30))


def test_model_tells_a_refund_from_money_paid_twice_of_the_same_amount() -> None:
    """Found by a long history: the model took the one for the other, and left the deposit refunding."""
    world = model.World(cars={0: "live"}, deposits=[model.Deposit(0, 15.0)])
    (deposit,) = world.deposits
    deposit.unseen = [model.AMOUNT, model.AMOUNT]
    world.turn(1)
    assert world.end_early(deposit)
    world.turn(6)
    assert (deposit.state, deposit.refunded, world.clearing) == (model.REFUNDED, model.AMOUNT, 0)


@pytest.mark.sweep
@pytest.mark.timeout(LONG_SECONDS * 2)
def test_long_random_histories_agree_with_the_model(
    session_factory: SessionFactory, emptied: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """As many steps as ten minutes allow; again and again, other ones each time, for more."""
    STEPS["count"], began = 0, time.monotonic()
    while time.monotonic() < began + LONG_SECONDS:
        run(
            session_factory,
            emptied,
            settings(max_examples=50, stateful_step_count=60, derandomize=False, database=None),
        )
    with capsys.disabled():
        print(f"{STEPS['count']:,} steps agree with the model, in {time.monotonic() - began:.0f} s.")
