"""Anchor the head of the chain every minute, and the list of a day's digests when the day is over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core.audit.digest import START
from core.db.locks import lock_name
from core.db.tables.audit import AuditAnchor, AuditChain
from core.errors import RetryableError
from core.storage import Storage
from pipelines.audit.anchors import AnchorName, read_anchor, write_anchor
from pipelines.audit.chain import chain_head, last_retained

REMOVAL_LOCK = "audit removal"
"""Held by whoever reads the whole trail, and by whoever drops a part of it."""
_DROP = text("SELECT audit_drop_anchors(:kinds, :numbers)")


@dataclass(frozen=True)
class Segment:
    """A part of the chain whose digests are listed in one anchor, and the head anchors that it makes needless."""

    name: AnchorName
    links: int
    covered: tuple[AnchorName, ...]


def anchor_head(session: Session, storage: Storage) -> AnchorName | None:
    """Anchor the committed head of the chain; None where it is anchored already, or there is none.

    Raises:
        AnchorConflictError: see `pipelines.audit.anchors.write_anchor`.
    """
    head = chain_head(session)
    anchored = session.scalar(select(func.max(AuditAnchor.number))) or 0
    if head.number <= anchored or head.chained_at is None:
        return None
    return write_anchor(session, storage, "head", head.number, {"digest": head.digest.hex()})


def close_segment(session: Session, storage: Storage, midnight: datetime) -> Segment | None:
    """List the digests of all links that were chained before `midnight` and stand in no list yet, in one anchor.

    Numbers and not clocks say what belongs to it: a link whose clock was wrong goes with its neighbours. Heads inside
    it are implied by the list: the caller deletes their objects once this is committed.
    """
    lock_name(session, REMOVAL_LOCK)
    last = session.scalar(select(func.max(AuditChain.number)).where(AuditChain.chained_at < midnight)) or 0
    closed = select(func.max(AuditAnchor.number)).where(AuditAnchor.kind.in_(("segment", "retained")))
    before = session.scalar(closed) or 0
    if last <= before:
        return None
    listed = select(AuditChain.number, AuditChain.record_digest, AuditChain.digest).order_by(AuditChain.number)
    links = session.execute(listed.where(AuditChain.number > before, AuditChain.number <= last)).all()
    content: dict[str, Any] = {
        "digest": links[-1].digest.hex(),
        "first": links[0].number,
        "previous": digest_at(session, storage, before).hex(),
        "links": [[link.number, link.record_digest.hex()] for link in links],
    }
    name = write_anchor(session, storage, "segment", last, content)
    covered = _heads_between(session, before, last)
    forget_anchors(session, covered)
    return Segment(name, len(links), covered)


def _heads_between(session: Session, after: int, last: int) -> tuple[AnchorName, ...]:
    """Return heads by the database's list: one that a restore has set aside is not in it, and stays evidence."""
    heads = select(AuditAnchor.number).where(AuditAnchor.kind == "head", AuditAnchor.number > after)
    return tuple(AnchorName(number, "head") for number in session.scalars(heads.where(AuditAnchor.number <= last)))


def digest_at(session: Session, storage: Storage, number: int) -> bytes:
    """Return the chain's digest at a number, from the retained anchor where the link was dropped.

    Raises:
        RetryableError: there is neither.
    """
    if number == 0:
        return START
    found = session.scalar(select(AuditChain.digest).where(AuditChain.number == number))
    if found is not None:
        return found
    anchor = read_anchor(storage, AnchorName(number, "retained")) if number == last_retained(session) else None
    if anchor is None:
        raise RetryableError(f"The audit chain has no link {number}; see `automart audit verify`.")
    return anchor.digest


def forget_anchors(session: Session, names: Iterable[AnchorName]) -> None:
    """Take anchors out of the database's list."""
    gone = sorted(names)
    session.execute(_DROP, {"kinds": [each.kind for each in gone], "numbers": [each.number for each in gone]})


def delete_objects(storage: Storage, names: Iterable[AnchorName]) -> None:
    """Delete objects of anchors that are implied by others. Storage may refuse: they do no harm where they stay."""
    for name in names:
        try:
            storage.delete(name.key)
        except RetryableError:
            return
