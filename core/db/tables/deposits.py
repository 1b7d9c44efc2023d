"""Deposits on cars: holds, what was asked of providers, money that came and went back, and what is to be done."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    FetchedValue,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey
from core.states.deposits import DepositState
from core.states.listings import quoted

INTENT_STATES = ("new", "open", "closed")
REFUND_STATES = ("awaiting_approval", "due", "unknown", "done", "refused", "rejected", "cancelled")


class Deposit(Base):
    """A buyer's deposit on one car. Amounts are paisa; at no time is more given back than came in."""

    __tablename__ = "deposits"
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012  the time of a change comes back with the change
    __table_args__ = (
        CheckConstraint(f"state IN ({quoted(DepositState)})", name="state_is_known"),
        CheckConstraint("amount_paisa > 0 AND fee_paisa BETWEEN 0 AND amount_paisa", name="amounts"),
        CheckConstraint(
            "refunded_paisa >= 0 AND refunding_paisa >= 0 AND refunded_paisa + refunding_paisa <= amount_paisa",
            name="refunds_fit",
        ),
        Index("uq_deposits_one_hold", "listing_id", unique=True, postgresql_where=text("keeps_car")),
        Index("ix_deposits_listing_id", "listing_id"),
        Index("ix_deposits_org_id_id", "org_id", "id"),
        Index("ix_deposits_buyer_id", "buyer_id"),
        Index("ix_deposits_pay_until", "pay_until", postgresql_where=text("state IN ('created', 'awaiting_payment')")),
        Index("ix_deposits_hold_until", "hold_until", postgresql_where=text("state = 'held'")),
    )

    id: Mapped[UuidKey]
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id"))
    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"))
    buyer_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("leads.id"))
    provider: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text, server_default="PKR")
    amount_paisa: Mapped[int]
    fee_paisa: Mapped[int]  # of the whole amount, by the rate of the day on which it was made
    refunded_paisa: Mapped[int] = mapped_column(server_default="0")
    refunding_paisa: Mapped[int] = mapped_column(server_default="0")  # asked for, and not yet done or refused
    state: Mapped[str] = mapped_column(Text)
    ended_as: Mapped[str | None] = mapped_column(Text)  # why the hold ended
    reason: Mapped[str | None] = mapped_column(Text)
    keeps_car: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    former_by: Mapped[str | None] = mapped_column(Text)  # whose word the car's state was before the hold
    asked_status: Mapped[str | None] = mapped_column(Text)  # the state that its people asked for meanwhile
    asked_by: Mapped[str | None] = mapped_column(Text)  # whose word that is
    asked_sold_price_pkr: Mapped[int | None]  # of a sale that was asked for, as told: for the organisation alone
    asked_sold_on: Mapped[date | None] = mapped_column(Date)
    disputed_from: Mapped[str | None] = mapped_column(Text)
    pay_until: Mapped[datetime]
    hold_until: Mapped[datetime | None]
    cooling_until: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    held_at: Mapped[datetime | None]
    captured_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    changed_at: Mapped[CreatedAt] = mapped_column(server_onupdate=FetchedValue())


class PaymentIntent(Base):
    """A payment that a buyer is asked to make at a provider. Its reference is committed before the call."""

    __tablename__ = "payment_intents"
    __table_args__ = (
        CheckConstraint(f"state IN ({quoted(INTENT_STATES)})", name="state_is_known"),
        UniqueConstraint("reference"),
        Index("ix_payment_intents_deposit_id", "deposit_id"),
        Index("ix_payment_intents_next_at", "next_at", postgresql_where=text("next_at IS NOT NULL")),
    )

    id: Mapped[UuidKey]
    deposit_id: Mapped[UUID] = mapped_column(ForeignKey("deposits.id"))
    provider: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text, server_default="PKR")
    amount_paisa: Mapped[int]
    state: Mapped[str] = mapped_column(Text, server_default="new")
    page_url: Mapped[str | None] = mapped_column(Text)
    provider_token: Mapped[str | None] = mapped_column(Text)  # the provider's own name of it
    expires_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]  # the last inquiry
    answered_at: Mapped[datetime | None]  # the last inquiry that was answered
    next_at: Mapped[datetime | None]  # the next one
    inquiries: Mapped[int] = mapped_column(Integer, server_default="0")
    created_at: Mapped[CreatedAt]


