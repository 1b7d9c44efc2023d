"""Accounts and movements as values, checked before the database sees them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from core.db.tables.ledger import PKR
from pipelines.deposits.ledger.errors import BadTransferError

MOST_PAISA: Final = 10**15
"""The largest amount of an entry: ten trillion rupees."""


@dataclass(frozen=True)
class Account:
    """Names an account."""

    kind: str
    owner_id: UUID | None = None
    name: str = ""
    currency: str = PKR


@dataclass(frozen=True)
class Entry:
    """The amount that is added to an account, in paisa."""

    account: Account
    paisa: int


@dataclass(frozen=True)
class Movement:
    """A transfer to write. The same reference with the same entries is written once.

    Raises:
        BadTransferError: the entries do not sum to zero for each currency, or one is no whole number or too large.
    """

    reference: str
    kind: str
    entries: tuple[Entry, ...]
    subject_id: UUID | None = None

    def __post_init__(self) -> None:
        """Refuse entries that do not balance."""
        if len(self.entries) < 2:
            raise BadTransferError("A transfer has two entries or more.")
        sums: defaultdict[str, int] = defaultdict(int)
        for entry in self.entries:
            if type(entry.paisa) is not int or entry.paisa == 0 or abs(entry.paisa) > MOST_PAISA:
                raise BadTransferError("An entry is a whole number of paisa, other than 0 and within the bounds.")
            sums[entry.account.currency] += entry.paisa
        if any(sums.values()):
            raise BadTransferError("The entries of a transfer sum to zero for each currency.")


def between(debit: Account, credit: Account, paisa: int) -> tuple[Entry, ...]:
    """Return the two entries that add to one account what they take from another."""
    return Entry(debit, paisa), Entry(credit, -paisa)


def merged(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Sum entries of one account, and leave out those of nothing."""
    sums: defaultdict[Account, int] = defaultdict(int)
    for entry in entries:
        sums[entry.account] += entry.paisa
    return tuple(Entry(account, paisa) for account, paisa in sums.items() if paisa)


def buyer(user_id: UUID) -> Account:
    """Return the account of a buyer: money that is the buyer's until it is taken or given back."""
    return Account("buyer", user_id)


def dealer(org_id: UUID) -> Account:
    """Return the account of an organisation."""
    return Account("dealer", org_id)


def clearing(provider: str) -> Account:
    """Return the account of money that a provider holds for us."""
    return Account("provider_clearing", name=provider)


FEES: Final = Account("platform_fee")
UNALLOCATED: Final = Account("unallocated")
BANK: Final = Account("bank")
LOSSES: Final = Account("losses")
