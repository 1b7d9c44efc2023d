"""Papers of deposits: receipts, disputes, tasks, payouts, settlement files, and the rules of organisations."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey
from core.states.listings import quoted

PAYOUT_STATES = ("requested", "paid", "rejected")


class ReceiptSeries(Base):
    """The last number of a series of receipts; its row is locked until the receipt is committed, so none is missing."""

    __tablename__ = "receipt_series"

    series: Mapped[str] = mapped_column(Text, primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


class DepositReceipt(Base):
    """A numbered receipt of money that came or went back."""

    __tablename__ = "deposit_receipts"
    __table_args__ = (
        UniqueConstraint("series", "number"),
        Index("ix_deposit_receipts_deposit_id", "deposit_id"),
    )

    id: Mapped[UuidKey]
    series: Mapped[str] = mapped_column(Text)
    number: Mapped[int] = mapped_column(Integer)
    deposit_id: Mapped[UUID] = mapped_column(ForeignKey("deposits.id"))
    kind: Mapped[str] = mapped_column(Text)  # payment | refund
    amount_paisa: Mapped[int]
    issued_at: Mapped[CreatedAt]


class DepositDispute(Base):
    """A claim against a payment, raised at the provider or here. While it is open, nothing is taken or given back."""

    __tablename__ = "deposit_disputes"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'won', 'lost')", name="state_is_known"),
        Index("uq_deposit_disputes_open", "deposit_id", unique=True, postgresql_where=text("state = 'open'")),
        Index("ix_deposit_disputes_deposit_id", "deposit_id"),
    )

    id: Mapped[UuidKey]
    deposit_id: Mapped[UUID] = mapped_column(ForeignKey("deposits.id"))
    state: Mapped[str] = mapped_column(Text, server_default="open")
    amount_paisa: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    opened_by: Mapped[UUID | None]
    closed_by: Mapped[UUID | None]
    opened_at: Mapped[CreatedAt]
    closed_at: Mapped[datetime | None]


class DepositTask(Base):
    """A task for a person of finance; one for each cause."""

    __tablename__ = "deposit_tasks"
    __table_args__ = (
        UniqueConstraint("kind", "subject"),
        Index("ix_deposit_tasks_open", "opened_at", postgresql_where=text("closed_at IS NULL")),
    )

    id: Mapped[UuidKey]
    kind: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    deposit_id: Mapped[UUID | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    opened_at: Mapped[CreatedAt]
    closed_at: Mapped[datetime | None]


class DepositPayout(Base):
    """Money paid out to an organisation: asked for by one person of finance, approved by another."""

    __tablename__ = "deposit_payouts"
    __table_args__ = (
        CheckConstraint(f"state IN ({quoted(PAYOUT_STATES)})", name="state_is_known"),
        CheckConstraint("amount_paisa > 0", name="amount"),
        CheckConstraint("approved_by IS NULL OR approved_by <> requested_by", name="four_eyes"),
        Index("uq_deposit_payouts_one", "org_id", unique=True, postgresql_where=text("state = 'requested'")),
        Index("ix_deposit_payouts_org_id", "org_id"),
    )

    id: Mapped[UuidKey]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"))
    amount_paisa: Mapped[int]
    state: Mapped[str] = mapped_column(Text, server_default="requested")
    requested_by: Mapped[UUID | None]
    approved_by: Mapped[UUID | None]
    created_at: Mapped[CreatedAt]
    ended_at: Mapped[datetime | None]


class PaymentEntry(Base):
    """Money that a person of finance saw come or go, at the bank or in a provider's portal; another person approves."""

    __tablename__ = "payment_entries"
    __table_args__ = (
        CheckConstraint("kind IN ('payment', 'refund')", name="kind_is_known"),
        CheckConstraint("state IN ('requested', 'approved')", name="state_is_known"),
        CheckConstraint("amount_paisa > 0", name="amount"),
        CheckConstraint("approved_by IS NULL OR approved_by <> requested_by", name="four_eyes"),
        Index(
            "uq_payment_entries_approved",
            "kind",
            "provider_transaction",
            unique=True,
            postgresql_where=text("state = 'approved'"),
        ),
    )

    id: Mapped[UuidKey]
    kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[UUID]  # the intent that was paid, or the refund that was done
    provider_transaction: Mapped[str] = mapped_column(Text)
    amount_paisa: Mapped[int]
    state: Mapped[str] = mapped_column(Text, server_default="requested")
    requested_by: Mapped[UUID | None]
    approved_by: Mapped[UUID | None]
    created_at: Mapped[CreatedAt]
    ended_at: Mapped[datetime | None]


class SettlementLine(Base):
    """A line of a provider's settlement file, once for each transaction of the provider."""

    __tablename__ = "settlement_lines"
    __table_args__ = (UniqueConstraint("provider", "kind", "provider_transaction"),)

    id: Mapped[UuidKey]
    provider: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)  # payment | refund
    provider_transaction: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text, server_default="")  # ours, where the provider repeats it
    amount_paisa: Mapped[int]
    day: Mapped[date] = mapped_column(Date)  # of Karachi
    file_digest: Mapped[str] = mapped_column(Text)
    created_at: Mapped[CreatedAt]


class DepositDesk(Base):
    """An organisation's settings of deposits."""

    __tablename__ = "deposit_desks"

    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"), primary_key=True)
    cooling_off_hours: Mapped[int] = mapped_column(Integer, server_default="0")
    hold_hours: Mapped[int] = mapped_column(Integer, server_default="72")
    changed_at: Mapped[CreatedAt]


class DepositsDaily(Base):
    """Numbers of deposits of a day of Karachi; `converted` counts leads of the day that led to a hold."""

    __tablename__ = "deposits_daily"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    opened: Mapped[int] = mapped_column(Integer)
    held: Mapped[int] = mapped_column(Integer)
    captured: Mapped[int] = mapped_column(Integer)
    ended: Mapped[int] = mapped_column(Integer)  # without a capture
    refunds: Mapped[int] = mapped_column(Integer)
    leads: Mapped[int] = mapped_column(Integer)
    converted: Mapped[int] = mapped_column(Integer)
    held_paisa: Mapped[int]
    captured_paisa: Mapped[int]
    fees_paisa: Mapped[int]
    refunded_paisa: Mapped[int]
