"""Write transfers, and end pending ones. The caller's transaction decides whether they stand."""

from collections.abc import Collection
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Text, Uuid, bindparam, select, text
from sqlalchemy.orm import Session

from core.db.tables.ledger import LedgerEntry, LedgerTransfer
from pipelines.deposits.ledger.errors import PendingEndedError, ReferenceReusedError
from pipelines.deposits.ledger.postings import Account, Movement

Ending = Literal["post", "void", "expire"]
Phase = Literal["posted", "pending"]

# Accounts that are missing are made in the order of their names, so that two transactions never wait for each other.
_ACCOUNTS: Final = text("""
WITH wanted AS MATERIALIZED (
  SELECT * FROM unnest(:kinds, :owners, :names, :currencies) AS w (kind, owner_id, name, currency)
), found AS MATERIALIZED (
  SELECT a.id, a.kind, a.owner_id, a.name, a.currency FROM wanted w JOIN ledger_accounts a
    ON (a.kind, a.owner_id, a.name, a.currency) = (w.kind, w.owner_id, w.name, w.currency)
  UNION ALL
  SELECT a.id, a.kind, a.owner_id, a.name, a.currency FROM wanted w JOIN ledger_accounts a
    ON (a.kind, a.name, a.currency) = (w.kind, w.name, w.currency) AND a.owner_id IS NULL AND w.owner_id IS NULL
), made AS (
  INSERT INTO ledger_accounts (kind, owner_id, name, currency)
  SELECT w.* FROM wanted w WHERE NOT EXISTS (
    SELECT FROM found f WHERE f.owner_id IS NOT DISTINCT FROM w.owner_id
      AND (f.kind, f.name, f.currency) = (w.kind, w.name, w.currency)
  ) ORDER BY w.kind, w.owner_id, w.name, w.currency
  ON CONFLICT DO NOTHING RETURNING id, kind, owner_id, name, currency
)
SELECT * FROM found UNION ALL SELECT * FROM made
""").bindparams(
    *(bindparam(name, type_=ARRAY(Text)) for name in ("kinds", "names", "currencies")),
    bindparam("owners", type_=ARRAY(Uuid)),
)
_WRITE: Final = text("""
WITH made AS (
  INSERT INTO ledger_transfers (reference, kind, phase, subject_id)
  SELECT * FROM unnest(:references, :kinds, :phases, :subjects) ON CONFLICT (reference) DO NOTHING
  RETURNING id, reference
), entries AS (
  INSERT INTO ledger_entries (transfer_id, account_id, currency, amount_paisa)
  SELECT made.id, e.account_id, e.currency, e.amount_paisa
  FROM unnest(:transfers, :accounts, :currencies, :amounts) AS e (reference, account_id, currency, amount_paisa)
  JOIN made ON made.reference = e.reference
)
SELECT reference, id FROM made
""").bindparams(
    *(bindparam(name, type_=ARRAY(Text)) for name in ("references", "kinds", "phases", "transfers", "currencies")),
    *(bindparam(name, type_=ARRAY(Uuid)) for name in ("subjects", "accounts")),
    bindparam("amounts", type_=ARRAY(BigInteger)),
)
# A resolution that another transaction has just written is waited for, and then nothing is inserted.
_END: Final = text("""
WITH made AS (
  INSERT INTO ledger_transfers (reference, kind, phase, pending_id, subject_id)
  SELECT t.reference || ':' || CAST(:phase AS text), t.kind, CAST(:phase AS text), t.id, t.subject_id
  FROM ledger_transfers t WHERE t.reference = :reference AND t.phase = 'pending'
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
        return self._write((movement, "posted"))[0]

    def reserve(self, movement: Movement) -> UUID:
        """Write a pending transfer: its money counts as promised until it is posted, voided or expired."""
        return self._write((movement, "pending"))[0]

    def post_and_reserve(self, posted: Movement, pending: Movement) -> None:
        """Move money at once and promise other money, as `post` and `reserve` do, by one statement."""
        self._write((posted, "posted"), (pending, "pending"))

    def end(self, reference: str, how: Ending) -> UUID:
        """Post, void or expire a pending transfer, by its reference.

        Raises:
            PendingEndedError: it has ended before, or there is none.
        """
        made = self._session.scalar(_END, {"reference": reference, "phase": how})
        if made is None:
            raise PendingEndedError
        return UUID(str(made))

    def _write(self, *wanted: tuple[Movement, Phase]) -> list[UUID]:
        ids = self._accounts({entry.account for movement, _ in wanted for entry in movement.entries})
        entries = [(movement.reference, entry) for movement, _ in wanted for entry in movement.entries]
        given = {
            "references": [movement.reference for movement, _ in wanted],
            "kinds": [movement.kind for movement, _ in wanted],
            "phases": [phase for _, phase in wanted],
            "subjects": [movement.subject_id for movement, _ in wanted],
            "transfers": [reference for reference, _ in entries],
            "accounts": [ids[entry.account] for _, entry in entries],
            "currencies": [entry.account.currency for _, entry in entries],
            "amounts": [entry.paisa for _, entry in entries],
        }
        made = {row.reference: UUID(str(row.id)) for row in self._session.execute(_WRITE, given)}
        return [made.get(each.reference) or self._known(each, phase, ids) for each, phase in wanted]

    def _known(self, movement: Movement, phase: Phase, ids: dict[Account, UUID]) -> UUID:
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

    def _accounts(self, wanted: Collection[Account]) -> dict[Account, UUID]:
        """Return the ids of accounts, and make those that are missing."""
        found = self._find_or_make(wanted)
        if missing := set(wanted) - set(found):  # another transaction made them at this moment
            found |= self._find_or_make(missing)
        return found

    def _find_or_make(self, wanted: Collection[Account]) -> dict[Account, UUID]:
        given = {
            "kinds": [each.kind for each in wanted],
            "owners": [each.owner_id for each in wanted],
            "names": [each.name for each in wanted],
            "currencies": [each.currency for each in wanted],
        }
        rows = self._session.execute(_ACCOUNTS, given)
        return {Account(row.kind, row.owner_id, row.name, row.currency): row.id for row in rows}
