"""Keep the index in step within a second: look for changes twice a second.

A look costs one small query, and is not a message that a lost connection could swallow. A feed run or
`automart search sync` does the same work by the same watermark: they take turns.
"""

from collections.abc import Callable

from core.outbox.follow import IdleMoves
from core.platform import Platform
from core.search.factory import open_search_engine
from core.work.loop import Turn
from pipelines.search.outbox import OutboxRepository
from pipelines.search.rebuild import RebuildLimits
from pipelines.search.sync import sync_index
from pipelines.search.write_listings import SyncResult

OnResult = Callable[[SyncResult], None]


def following_index(platform: Platform, on_result: OnResult | None = None) -> Callable[[Turn], bool]:
    """Make the turn of the loop, which is one sync; call `on_result` with the result of each that did something."""
    engine, limits = open_search_engine(platform.settings), RebuildLimits.of(platform.settings)
    idle_moves = IdleMoves()

    def turn(work: Turn) -> bool:
        with work.transaction() as session:
            outbox = OutboxRepository(session)
            before = outbox.now() if idle_moves.due else None
            result = sync_index(session, engine, limits)
            changed = bool(result.events or result.rebuilt)
            if before is not None and not changed and (present := engine.index_id()):
                outbox.move_watermark(present, before)
                idle_moves.moved()
        if on_result is not None and changed:
            on_result(result)
        return False

    return turn
