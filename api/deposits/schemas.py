"""Requests and answers of the deposits operations."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.parameters import EXAMPLE_LISTING_ID, JSON_NUMBER, ONE_LINE, SOUND_TEXT, VISIBLE
from core.identity.orgs import CODE_PATTERN
from core.money import MOST_RUPEES, rupees_of
from core.states.deposits import DepositState
from serving.deposits.acts import DisputeStep
from serving.deposits.documents.receipts import number_of
from serving.deposits.holds.opening import Wish
from serving.deposits.money.payouts import PayoutView
from serving.deposits.views import DepositView

EXAMPLE_DEPOSIT_ID = "019a2b3c-6e7f-7a80-8b9c-0d1e2f3a4b5e"
_Rupees = Annotated[int, Field(ge=1, le=MOST_RUPEES), JSON_NUMBER]
_Reason = Annotated[str, Field(min_length=1, max_length=500), SOUND_TEXT, VISIBLE]
_REFUND: dict[str, JsonValue] = {
    "id": "019a2b3c-6e7f-7a80-8b9c-0d1e2f3a4b60",
    "amount_pkr": 10_000,
    "state": "due",
    "reason": "The buyer withdrew",
    "created_at": "2026-05-03T10:00:00Z",
    "done_at": None,
}
_DEPOSIT: dict[str, JsonValue] = {
    "id": EXAMPLE_DEPOSIT_ID,
    "listing_id": str(EXAMPLE_LISTING_ID),
    "lead_id": None,
    "org": "khan-motors",
    "state": "awaiting_payment",
    "ended_as": None,
    "amount_pkr": 25_000,
    "fee_pkr": 500,
    "refunded_pkr": 0,
    "provider": "sandbox",
    "payment_url": "http://127.0.0.1:8099/checkout/AMD0123456789ABCDEFG",
    "pay_until": "2026-05-02T08:30:00Z",
    "hold_until": None,
    "cooling_until": None,
    "accepted_at": None,
    "captured_at": None,
    "created_at": "2026-05-02T08:15:00Z",
    "refunds": [],
    "receipts": [],
}


class DepositCreate(BaseModel):
    """A buyer's wish to reserve a car."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"listing_id": str(EXAMPLE_LISTING_ID), "amount_pkr": 25_000, "provider": "sandbox"}]
        },
    )

    listing_id: UUID
    lead_id: UUID | None = Field(default=None, description="Your lead about this car, where there is one.")
    amount_pkr: _Rupees = Field(description="Whole rupees.")
    provider: Annotated[str, Field(min_length=1, max_length=40), ONE_LINE]

    def wish(self) -> Wish:
        """Return it for the service."""
        return Wish(self.listing_id, self.amount_pkr, self.provider, self.lead_id)


class RefundRead(BaseModel):
    """Money that goes back."""

    id: UUID
    amount_pkr: int
    state: str = Field(description="awaiting_approval, due, unknown (sent, not answered), done, refused, rejected.")
    reason: str | None
    created_at: datetime
    done_at: datetime | None


class ReceiptRead(BaseModel):
    """A receipt's number."""

    number: str
    kind: str
    amount_pkr: int
    issued_at: datetime


class DepositRead(BaseModel):
    """A deposit, as its parties read it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DEPOSIT]})

    id: UUID
    listing_id: UUID
    lead_id: UUID | None
    org: str
    state: DepositState
    ended_as: str | None = Field(description="Why the hold ended: voided, declined, expired, captured, refunded, …")
    amount_pkr: int
    fee_pkr: int
    refunded_pkr: int
    provider: str
    payment_url: str | None = Field(description="Where the buyer pays; null while it is made, and when it has ended.")
    pay_until: datetime
    hold_until: datetime | None
    cooling_until: datetime | None
    accepted_at: datetime | None
    captured_at: datetime | None
    created_at: datetime
    refunds: list[RefundRead]
    receipts: list[ReceiptRead]

    @classmethod
    def of(cls, view: DepositView) -> Self:
        """Make it from the service's view."""
        deposit = view.deposit
        same = ("id", "listing_id", "lead_id", "ended_as", "provider", "pay_until", "hold_until", "cooling_until")
        times = ("accepted_at", "captured_at", "created_at")
        amounts: dict[str, Any] = {
            f"{name}_pkr": rupees_of(getattr(deposit, f"{name}_paisa")) for name in ("amount", "fee", "refunded")
        }
        refunds = [
            RefundRead(
                amount_pkr=each.amount_paisa // 100,
                **{name: getattr(each, name) for name in ("id", "state", "reason", "created_at", "done_at")},
            )
            for each in view.refunds
        ]
        receipts = [
            ReceiptRead(
                number=number_of(each),
                kind=each.kind,
                amount_pkr=rupees_of(each.amount_paisa),
                issued_at=each.issued_at,
            )
            for each in view.receipts
        ]
        return cls(
            **{name: getattr(deposit, name) for name in (*same, *times)},
            **amounts,
            state=DepositState(deposit.state),
            org=view.org,
            payment_url=view.payment_url,
            refunds=refunds,
            receipts=receipts,
        )


class EndingCreate(BaseModel):
    """Why a deposit ends."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "The car was damaged"}]})

    reason: _Reason | None = None


class RefundCreate(BaseModel):
    """A refund that is asked for."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"amount_pkr": 10_000, "reason": "Agreed with the dealer"}]}
    )

    amount_pkr: _Rupees | None = Field(default=None, description="Without it, all that is left.")
    reason: _Reason


class DisputeCreate(BaseModel):
    """A dispute that is opened, or with an outcome closed."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "The buyer's bank claims it"}]}
    )

    reason: _Reason
    outcome: Literal["won", "lost"] | None = Field(default=None, description="Finance alone closes disputes.")

    def step(self) -> DisputeStep:
        """Return it for the service."""
        return DisputeStep(self.reason, self.outcome)


class PayoutCreate(BaseModel):
    """A payout to an organisation."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"org": "khan-motors", "amount_pkr": 24_500}]}
    )

    org: Annotated[str, Field(pattern=CODE_PATTERN)]
    amount_pkr: _Rupees | None = Field(default=None, description="Without it, all that there is.")


class PayoutRead(BaseModel):
    """A payout."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": EXAMPLE_DEPOSIT_ID,
                    "org": "khan-motors",
                    "amount_pkr": 24_500,
                    "state": "requested",
                    "bank_file": None,
                }
            ]
        }
    )

    id: UUID
    org: str
    amount_pkr: int
    state: str = Field(description="requested, paid.")
    bank_file: str | None = Field(description="CSV for the bank, once another person has approved it.")

    @classmethod
    def of(cls, view: PayoutView) -> Self:
        """Make it from the service's view."""
        payout = view.payout
        amount = rupees_of(payout.amount_paisa)
        return cls(id=payout.id, org=view.org, amount_pkr=amount, state=payout.state, bank_file=view.bank_file)


class CallbackRead(BaseModel):
    """That a callback was received."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "received"}]})

    status: Literal["received"]
