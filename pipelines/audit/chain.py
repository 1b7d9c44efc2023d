"""Number committed audit records and tie each to the one before it.

Records get their numbers here and not when they are written: the chainer numbers them in the order in which it finds
them committed, so no transaction waits for another one, and none can slip in behind a number that was given.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, insert, select, text
from sqlalchemy.orm import Session

from core.audit.digest import START, chain_digest
from core.db.tables.audit import AuditChain, AuditQueue, AuditRecord

BATCH: Final = 1_000
_LOCK: Final = 7_301_140  # any number that no other advisory lock uses


@dataclass(frozen=True)
class ChainResult:
    """Records added to the chain, and the number of the last one."""

    added: int
    last_number: int


def extend_chain(session: Session, now: datetime) -> ChainResult:
    """Add up to BATCH committed records to the chain; one process at a time, others add nothing meanwhile."""
    if not session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": _LOCK}):
        return ChainResult(0, _last(session)[0])
    number, digest = _last(session)
    waiting = select(AuditRecord).join(AuditQueue).order_by(AuditRecord.id).limit(BATCH)
    links = []
    for record in session.scalars(waiting):
        number, digest = number + 1, chain_digest(digest, record)
        links.append({"number": number, "record_id": record.id, "digest": digest, "chained_at": now})
    if links:
        session.execute(insert(AuditChain), links)
        taken = [link["record_id"] for link in links]
        session.execute(delete(AuditQueue).where(AuditQueue.record_id.in_(taken)))
    return ChainResult(len(links), number)


def _last(session: Session) -> tuple[int, bytes]:
    last = session.scalars(select(AuditChain).order_by(AuditChain.number.desc()).limit(1)).first()
    return (0, START) if last is None else (last.number, last.digest)
