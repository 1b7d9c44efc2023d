"""Transfers to the platform's bank account: people of finance enter what came and what went, two for each entry.

There is nobody to ask; see `serving.deposits.money.entries`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.money import decimal_of
from pipelines.deposits.providers.port import (
    Callback,
    Checkout,
    Inquiry,
    Order,
    Page,
    RefundAnswer,
    RefundOrder,
    RefundState,
)


@dataclass(frozen=True)
class Bank:
    """The platform's bank account; the merchant is its IBAN.

    Attributes:
        page: the platform's address of payment pages; the reference follows.
    """

    merchant: str
    title: str
    page: str
    name: str = "bank"

    def page_in_place(self, order: Order) -> Page:
        """Return the platform's page that tells where to pay."""
        return Page(f"{self.page}/{order.reference}")

    def make_page(self, order: Order) -> Page:
        """Return the same page."""
        return self.page_in_place(order)

    def checkout(self, order: Order, now: datetime) -> Checkout:
        """Tell the account and the reference to name."""
        del now
        lines = (
            ("Account", self.title),
            ("IBAN", self.merchant),
            ("Amount", f"Rs {decimal_of(order.amount_paisa)}"),
            ("Name this reference", order.reference),
        )
        return Checkout(lines=lines)

    def inquire(self, order: Order) -> Inquiry:
        """Return nothing: what came is entered by people."""
        del order
        return Inquiry()

    def refund(self, order: RefundOrder) -> RefundAnswer:
        """Return that people transfer the money."""
        del order
        return RefundAnswer(RefundState.BY_HAND)

    def inquire_refund(self, order: RefundOrder) -> RefundAnswer:
        """Return the same."""
        return self.refund(order)

    def read_callback(self, body: bytes, headers: Mapping[str, str]) -> Callback:
        """Believe nothing: a bank sends no notifications."""
        del body, headers
        return Callback(None, "invalid")
