"""The life of a deposit as one table: what may happen in each state, and the state that follows."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class DepositState(StrEnum):
    """The states of a deposit."""

    CREATED = "created"  # the provider has not made its payment page yet
    AWAITING_PAYMENT = "awaiting_payment"
    HELD = "held"
    CAPTURED = "captured"
    VOIDED = "voided"
    EXPIRED = "expired"
    REFUNDING = "refunding"  # the provider has not confirmed yet, and we owe the buyer
    REFUNDED = "refunded"
    DISPUTED = "disputed"


class DepositEvent(StrEnum):
    """An event that moves a deposit to another state."""

    PAGE_MADE = "page_made"
    PAID = "paid"
    CANCEL = "cancel"  # before money came
    RUN_OUT = "run_out"  # before money came
    GIVE_BACK = "give_back"  # a hold ends, or a part of a captured deposit is refunded
    CAPTURE = "capture"
    REFUND_DONE = "refund_done"
    REFUND_STOPPED = "refund_stopped"
    DISPUTE = "dispute"
    CHARGED_BACK = "charged_back"


_S, _E = DepositState, DepositEvent
NEXT: Final[Mapping[tuple[DepositState, DepositEvent], DepositState]] = {
    (_S.CREATED, _E.PAGE_MADE): _S.AWAITING_PAYMENT,
    **{
        (state, event): after
        for state in (_S.CREATED, _S.AWAITING_PAYMENT)
        for event, after in ((_E.PAID, _S.HELD), (_E.CANCEL, _S.VOIDED), (_E.RUN_OUT, _S.EXPIRED))
    },
    (_S.HELD, _E.CAPTURE): _S.CAPTURED,
    **{(state, _E.GIVE_BACK): _S.REFUNDING for state in (_S.HELD, _S.CAPTURED, _S.REFUNDED, _S.REFUNDING)},
    (_S.REFUNDING, _E.REFUND_DONE): _S.REFUNDED,
    (_S.REFUNDING, _E.REFUND_STOPPED): _S.CAPTURED,
    **{(state, _E.DISPUTE): _S.DISPUTED for state in (_S.HELD, _S.CAPTURED, _S.REFUNDING, _S.REFUNDED)},
    (_S.DISPUTED, _E.CHARGED_BACK): _S.REFUNDED,
}
"""A dispute that is won goes back to the state in which it was opened."""
UNPAID: Final = frozenset({_S.CREATED, _S.AWAITING_PAYMENT})


def follows(state: str, event: DepositEvent) -> DepositState | None:
    """Return the state that an event leads to, or None where it cannot happen."""
    return NEXT.get((DepositState(state), event))
