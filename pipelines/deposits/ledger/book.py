"""Write transfers, and end pending ones. The caller's transaction decides whether they stand."""

from collections.abc import Iterable
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Text, Uuid, bindparam, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db.tables.ledger import LedgerAccount, LedgerEntry, LedgerTransfer
from pipelines.deposits.ledger.errors import PendingEndedError, ReferenceReusedError
from pipelines.deposits.ledger.postings import Account, Movement

Ending = Literal["post", "void", "expire"]

_WRITE: Final = text("""
WITH made AS (
  INSERT INTO ledger_transfers (reference, kind, phase, subject_id)
  VALUES (:reference, :kind, :phase, :subject_id) ON CONFLICT (reference) DO NOTHING RETURNING id
), entries AS (
  INSERT INTO ledger_entries (transfer_id, account_id, currency, amount_paisa)
  SELECT made.id, e.* FROM made, unnest(:accounts, :currencies, :amounts) e
)
SELECT id FROM made
""").bindparams(
    bindparam("accounts", type_=ARRAY(Uuid)),
    bindparam("currencies", type_=ARRAY(Text)),
    bindparam("amounts", type_=ARRAY(BigInteger)),
)
# A resolution that another transaction has just written is waited for, and then nothing is inserted.
_END: Final = text("""
WITH made AS (
  INSERT INTO ledger_transfers (reference, kind, phase, pending_id, subject_id)
  SELECT t.reference || ':' || CAST(:phase AS text), t.kind, CAST(:phase AS text), t.id, t.subject_id
  FROM ledger_transfers t WHERE t.id = :pending_id AND t.phase = 'pending'
  ON CONFLICT DO NOTHING RETURNING id, pending_id
), entries AS (
  INSERT INTO ledger_entries (transfer_id, account_id, currency, amount_paisa)
  SELECT made.id, e.account_id, e.currency, e.amount_paisa
  FROM made JOIN ledger_entries e ON e.transfer_id = made.pending_id WHERE :phase = 'post'
)
SELECT id FROM made
""")


class Ledger:
    """Writes transfers in the session's transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def post(self, movement: Movement) -> UUID:
        """Move money at once, and return the transfer's id; a known reference gives the transfer that is there.

        Raises:
            ReferenceReusedError: the reference names a transfer with other entries.
        """
        return self._write(movement, "posted")

    def reserve(self, movement: Movement) -> UUID:
        """Write a pending transfer: its money counts as promised until it is posted, voided or expired."""
        return self._write(movement, "pending")

    def end(self, pending_id: UUID, how: Ending) -> UUID:
        """Post, void or expire a pending transfer.

        Raises:
            PendingEndedError: it has ended before.
        """
        made = self._session.scalar(_END, {"pending_id": pending_id, "phase": how})
        if made is None:
            raise PendingEndedError
        return UUID(str(made))

    def pending_of(self, reference: str) -> UUID | None:
        """Return the id of a pending transfer that has not ended, by its reference."""
        ends = select(LedgerTransfer.pending_id).where(LedgerTransfer.pending_id.is_not(None))
        found = select(LedgerTransfer.id).where(
            LedgerTransfer.reference == reference,
            LedgerTransfer.phase == "pending",
            LedgerTransfer.id.not_in(ends),
        )
        return self._session.scalar(found)

    def _write(self, movement: Movement, phase: str) -> UUID:
        ids = self._accounts({entry.account for entry in movement.entries})
        given = {
            "reference": movement.reference,
            "kind": movement.kind,
            "phase": phase,
            "subject_id": movement.subject_id,
            "accounts": [ids[entry.account] for entry in movement.entries],
            "currencies": [entry.account.currency for entry in movement.entries],
            "amounts": [entry.paisa for entry in movement.entries],
        }
        made = self._session.scalar(_WRITE, given)
        return UUID(str(made)) if made is not None else self._known(movement, phase, ids)

    def _known(self, movement: Movement, phase: str, ids: dict[Account, UUID]) -> UUID:
        query = select(LedgerTransfer).where(LedgerTransfer.reference == movement.reference)
        known = self._session.scalars(query).one()
        rows = self._session.execute(
            select(LedgerEntry.account_id, LedgerEntry.amount_paisa).where(LedgerEntry.transfer_id == known.id)
        )
        there = sorted((account, paisa) for account, paisa in rows)
        wanted = sorted((ids[entry.account], entry.paisa) for entry in movement.entries)
        if there != wanted or known.phase != phase or known.kind != movement.kind:
            raise ReferenceReusedError(movement.reference)
        return known.id

    def _accounts(self, wanted: Iterable[Account]) -> dict[Account, UUID]:
        """Return the ids of accounts, and make those that are missing."""
        found = self._find(wanted)
        missing = sorted(set(wanted) - set(found), key=lambda each: (each.kind, str(each.owner_id), each.name))
        if missing:
            rows = [vars(account) for account in missing]
            self._session.execute(insert(LedgerAccount).values(rows).on_conflict_do_nothing())
            found |= self._find(missing)
        return found

    def _find(self, wanted: Iterable[Account]) -> dict[Account, UUID]:
        names = {(each.kind, each.name) for each in wanted}
        rows = self._session.execute(
            select(
                LedgerAccount.kind, LedgerAccount.owner_id, LedgerAccount.name, LedgerAccount.currency, LedgerAccount.id
            ).where(
                tuple_(LedgerAccount.kind, LedgerAccount.name).in_(names),
                (LedgerAccount.owner_id.in_([each.owner_id for each in wanted if each.owner_id is not None]))
                | LedgerAccount.owner_id.is_(None),
            )
        )
        every = {Account(kind, owner, name, currency): key for kind, owner, name, currency, key in rows}
        return {account: every[account] for account in wanted if account in every}
