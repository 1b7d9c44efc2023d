"""The ledger: accounts, transfers between them, and the entries of each transfer. Rows are never changed.

Triggers hold the sum of a transfer at zero for each currency, whoever writes it and by whatever statement.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey

ACCOUNT_KINDS: Final = ("buyer", "dealer", "platform_fee", "provider_clearing", "unallocated", "bank", "losses")
PHASES: Final = ("posted", "pending", "post", "void", "expire")
"""`post`, `void` and `expire` end a pending transfer, once; a `posted` one has no pending phase."""
PKR: Final = "PKR"
THIS_TRANSACTION: Final = text("pg_current_xact_id()::text::bigint")


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(map(repr, words))})"


class LedgerAccount(Base):
    """An account of a buyer, an organisation, a provider, or the platform. What we owe is negative."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        CheckConstraint(_one_of("kind", ACCOUNT_KINDS), name="kind_is_known"),
        CheckConstraint("(owner_id IS NOT NULL) = (kind IN ('buyer', 'dealer'))", name="owner_by_kind"),
        UniqueConstraint("kind", "owner_id", "name", "currency", postgresql_nulls_not_distinct=True),
        UniqueConstraint("id", "currency"),
    )

    id: Mapped[UuidKey]
    kind: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[UUID | None]  # the person or the organisation; no foreign key: books outlive people
    name: Mapped[str] = mapped_column(Text, server_default="")  # of the provider
    currency: Mapped[str] = mapped_column(Text, server_default=PKR)
    created_at: Mapped[CreatedAt]


class LedgerTransfer(Base):
    """One movement of money, or the end of a pending one. `reference` makes it happen once."""

    __tablename__ = "ledger_transfers"
    __table_args__ = (
        CheckConstraint(_one_of("phase", PHASES), name="phase_is_known"),
        CheckConstraint("(pending_id IS NOT NULL) = (phase IN ('post', 'void', 'expire'))", name="ends_a_pending"),
        UniqueConstraint("reference"),
        UniqueConstraint("pending_id"),
        Index("ix_ledger_transfers_subject_id", "subject_id"),
    )

    id: Mapped[UuidKey]
    reference: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    phase: Mapped[str] = mapped_column(Text)
    pending_id: Mapped[UUID | None] = mapped_column(ForeignKey("ledger_transfers.id"))
    subject_id: Mapped[UUID | None]  # the deposit, payment or payout
    made_in: Mapped[int] = mapped_column(server_default=THIS_TRANSACTION)  # the only transaction that adds entries
    created_at: Mapped[CreatedAt]


class LedgerEntry(Base):
    """An entry of a transfer: the amount that it adds to an account, in paisa."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "currency"], ["ledger_accounts.id", "ledger_accounts.currency"]),
        CheckConstraint("amount_paisa <> 0", name="moves_something"),
        Index("ix_ledger_entries_transfer_id", "transfer_id"),
        Index("ix_ledger_entries_account_id", "account_id"),
    )

    id: Mapped[UuidKey]
    transfer_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_transfers.id"))
    account_id: Mapped[UUID]
    currency: Mapped[str] = mapped_column(Text)
    amount_paisa: Mapped[int]
