"""Providers are called while no transaction of the platform is open, whatever is made, asked or given back."""

from dataclasses import dataclass, field

import pytest
from sqlalchemy import Engine, text

from core.access.principal import Principal
from core.db.session import SessionFactory, transaction
from pipelines.deposits.providers.port import Inquiry, Order, Page, RefundAnswer, RefundOrder
from serving.deposits import acts
from tests.factories.deposits import AMOUNT, Till
from tests.factories.memory_provider import MemoryProvider

_OPEN = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND xact_start IS NOT NULL AND backend_type = 'client backend'"
)


@dataclass
class WatchedProvider(MemoryProvider):
    """Count the transactions that are open at each call, as the database sees them; its pages take a call."""

    engine: Engine | None = None
    seen: list[tuple[str, int]] = field(default_factory=list)

    def page_in_place(self, order: Order) -> Page | None:
        del order
        return None

    def make_page(self, order: Order) -> Page:
        self._look("make_page")
        return Page(f"memory:{order.reference}")

    def inquire(self, order: Order) -> Inquiry:
        self._look("inquire")
        return super().inquire(order)

    def refund(self, order: RefundOrder) -> RefundAnswer:
        self._look("refund")
        return super().refund(order)

    def inquire_refund(self, order: RefundOrder) -> RefundAnswer:
        self._look("inquire_refund")
        return super().inquire_refund(order)

    def _look(self, call: str) -> None:
        assert self.engine is not None
        with self.engine.connect() as connection:
            self.seen.append((call, connection.scalar(_OPEN) or 0))


@pytest.fixture
def provider(admin_engine: Engine) -> WatchedProvider:
    return WatchedProvider(engine=admin_engine)


def test_no_transaction_is_open_while_a_provider_is_called(
    session_factory: SessionFactory, provider: WatchedProvider
) -> None:
    till = Till.of(session_factory, None)  # type: ignore[arg-type]  (no server is asked)
    till.others = {"sandbox": provider}
    deposit_id = till.open(till.car())
    assert provider.seen == []  # whoever opens a deposit calls nobody
    till.turn(0)
    provider.books.pay({"reference": till.reference(deposit_id), "amount_pkr": AMOUNT})
    till.turn()
    provider.lose = True
    till.do(acts.void_deposit, Principal(till.deposit(deposit_id).buyer_id), deposit_id, None, till.now)
    till.turn()
    provider.lose = False
    till.turn()
    assert till.state(deposit_id) == "refunded"
    assert {call for call, _ in provider.seen} == {"make_page", "inquire", "refund", "inquire_refund"}
    assert [call for call, number in provider.seen if number] == []


def test_transaction_that_is_open_would_be_seen(session_factory: SessionFactory, provider: WatchedProvider) -> None:
    with transaction(session_factory) as session:
        session.execute(text("SELECT 1"))
        provider.make_page(Order("x", 1, "PKR", Till.of(session_factory, None).now))  # type: ignore[arg-type]
    assert provider.seen == [("make_page", 1)]
