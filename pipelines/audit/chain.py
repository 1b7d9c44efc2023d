"""Number committed audit records and tie each to the one before it.

Records get their numbers here and not when they are written: the chainer numbers them in the order in which it finds
them committed, so no transaction waits for another one, and none can slip in behind a number that was given.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, delete, func, insert, select
from sqlalchemy.orm import Session

from core.audit.digest import START, link_digest, record_columns, record_digest
from core.db.locks import lock_name, try_name
from core.db.tables.audit import AuditAnchor, AuditChain, AuditQueue, AuditRecord

BATCH: Final = 1_000
_LOCK: Final = "audit chain"


@dataclass(frozen=True)
class ChainResult:
    """Records added to the chain, and the number of the last one."""

    added: int
    last_number: int


@dataclass(frozen=True)
class Head:
    """The last link of the chain; number 0 where there is none."""

    number: int
    digest: bytes
    chained_at: datetime | None = None


def extend_chain(session: Session, now: datetime) -> ChainResult:
    """Add up to BATCH committed records to the chain; one process at a time, others add nothing meanwhile.

    The head is read from the database each time and kept nowhere else, so a turn that failed leaves nothing behind.
    """
    if not try_name(session, _LOCK):
        return ChainResult(0, chain_head(session).number)
    head = chain_head(session)
    waiting = select(*record_columns()).join(AuditQueue, AuditQueue.record_id == AuditRecord.id)
    rows = session.execute(waiting.order_by(AuditRecord.id).limit(BATCH)).all()
    last = append_links(session, head, rows, now) if rows else head
    return ChainResult(len(rows), last.number)


def append_links(
    session: Session, head: Head, rows: Sequence[Row[*tuple[Any, ...]]], now: datetime, first: int = 0
) -> Head:
    """Add records behind the head, from the number `first` where one is given; take them out of the queue."""
    number, digest, links = max(head.number, first - 1), head.digest, []
    for row in rows:
        number, content = number + 1, record_digest(row)
        digest = link_digest(digest, number, row.id, content, now)
        links.append(
            {"number": number, "record_id": row.id, "record_digest": content, "digest": digest, "chained_at": now}
        )
    session.execute(insert(AuditChain), links)
    session.execute(delete(AuditQueue).where(AuditQueue.record_id.in_([row.id for row in rows])))
    return Head(number, digest, now)


def chain_head(session: Session) -> Head:
    """Return the last link; after everything was dropped by retention, what the retained anchor stands for."""
    last = select(AuditChain.number, AuditChain.digest, AuditChain.chained_at).order_by(AuditChain.number.desc())
    found = session.execute(last.limit(1)).first()
    return Head(0, START) if found is None else Head(found.number, found.digest, found.chained_at)


def lock_chain(session: Session) -> None:
    """Wait until no other process extends the chain, and keep others from it until the transaction ends."""
    lock_name(session, _LOCK)


def record_of_now(session: Session, action: str) -> Row[*tuple[Any, ...]]:
    """Return the record of an action that this transaction added, as the chain reads it."""
    here = (AuditRecord.action == action, AuditRecord.recorded_at == func.now())
    return session.execute(select(*record_columns()).where(*here)).one()


def last_retained(session: Session) -> int:
    """Return the number up to which records were dropped by retention; 0: none were."""
    kept = select(AuditAnchor.number).where(AuditAnchor.kind == "retained").order_by(AuditAnchor.number.desc())
    return session.scalar(kept.limit(1)) or 0
