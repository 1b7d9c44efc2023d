"""Declare a restore: what the restored database lacks is recorded as a gap, and the chain goes on behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.locks import lock_name
from core.db.tables.audit import AuditAnchor, AuditChain
from core.errors import InvalidInputError
from core.storage import Storage
from pipelines.audit.anchoring import REMOVAL_LOCK, forget_anchors
from pipelines.audit.anchors import (
    AnchorName,
    UnreadableAnchorError,
    content_digest,
    listed_anchors,
    read_anchor,
    write_anchor,
)
from pipelines.audit.chain import append_links, chain_head, lock_chain, record_of_now


@dataclass(frozen=True)
class ResumeResult:
    """The number of the record that declares the restore; the records that are missing before it; anchors set aside."""

    number: int
    missing: int
    set_aside: int


def resume_chain(session: Session, storage: Storage, actor: Actor, reason: str, now: datetime) -> ResumeResult:
    """Record a restore in the chain, behind the highest number that any anchor speaks of; the caller commits.

    Anchors that the restored database contradicts are set aside, each with its digest, so that they stay evidence;
    anchors that it lists and that are gone (a closed day had made them needless) are taken off its list. What else is
    wrong with the trail stays wrong.

    Raises:
        InvalidInputError: `no_reason`.
    """
    if not reason.strip():
        raise InvalidInputError("Say why the database was restored, and from what: --reason.", code="no_reason")
    lock_name(session, REMOVAL_LOCK)
    lock_chain(session)
    head, listed = chain_head(session), listed_anchors(storage)[0]
    aside = {name: _digest(storage, name) for name in listed if _is_contradicted(session, storage, name)}
    forget_anchors(session, {*_noted(session)} - {*listed} | {*aside})
    number = max([head.number, *(name.number for name in aside)]) + 1
    gap = {"from": head.number, "to": number - 1, "set_aside": len(aside)}
    act = Act("audit.resume", "audit", "trail", after=gap, reason=reason.strip())
    record(session, actor, act)
    row = record_of_now(session, act.action)
    link = append_links(session, head, [row], now, first=number)
    content = {
        "digest": link.digest.hex(),
        "from": head.number,
        "from_digest": head.digest.hex(),
        "set_aside": {name.key: digest for name, digest in aside.items()},
        "reason": reason.strip(),
    }
    write_anchor(session, storage, "resumed", number, content)
    return ResumeResult(number, number - 1 - head.number, len(aside))


def _is_contradicted(session: Session, storage: Storage, name: AnchorName) -> bool:
    """Tell whether the chain does not have the digest that an anchor states; dropped parts contradict none."""
    if name.number <= _base(session):
        return False
    try:
        anchor = read_anchor(storage, name)
    except UnreadableAnchorError:
        return False  # damaged in storage, which no restore of the database explains
    found = session.scalar(select(AuditChain.digest).where(AuditChain.number == name.number))
    return anchor is not None and anchor.digest != found


def _base(session: Session) -> int:
    kept = select(AuditAnchor.number).where(AuditAnchor.kind == "retained").order_by(AuditAnchor.number.desc())
    return session.scalar(kept.limit(1)) or 0


def _noted(session: Session) -> list[AnchorName]:
    rows = session.execute(select(AuditAnchor.kind, AuditAnchor.number))
    return [AnchorName(row.number, row.kind) for row in rows]


def _digest(storage: Storage, name: AnchorName) -> str:
    found = content_digest(storage, name.key)
    return "" if found is None else found.hex()
