"""Keep the lines of settlement files, once for each transaction of a provider."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db.tables.deposit_papers import SettlementLine
from pipelines.deposits.settlement.files import Line

_BATCH = 1_000


@dataclass(frozen=True)
class KeepResult:
    """The outcome of a file's lines; `changed` names transactions that an earlier file told otherwise: that stands."""

    kept: int
    known: int
    changed: tuple[str, ...]


def keep_lines(session: Session, provider: str, lines: Sequence[Line], data: bytes) -> KeepResult:
    """Keep lines that are new."""
    kept, changed = 0, list[str]()
    for start in range(0, len(lines), _BATCH):
        batch = lines[start : start + _BATCH]
        rows = [
            {
                "provider": provider,
                "kind": line.kind,
                "provider_transaction": line.transaction,
                "reference": line.reference,
                "amount_paisa": line.amount_paisa,
                "day": line.day,
                "file_digest": sha256(data).hexdigest(),
            }
            for line in batch
        ]
        statement = insert(SettlementLine).values(rows).on_conflict_do_nothing().returning(SettlementLine.id)
        kept += len(session.scalars(statement).all())
        changed += _changed(session, provider, batch)
    return KeepResult(kept, len(lines) - kept, tuple(changed))


def _changed(session: Session, provider: str, batch: Sequence[Line]) -> list[str]:
    table = SettlementLine
    query = select(table.kind, table.provider_transaction, table.amount_paisa).where(
        table.provider == provider, table.provider_transaction.in_([line.transaction for line in batch])
    )
    known = {(row.kind, row.provider_transaction): row.amount_paisa for row in session.execute(query)}
    return [line.transaction for line in batch if known[line.kind, line.transaction] != line.amount_paisa]
