"""The background loop that deletes old rows, of all domains."""

from collections.abc import Callable

from core.clock import utc_now
from core.declarations import gather_declarations
from core.platform import Platform
from core.work.loop import Loop, Turn
from pipelines.retention.trim import BATCH, trim


def _trimming(_: Platform) -> Callable[[Turn], bool]:
    rules = [rule for each in gather_declarations().values() for rule in each.retention]

    def turn(work: Turn) -> bool:
        more = False
        for rule in rules:
            if work.stopping:
                return False
            with work.transaction() as session:
                more |= trim(session, rule, utc_now()) == BATCH
        return more

    return turn


TRIM = Loop("retention.trim", _trimming, pause_seconds=300)
