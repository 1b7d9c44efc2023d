"""Keep the index level by the second: look for changes twice a second, whoever made them.

A look costs one small query, and is not a message that a lost connection could swallow. A feed run or
`automart search sync` does the same work by the same watermark: they take turns.
"""

import time
from collections.abc import Callable

from core.platform import Platform
from core.search.factory import open_search_engine
from core.work.loop import Turn
from pipelines.search.outbox import OutboxRepository
from pipelines.search.rebuild import RebuildLimits
from pipelines.search.sync import sync_index
from pipelines.search.write_listings import SyncResult

_MOVE_SECONDS = 60.0
Tell = Callable[[SyncResult], None]


def following_index(platform: Platform, tell: Tell | None = None) -> Callable[[Turn], bool]:
    """Make the turn of the loop, which is one sync; call `tell` with the result of each that did something."""
    engine, limits = open_search_engine(platform.settings), RebuildLimits.of(platform.settings)
    moved_at = 0.0

    def turn(work: Turn) -> bool:
        nonlocal moved_at
        with work.transaction() as session:
            outbox = OutboxRepository(session)
            before = outbox.now()
            result = sync_index(session, engine, limits)
            present = engine.index_id()
            if present and not (result.events or result.rebuilt) and time.monotonic() - moved_at > _MOVE_SECONDS:
                outbox.move_watermark(present, before)  # or other topics' events are looked at again and again
                moved_at = time.monotonic()
        if tell is not None and (result.events or result.rebuilt):
            tell(result)
        return False

    return turn
