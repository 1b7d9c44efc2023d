"""Write transfers, and end pending ones. The caller's transaction decides whether they stand."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Text, Uuid, bindparam, select, text
from sqlalchemy.orm import Session

from core.db.tables.ledger import LedgerAccount, LedgerEntry, LedgerTransfer
from pipelines.deposits.ledger.errors import PendingEndedError, ReferenceReusedError
from pipelines.deposits.ledger.postings import Account, Movement

Ending = Literal["post", "void", "expire"]
Phase = Literal["posted", "pending"]

# Accounts that are missing are made in the order of their names, so that two transactions never wait for each other.
# Nothing is written while one of them is lacking: another transaction made it at this moment, and the next try sees it.
_WRITE: Final = text("""
WITH wanted AS MATERIALIZED (
  SELECT * FROM unnest(:kinds, :owners, :names, :currencies) WITH ORDINALITY
    AS w (kind, owner_id, name, currency, place)
), found AS MATERIALIZED (
  SELECT w.place, a.id FROM wanted w JOIN ledger_accounts a
    ON (a.kind, a.owner_id, a.name, a.currency) = (w.kind, w.owner_id, w.name, w.currency)
  UNION ALL
  SELECT w.place, a.id FROM wanted w JOIN ledger_accounts a
    ON (a.kind, a.name, a.currency) = (w.kind, w.name, w.currency) AND a.owner_id IS NULL AND w.owner_id IS NULL
), made AS (
  INSERT INTO ledger_accounts (kind, owner_id, name, currency)
  SELECT w.kind, w.owner_id, w.name, w.currency FROM wanted w WHERE w.place NOT IN (SELECT place FROM found)
  ORDER BY w.kind, w.owner_id, w.name, w.currency
  ON CONFLICT DO NOTHING RETURNING id, kind, owner_id, name, currency
), known AS MATERIALIZED (
  SELECT place, id FROM found UNION ALL
  SELECT w.place, m.id FROM made m JOIN wanted w
    ON (w.kind, w.name, w.currency) = (m.kind, m.name, m.currency) AND w.owner_id IS NOT DISTINCT FROM m.owner_id
), written AS (
  INSERT INTO ledger_transfers (reference, kind, phase, subject_id)
  SELECT * FROM unnest(:references, :movements, :phases, :subjects)
  WHERE (SELECT count(*) FROM known) = (SELECT count(*) FROM wanted)
  ON CONFLICT (reference) DO NOTHING RETURNING id, reference
), entries AS (
  INSERT INTO ledger_entries (transfer_id, account_id, currency, amount_paisa)
  SELECT t.id, k.id, w.currency, e.amount_paisa
  FROM unnest(:transfers, :places, :amounts) AS e (reference, place, amount_paisa)
  JOIN written t ON t.reference = e.reference JOIN known k ON k.place = e.place JOIN wanted w ON w.place = e.place
)
SELECT reference, id FROM written
""").bindparams(
    *(bindparam(name, type_=ARRAY(Text)) for name in ("kinds", "names", "currencies")),
    *(bindparam(name, type_=ARRAY(Text)) for name in ("references", "movements", "phases", "transfers")),
    *(bindparam(name, type_=ARRAY(Uuid)) for name in ("owners", "subjects")),
    *(bindparam(name, type_=ARRAY(BigInteger)) for name in ("places", "amounts")),
)
_TRIES: Final = 5
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
        given = _given(wanted)
        found: dict[str, UUID] = {}
        for _ in range(_TRIES):
            found |= {row.reference: UUID(str(row.id)) for row in self._session.execute(_WRITE, given)}
            for movement, phase in wanted:
                if movement.reference not in found and (known := self._known(movement, phase)) is not None:
                    found[movement.reference] = known
            if len(found) == len(wanted):
                break
        return [found[each.reference] for each, _ in wanted]

    def _known(self, movement: Movement, phase: Phase) -> UUID | None:
        """Return the transfer of this reference, if there is one; it is the same movement."""
        query = select(LedgerTransfer).where(LedgerTransfer.reference == movement.reference)
        known = self._session.scalars(query).one_or_none()
        if known is None:
            return None
        account = LedgerAccount
        rows = self._session.execute(
            select(account.kind, account.owner_id, account.name, account.currency, LedgerEntry.amount_paisa)
            .join(LedgerEntry, LedgerEntry.account_id == account.id)
            .where(LedgerEntry.transfer_id == known.id)
        )
        there = Counter((Account(kind, owner, name, currency), paisa) for kind, owner, name, currency, paisa in rows)
        wanted = Counter((entry.account, entry.paisa) for entry in movement.entries)
        if there != wanted or known.phase != phase or known.kind != movement.kind:
            raise ReferenceReusedError(movement.reference)
        return known.id


def _given(wanted: Sequence[tuple[Movement, Phase]]) -> dict[str, Any]:
    """Return the parameters of the statement that writes movements: accounts by their place, each once."""
    entries = [(movement.reference, entry) for movement, _ in wanted for entry in movement.entries]
    accounts = list(dict.fromkeys(entry.account for _, entry in entries))
    places = {account: place for place, account in enumerate(accounts, 1)}
    return {
        "kinds": [each.kind for each in accounts],
        "owners": [each.owner_id for each in accounts],
        "names": [each.name for each in accounts],
        "currencies": [each.currency for each in accounts],
        "references": [movement.reference for movement, _ in wanted],
        "movements": [movement.kind for movement, _ in wanted],
        "phases": [phase for _, phase in wanted],
        "subjects": [movement.subject_id for movement, _ in wanted],
        "transfers": [reference for reference, _ in entries],
        "places": [places[entry.account] for _, entry in entries],
        "amounts": [entry.paisa for _, entry in entries],
    }
