"""Declare the calls that every payment provider answers, and the answers that the platform understands.

No method is called while a transaction of the database is open. Each call names a reference that was committed before,
and may be repeated with it. An answer that is not understood, a time-out and a refusal by the server (4xx, 5xx) raise
`ProviderUnavailableError`: nothing is known then, and the next inquiry decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, Protocol

from core.clock import PAKISTAN
from core.errors import RetryableError


class ProviderUnavailableError(RetryableError):
    """The provider gave no answer that says anything about the money."""

    code = "provider_unavailable"

    def __init__(self, provider: str, reason: str) -> None:
        super().__init__(f"The provider {provider} gave no usable answer ({reason}).")


@dataclass(frozen=True)
class Order:
    """The payment that a buyer is asked for."""

    reference: str
    amount_paisa: int
    currency: str
    expires_at: datetime
    token: str | None = None

    @property
    def day(self) -> date:
        """The day of Karachi by which providers file the order: that on which its page ends."""
        return self.expires_at.astimezone(PAKISTAN).date()


@dataclass(frozen=True)
class Checkout:
    """A payment page of the platform's own: a form that the buyer sends to the provider, or what to do elsewhere.

    Attributes:
        action: the provider's address for the form; None where there is nothing to send.
        fields: hidden fields of the form.
        lines: what the buyer reads, with its name.
        image: a picture to scan (PNG, base64).
    """

    action: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[tuple[str, str], ...] = ()
    image: str | None = None


@dataclass(frozen=True)
class Page:
    """The address at which the buyer pays, and the provider's own name of the order if it has one."""

    url: str
    token: str | None = None


@dataclass(frozen=True)
class PaidFact:
    """Money that the provider says it has for a reference, under one of its own transactions."""

    transaction: str
    reference: str
    amount_paisa: int
    currency: str
    merchant: str


@dataclass(frozen=True)
class Inquiry:
    """The payments that the provider knows under a reference. Others may still come."""

    paid: tuple[PaidFact, ...] = ()


@dataclass(frozen=True)
class RefundOrder:
    """Money to give back of one of the provider's transactions.

    Attributes:
        order: the reference under which the buyer paid, and `token` the provider's own name of it.
        others: the provider's names of other refunds of the transaction, where it has no reference of ours for them.
    """

    reference: str
    transaction: str
    amount_paisa: int
    currency: str
    order: str = ""
    token: str | None = None
    others: frozenset[str] = frozenset()


class RefundState(StrEnum):
    """The provider's answer about a refund."""

    DONE = "done"
    PENDING = "pending"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    BY_HAND = "by_hand"  # the provider cannot be asked about it: two people of finance confirm it


@dataclass(frozen=True)
class RefundAnswer:
    """The state of a refund at the provider."""

    state: RefundState
    provider_refund: str | None = None


@dataclass(frozen=True)
class Callback:
    """A notification, as far as it can be read: it wakes the reconciler for its reference and proves nothing else."""

    reference: str | None
    signature: Literal["valid", "invalid", "none"]


class Provider(Protocol):
    """A payment provider."""

    @property
    def name(self) -> str:
        """Its name in addresses and in the ledger."""

    @property
    def merchant(self) -> str:
        """Our own name there: money for another one is not ours."""

    def page_in_place(self, order: Order) -> Page | None:
        """Return the payment page where it can be made without asking the provider."""

    def make_page(self, order: Order) -> Page:
        """Have the provider make the payment page; it ends no later than the order."""

    def checkout(self, order: Order, now: datetime) -> Checkout | None:
        """Return what the platform's own payment page shows, where the provider has no address to send a buyer to."""

    def inquire(self, order: Order) -> Inquiry:
        """Ask what was paid for an order."""

    def refund(self, order: RefundOrder) -> RefundAnswer:
        """Ask for a refund; the same reference again is the same refund."""

    def inquire_refund(self, order: RefundOrder) -> RefundAnswer:
        """Ask what became of a refund."""

    def read_callback(self, body: bytes, headers: Mapping[str, str]) -> Callback:
        """Read a notification and check its signature. Raises nothing."""
