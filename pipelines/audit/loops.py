"""The background loop of the audit trail."""

from collections.abc import Callable

from core.clock import utc_now
from core.platform import Platform
from core.work.loop import Loop, Turn
from pipelines.audit.chain import BATCH, extend_chain


def _chaining(_: Platform) -> Callable[[Turn], bool]:
    def turn(work: Turn) -> bool:
        with work.transaction() as session:
            return extend_chain(session, utc_now()).added == BATCH

    return turn


CHAIN = Loop("audit.chain", _chaining)
