"""Declare the background loops of the audit trail: they chain, anchor and drop records."""

from collections.abc import Callable
from datetime import UTC, datetime, time

from core.audit.actor import Actor
from core.clock import utc_now
from core.platform import Platform
from core.work.loop import Loop, Turn
from pipelines.audit.anchoring import anchor_head, close_segment, delete_objects
from pipelines.audit.chain import BATCH, extend_chain
from pipelines.audit.retention import drop_old_segments


def _chaining(_: Platform) -> Callable[[Turn], bool]:
    def turn(work: Turn) -> bool:
        with work.transaction() as session:
            return extend_chain(session, utc_now()).added == BATCH

    return turn


def _anchoring(platform: Platform) -> Callable[[Turn], bool]:
    def turn(work: Turn) -> bool:
        with work.transaction() as session:
            anchor_head(session, platform.storage)
        with work.transaction() as session:
            segment = close_segment(session, platform.storage, last_midnight(utc_now()))
        if segment is not None:
            delete_objects(platform.storage, segment.covered)
        return False

    return turn


def _retaining(platform: Platform) -> Callable[[Turn], bool]:
    days = platform.settings.audit_retention_days

    def turn(work: Turn) -> bool:
        if days is not None:
            with work.transaction() as session:
                actor = Actor.system("audit.retain")
                result = drop_old_segments(session, platform.storage, actor, days, utc_now())
            delete_objects(platform.storage, result.needless)
        return False

    return turn


def last_midnight(now: datetime) -> datetime:
    """Return the beginning of the day of `now`, UTC."""
    return datetime.combine(now.astimezone(UTC).date(), time(), UTC)


CHAIN = Loop("audit.chain", _chaining)
ANCHOR = Loop("audit.anchor", _anchoring, pause_seconds=60)
RETAIN = Loop("audit.retain", _retaining, pause_seconds=3600, longest_seconds=7200)  # it verifies the whole trail
