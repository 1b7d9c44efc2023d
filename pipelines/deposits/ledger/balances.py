"""Balances, derived from entries in SQL, and the proof of them by a replay of every transfer."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

_BALANCES: Final = text("""
SELECT a.id, a.kind, a.owner_id, a.name, a.currency,
  coalesce(sum(e.amount_paisa) FILTER (WHERE t.phase IN ('posted', 'post')), 0)::bigint AS posted,
  coalesce(sum(e.amount_paisa) FILTER (WHERE t.phase = 'pending' AND d.id IS NULL), 0)::bigint AS pending
FROM ledger_accounts a LEFT JOIN ledger_entries e ON e.account_id = a.id
LEFT JOIN ledger_transfers t ON t.id = e.transfer_id LEFT JOIN ledger_transfers d ON d.pending_id = t.id
GROUP BY a.id ORDER BY a.kind, a.name, a.id
""")
_HISTORY: Final = text("""
SELECT t.id, t.phase, t.pending_id, e.account_id, e.currency, e.amount_paisa
FROM ledger_transfers t LEFT JOIN ledger_entries e ON e.transfer_id = t.id ORDER BY t.id, e.id
""")


@dataclass(frozen=True)
class Balance:
    """An account, what was posted to it, and what is promised, in paisa."""

    id: UUID
    kind: str
    owner_id: UUID | None
    name: str
    currency: str
    posted: int
    pending: int


@dataclass(frozen=True)
class LedgerProof:
    """The findings of a replay of all transfers: none, if the books are right.

    Attributes:
        transfers: the number of them.
        unbalanced: ids of transfers whose entries do not sum to zero.
        misread: ids of accounts whose balance in SQL is another one than that of the replay.
        sums: of all balances, by currency.
    """

    transfers: int
    unbalanced: list[str] = field(default_factory=list)
    misread: list[str] = field(default_factory=list)
    sums: dict[str, int] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether the books are right."""
        return not self.unbalanced and not self.misread and not any(self.sums.values())


def see_one_moment(session: Session) -> None:
    """Let a fresh transaction see the books of one moment, however many statements it reads them by."""
    session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))


def balances(session: Session) -> list[Balance]:
    """Read the balances of all accounts."""
    return [Balance(**row._mapping) for row in session.execute(_BALANCES)]


def prove(session: Session) -> LedgerProof:
    """Replay every transfer and compare; the session sees one state of the books (REPEATABLE READ) or waits for none.

    Sums are of posted money; a pending transfer balances by itself, as every one does.
    """
    told = balances(session)
    replay = _Replay()
    for row in session.execute(_HISTORY):
        replay.take(row)
    posted, pending = replay.end()
    sums: defaultdict[str, int] = defaultdict(int)
    for balance in told:
        sums[balance.currency] += balance.posted
    wrong = [
        str(each.id)
        for each in told
        if (each.posted, each.pending) != (posted.get(each.id, 0), pending.get(each.id, 0))
    ]
    return LedgerProof(len(replay.phases), replay.unbalanced(), wrong, dict(sums))


class _Replay:
    """The books, made again from the first transfer on."""

    def __init__(self) -> None:
        self.phases: dict[UUID, str] = {}
        self._ended: set[UUID] = set()
        self._entries: defaultdict[UUID, list[tuple[UUID, str, int]]] = defaultdict(list)

    def take(self, row: Row[Any]) -> None:
        """Read an entry, or a transfer without one."""
        self.phases[row.id] = row.phase
        if row.pending_id is not None:
            self._ended.add(row.pending_id)
        if row.account_id is not None:
            self._entries[row.id].append((row.account_id, row.currency, row.amount_paisa))

    def unbalanced(self) -> list[str]:
        """Name the transfers that do not sum to zero."""
        return [str(each) for each, entries in self._entries.items() if any(_sums(entries).values())]

    def end(self) -> tuple[dict[UUID, int], dict[UUID, int]]:
        """Return posted and pending balances by account."""
        posted: defaultdict[UUID, int] = defaultdict(int)
        pending: defaultdict[UUID, int] = defaultdict(int)
        for transfer, phase in self.phases.items():
            into = posted if phase in ("posted", "post") else pending
            if phase == "pending" and transfer in self._ended:
                continue
            for account, _currency, paisa in self._entries[transfer]:
                into[account] += paisa
        return posted, pending


def _sums(entries: list[tuple[UUID, str, int]]) -> dict[str, int]:
    sums: defaultdict[str, int] = defaultdict(int)
    for _account, currency, paisa in entries:
        sums[currency] += paisa
    return sums
