"""Verify the audit trail: no record was changed, removed, inserted or moved, the newest ones included.

The chain is computed anew from its start, and held against the anchors outside the database on the way. The first bad
part is named: where the chain in the database was rewritten too, the list of a closed day names the very record, and
the head anchors of the present day the minute.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from core.audit.digest import record_columns
from core.db.locks import share_name
from core.db.tables.audit import AuditChain, AuditQueue, AuditRecord
from core.storage import Storage
from pipelines.audit.anchoring import REMOVAL_LOCK
from pipelines.audit.report import ChainReport, Finding
from pipelines.audit.walk import ChainWalk
from pipelines.audit.witnesses import Witnesses

_BATCH: Final = 1_000


def verify_chain(session: Session, storage: Storage) -> ChainReport:
    """Recompute the chain from its start up to the first part that does not hold; the anchors decide with it.

    Nothing is dropped meanwhile; records go on being written and chained.
    """
    share_name(session, REMOVAL_LOCK)
    walk = ChainWalk(Witnesses(session, storage))
    finding = walk.begin()
    if finding is None:
        with session.execute(_links()) as rows:
            finding = next((found for row in rows if (found := walk.step(row)) is not None), None)
    finding = finding or walk.end() or _unchained(session) or _removed_while_waiting(session)
    waiting = session.scalar(select(func.count()).select_from(AuditQueue)) or 0
    return ChainReport(walk.verified, finding, walk.agreed, waiting, walk.base)


def _links() -> Select[*tuple[Any, ...]]:
    link = (AuditChain.number, AuditChain.record_id, AuditChain.record_digest, AuditChain.digest, AuditChain.chained_at)
    joined = select(*link, *record_columns()).outerjoin(AuditRecord, AuditRecord.id == AuditChain.record_id)
    return joined.order_by(AuditChain.number).execution_options(yield_per=_BATCH)


def _unchained(session: Session) -> Finding | None:
    """Find a record that is not in the chain and does not wait for it: it did not come by `core.audit.record`."""
    chained = exists().where(AuditChain.record_id == AuditRecord.id)
    queued = exists().where(AuditQueue.record_id == AuditRecord.id)
    found = session.scalar(select(AuditRecord.id).where(~chained, ~queued).order_by(AuditRecord.id).limit(1))
    return None if found is None else Finding("a record was inserted outside of the chain", None, found)


def _removed_while_waiting(session: Session) -> Finding | None:
    """Find a record that was queued with its act and removed before the chain held it."""
    kept = exists().where(AuditRecord.id == AuditQueue.record_id)
    found = session.scalar(select(AuditQueue.record_id).where(~kept).order_by(AuditQueue.record_id).limit(1))
    return None if found is None else Finding("a record was removed before it was chained", None, found)
