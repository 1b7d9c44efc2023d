"""A small world of deposits: cars, buyers, a sandbox provider in this process, and turns of the reconciler."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.principal import Membership, Principal
from core.access.roles import Role
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables import Listing, Org
from core.db.tables.deposit_papers import DepositTask
from core.db.tables.deposits import Deposit, DepositRefund, PaymentIntent
from core.db.tables.people import User
from core.processes.loopback import served
from pipelines.deposits.ledger.balances import balances, prove
from pipelines.deposits.providers.port import Provider
from pipelines.deposits.providers.sandbox import Sandbox
from pipelines.deposits.providers.sandbox_server import SandboxServer
from serving.deposits import acts
from serving.deposits.holds.expiring import expire_deposits
from serving.deposits.holds.opening import OpeningRules, Wish, open_deposit
from serving.deposits.providers.reconciling import ask_intents, send_refunds
from serving.deposits.views import DepositView
from tests.factories.listings import add_listing

AMOUNT = 25_000
SECRET = "test"


@contextmanager
def sandbox(callback_url: str = "http://127.0.0.1:9/none") -> Iterator[SandboxServer]:
    with served(SandboxServer(0, callback_url, SECRET)) as server:
        yield server


def proven_books(session: Session) -> dict[str, int]:
    """Prove the books, and sum their posted balances by kind of account, in rupees."""
    proof = prove(session)
    assert proof.holds, proof
    sums: dict[str, int] = {}
    for each in balances(session):
        if each.kind == "buyer":  # we owe buyers, and promise no more of theirs than we have
            assert max(each.posted, each.posted + each.pending) <= 0, each
        sums[each.kind] = sums.get(each.kind, 0) + each.posted
    assert sums.get("provider_clearing", 0) + sums.get("losses", 0) >= 0, (
        sums
    )  # a refund after a lost dispute is a loss
    return {kind: paisa // 100 for kind, paisa in sums.items() if paisa}


@dataclass
class Till:
    """Drive deposits in tests; `now` is moved by hand."""

    sessions: SessionFactory
    server: SandboxServer
    now: datetime
    others: dict[str, Provider] = field(default_factory=dict)

    @classmethod
    def of(cls, sessions: SessionFactory, server: SandboxServer) -> "Till":
        return cls(sessions, server, utc_now())

    @property
    def providers(self) -> dict[str, Provider]:
        if "sandbox" in self.others:
            return self.others
        return {"sandbox": Sandbox(self.server.url, SECRET)} | self.others

    def car(self, **columns: Any) -> UUID:
        with transaction(self.sessions) as session:
            return add_listing(session, **columns)

    def buyer(self) -> Principal:
        with transaction(self.sessions) as session:
            user = User()
            session.add(user)
            session.flush()
            return Principal(user.id)

    def staff(self, role: Role = Role.FINANCE) -> Principal:
        return Principal(self.buyer().user_id, (Membership(UUID(int=1), "automart", role, None, "platform"),))

    def dealer(self) -> Principal:
        with self.sessions() as session:
            org = session.scalars(select(Org).where(Org.code == "khan-motors")).one()
        return Principal(self.buyer().user_id, (Membership(org.id, org.code, Role.ORG_ADMIN),))

    def open(self, car: UUID, buyer: Principal | None = None, amount: int = AMOUNT, at: str = "sandbox") -> UUID:
        rules = OpeningRules(self.providers)
        with transaction(self.sessions) as session:
            wish = Wish(car, amount, at)
            return open_deposit(session, buyer or self.buyer(), wish, rules, self.now).id

    def reference(self, deposit_id: UUID) -> str:
        with self.sessions() as session:
            return session.scalars(select(PaymentIntent.reference).where(PaymentIntent.deposit_id == deposit_id)).one()

    def pay(self, deposit_id: UUID, **more: Any) -> str:
        order = {"reference": self.reference(deposit_id), "amount_pkr": AMOUNT, "callbacks": 0} | more
        answer = httpx.post(f"{self.server.url}/pay", json=order, trust_env=False)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["transaction"])

    def turn(self, minutes: float = 2) -> None:
        """Let time pass, and the reconciler and the expiry do everything that is due."""
        self.now += timedelta(minutes=minutes)
        opener = partial(transaction, self.sessions)
        for _ in range(3):
            ask_intents(opener, self.providers, self.now)
            send_refunds(opener, self.providers, self.now)
            with opener() as session:
                expire_deposits(session, self.now)

    def held(self, **columns: Any) -> UUID:
        """A deposit that holds a car."""
        deposit_id = self.open(self.car(**columns))
        self.pay(deposit_id)
        self.turn()
        assert self.state(deposit_id) == "held"
        return deposit_id

    def deposit(self, deposit_id: UUID) -> Deposit:
        with self.sessions() as session:
            return session.get_one(Deposit, deposit_id)

    def state(self, deposit_id: UUID) -> str:
        return self.deposit(deposit_id).state

    def listing(self, deposit_id: UUID) -> tuple[str, str]:
        with self.sessions() as session:
            query = select(Listing.status, Listing.state_by).join(Deposit, Deposit.listing_id == Listing.id)
            row = session.execute(query.where(Deposit.id == deposit_id)).one()
            return row.status, row.state_by

    def refunds(self, deposit_id: UUID) -> list[tuple[str, int, str]]:
        with self.sessions() as session:
            query = select(DepositRefund).where(DepositRefund.deposit_id == deposit_id).order_by(DepositRefund.id)
            return [(each.kind, each.amount_paisa // 100, each.state) for each in session.scalars(query)]

    def books(self) -> dict[str, int]:
        """Posted balances by kind of account, in rupees, those of nothing left out; the books are proven."""
        with self.sessions() as session:
            return proven_books(session)

    def do(self, act: Any, principal: Principal, deposit_id: UUID, *more: Any) -> Any:
        """Call a service in a transaction."""
        with transaction(self.sessions) as session:
            return act(session, principal, deposit_id, *more)

    def capture(self, deposit_id: UUID) -> None:
        self.do(acts.capture_deposit, self.dealer(), deposit_id, self.now)

    def refund(
        self, deposit_id: UUID, amount: int | None, by: Principal | None = None, limit: int = 10**6
    ) -> DepositView:
        wish = acts.RefundWish(amount, "agreed", limit)
        view: DepositView = self.do(acts.refund_deposit, by or self.staff(), deposit_id, wish)
        return view

    def open_tasks(self) -> list[str]:
        with self.sessions() as session:
            is_open = DepositTask.closed_at.is_(None)
            return list(session.scalars(select(DepositTask.kind).where(is_open).order_by(DepositTask.id)))
