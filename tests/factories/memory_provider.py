"""A payment provider in this process: the books of the sandbox's server, without the server.

For histories of many steps; that adapters speak HTTP is tested with each of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from core.money import decimal_of, paisa_of_decimal
from pipelines.deposits.providers.port import (
    Callback,
    Checkout,
    Inquiry,
    Order,
    Page,
    PaidFact,
    ProviderUnavailableError,
    RefundAnswer,
    RefundOrder,
    RefundState,
)
from pipelines.deposits.providers.sandbox_server import SandboxBooks


@dataclass
class MemoryProvider:
    """Attributes:
    down: it answers nothing.
    lose: refunds are done, and their answers lost.
    """

    books: SandboxBooks = field(default_factory=SandboxBooks)
    down: bool = False
    lose: bool = False
    name: str = "sandbox"
    merchant: str = "automart"

    def page_in_place(self, order: Order) -> Page:
        return Page(f"memory:{order.reference}")

    def make_page(self, order: Order) -> Page:
        return self.page_in_place(order)

    def checkout(self, order: Order, now: datetime) -> Checkout | None:
        del order, now
        return None

    def inquire(self, order: Order) -> Inquiry:
        self._answer()
        paid = self.books.payments.get(order.reference, [])
        return Inquiry(
            tuple(
                PaidFact(
                    each["transaction"], each["reference"], paisa_of_decimal(each["amount_pkr"]), "PKR", "automart"
                )
                for each in paid
            )
        )

    def refund(self, order: RefundOrder) -> RefundAnswer:
        self._answer()
        asked = {"reference": order.reference, "transaction": order.transaction}
        made = self.books.refund(asked | {"amount_pkr": decimal_of(order.amount_paisa)}, "done")
        if self.lose:
            raise ProviderUnavailableError(self.name, "lost")
        return RefundAnswer(RefundState.REFUSED if made is None else RefundState.DONE, made["refund"] if made else None)

    def inquire_refund(self, order: RefundOrder) -> RefundAnswer:
        self._answer()
        made = self.books.refunds.get(order.reference)
        return RefundAnswer(
            RefundState.NOT_FOUND if made is None else RefundState.DONE, made["refund"] if made else None
        )

    def read_callback(self, body: bytes, headers: Mapping[str, str]) -> Callback:
        del headers
        return Callback(body.decode(), "valid")

    def _answer(self) -> None:
        if self.down:
            raise ProviderUnavailableError(self.name, "down")
