"""The events of deposits that dealers can subscribe to: none of them tells of the buyer."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from core.declarations import WebhookEvent
from core.outbox.events import Event
from core.states.deposits import DepositEvent, DepositState

_TOPIC: Final = "deposit"
_NEEDS: Final = "deposits.read"
_DEPOSIT: Final = UUID("019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5d")
_CAR: Final = UUID("019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b")


@dataclass(frozen=True)
class DepositMoved:
    """A deposit on a car, in rupees, its state, and how it ended (null: it has not)."""

    deposit_id: UUID
    listing_id: UUID
    amount_pkr: int
    state: str
    ended_as: str | None


def _moved(event: Event, kinds: tuple[DepositEvent, ...]) -> DepositMoved | None:
    if event.kind not in kinds:
        return None
    said = event.payload
    return DepositMoved(
        event.subject_id, UUID(said["listing_id"]), said["amount_pkr"], said["state"], said.get("ended_as")
    )


def _event(
    name: str, says: str, state: DepositState, *kinds: DepositEvent, ended_as: str | None = None
) -> WebhookEvent:
    example = DepositMoved(_DEPOSIT, _CAR, 50_000, str(state), ended_as)
    return WebhookEvent(name, _TOPIC, says, DepositMoved, lambda event: _moved(event, kinds), example, _NEEDS)


_E, _S = DepositEvent, DepositState
DEPOSIT_WEBHOOKS: Final = (
    _event("deposit.held", "a buyer has paid a deposit, which is held", _S.HELD, _E.PAID),
    _event("deposit.captured", "a held deposit is taken: the car is sold", _S.CAPTURED, _E.CAPTURE),
    _event("deposit.voided", "a deposit ends before it was paid", _S.VOIDED, _E.CANCEL, ended_as="voided"),
    _event("deposit.expired", "nothing was paid in time", _S.EXPIRED, _E.RUN_OUT),
    _event(
        "deposit.refunded", "money of a deposit has gone back to the buyer", _S.REFUNDED, _E.REFUND_DONE,
        _E.CHARGED_BACK,
    ),
    _event("deposit.disputed", "the payment of a deposit is disputed", _S.DISPUTED, _E.DISPUTE),
)  # fmt: skip
