"""Drop whole anchored segments that are older than they have to be kept, so that what is left still verifies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.audit.actor import Actor
from core.audit.errors import TrailDamagedError
from core.audit.record import Act, record
from core.db.locks import lock_name
from core.db.tables.audit import AuditAnchor, AuditChain
from core.storage import Storage
from pipelines.audit.anchoring import REMOVAL_LOCK
from pipelines.audit.anchors import AnchorName, listed_anchors, write_anchor
from pipelines.audit.chain import chain_head
from pipelines.audit.verify import verify_chain

_DROP = text("SELECT audit_drop_through(:through)")


@dataclass(frozen=True)
class RetentionResult:
    """Records dropped, the number of the last one (0: none), and anchors that are needless now."""

    dropped: int = 0
    through: int = 0
    needless: tuple[AnchorName, ...] = ()


def drop_old_segments(session: Session, storage: Storage, actor: Actor, days: int, now: datetime) -> RetentionResult:
    """Drop the records of all segments that ended over `days` ago, once the whole trail was verified.

    An anchor states the digest at which the rest begins, and the act is a record of the trail itself. The chain is
    never emptied, since it would begin anew. The caller commits, then deletes the objects of needless anchors.

    Raises:
        TrailDamagedError: the trail does not verify: evidence is not dropped.
    """
    lock_name(session, REMOVAL_LOCK)
    through = _newest_to_drop(session, now - timedelta(days=days))
    if through is None:
        return RetentionResult(needless=_needless(session, storage))
    report = verify_chain(session, storage)
    if report.problem is not None:
        raise TrailDamagedError(report.problem)
    digest = session.scalars(select(AuditChain.digest).where(AuditChain.number == through)).one()
    write_anchor(session, storage, "retained", through, {"digest": digest.hex()})
    dropped: int = session.scalars(_DROP, {"through": through}).one()
    after = {"through": through, "records": dropped, "days": days}
    record(session, actor, Act("audit.retain", "audit", "trail", after=after))
    return RetentionResult(dropped, through, _needless(session, storage))


def _newest_to_drop(session: Session, before: datetime) -> int | None:
    """Return the last number of the newest segment whose last link, and so all of it, is older than that."""
    closed = (
        select(AuditAnchor.number)
        .join(AuditChain, AuditChain.number == AuditAnchor.number)
        .where(AuditAnchor.kind == "segment", AuditChain.chained_at < before)
        .where(AuditAnchor.number < chain_head(session).number)
    )
    return session.scalar(closed.order_by(AuditAnchor.number.desc()).limit(1))


def _needless(session: Session, storage: Storage) -> tuple[AnchorName, ...]:
    """Return the anchors before the one from which the chain begins; a killed process may have left some."""
    kept = select(AuditAnchor.number).where(AuditAnchor.kind == "retained").order_by(AuditAnchor.number.desc()).limit(1)
    base = session.scalar(kept) or 0
    spoken = AnchorName(base, "retained")
    return tuple(name for name in listed_anchors(storage)[0] if name.number <= base and name != spoken)