class Payment(Base):
    """Money that a provider says it has, once for each of its transactions."""

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("provider", "provider_transaction"),
        CheckConstraint("use IN ('hold', 'unallocated')", name="use_is_known"),
        CheckConstraint("amount_paisa > 0", name="amount"),
        Index("ix_payments_deposit_id", "deposit_id"),
        Index("uq_payments_one_hold", "deposit_id", unique=True, postgresql_where=text("use = 'hold'")),
    )

    id: Mapped[UuidKey]
    provider: Mapped[str] = mapped_column(Text)
    provider_transaction: Mapped[str] = mapped_column(Text)
    intent_id: Mapped[UUID | None] = mapped_column(ForeignKey("payment_intents.id"))
    deposit_id: Mapped[UUID | None] = mapped_column(ForeignKey("deposits.id"))
    currency: Mapped[str] = mapped_column(Text, server_default="PKR")
    amount_paisa: Mapped[int]
    use: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)  # why it holds nothing
    created_at: Mapped[CreatedAt]


class DepositRefund(Base):
    """Money to give back. Sent to the provider under one reference, however often; `unknown` until it has answered."""

    __tablename__ = "deposit_refunds"
    __table_args__ = (
        CheckConstraint(f"state IN ({quoted(REFUND_STATES)})", name="state_is_known"),
        CheckConstraint("amount_paisa > 0", name="amount"),
        CheckConstraint("approved_by IS NULL OR approved_by <> requested_by", name="four_eyes"),
        UniqueConstraint("reference"),
        Index("ix_deposit_refunds_deposit_id", "deposit_id"),
        Index("ix_deposit_refunds_payment_id", "payment_id"),
        Index("ix_deposit_refunds_requested_by", "requested_by", "created_at"),
        Index("ix_deposit_refunds_next_at", "next_at", postgresql_where=text("next_at IS NOT NULL")),
    )

    id: Mapped[UuidKey]
    deposit_id: Mapped[UUID | None] = mapped_column(ForeignKey("deposits.id"))
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"))
    reference: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)  # end_of_hold | asked | unallocated
    amount_paisa: Mapped[int]
    dealer_paisa: Mapped[int] = mapped_column(server_default="0")  # the parts that dealer and platform give back
    fee_paisa: Mapped[int] = mapped_column(server_default="0")
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    requested_by: Mapped[UUID | None]
    approved_by: Mapped[UUID | None]
    provider_refund: Mapped[str | None] = mapped_column(Text)
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    next_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]  # first
    done_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class PaymentWebhook(Base):
    """A callback of a provider as it came, once for each content; it only wakes the reconciler."""

    __tablename__ = "payment_webhooks"
    __table_args__ = (
        UniqueConstraint("provider", "digest"),
        CheckConstraint("signature IN ('valid', 'invalid', 'none')", name="signature_is_known"),
        Index("ix_payment_webhooks_received_at", "received_at"),
    )

    id: Mapped[UuidKey]
    provider: Mapped[str] = mapped_column(Text)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    body: Mapped[bytes]  # contacts and numbers of cards masked
    headers: Mapped[dict[str, Any]] = mapped_column(JSONB)  # secrets masked
    signature: Mapped[str] = mapped_column(Text)
    reference: Mapped[str | None] = mapped_column(Text)
    verdict: Mapped[str] = mapped_column(Text)  # woke, unknown_reference, refused
    times: Mapped[int] = mapped_column(Integer, server_default="1")
    received_at: Mapped[CreatedAt]
