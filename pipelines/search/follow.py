"""Keeps the index level by the second: looks for changes twice a second, whoever made them.

A look costs one small query, and is not a message that a lost connection could swallow. Whoever runs next to the
follower (a feed run, `automart search sync`) does the same work by the same watermark: they take turns.
"""

import logging
from collections.abc import Callable
from threading import Event

from sqlalchemy.exc import SQLAlchemyError

from core.db.session import SessionFactory, transaction
from core.errors import AutomartError
from core.search.engine import SearchEngine
from pipelines.search.rebuild import PUBLISHED, RebuildLimits
from pipelines.search.sync import sync_index
from pipelines.search.write_listings import SyncResult

_log = logging.getLogger(__name__)
_EVERY_SECONDS = 0.5
_LONGEST_PAUSE = 30.0


def follow_index(
    sessions: SessionFactory,
    engine: SearchEngine,
    stop: Event,
    limits: RebuildLimits = PUBLISHED,
    tell: Callable[[SyncResult], None] | None = None,
) -> None:
    """Sync again and again until `stop` is set; `tell` hears of each sync that did something.

    A failure (the database restarts, a rebuild is refused) is logged, once as long as it stays the same, and tried
    again after a pause that doubles up to half a minute.
    """
    pause, complaint = _EVERY_SECONDS, ""
    while not stop.wait(pause):
        try:
            with transaction(sessions) as session:
                result = sync_index(session, engine, limits)
        except (AutomartError, SQLAlchemyError, OSError) as error:
            pause = min(2 * pause, _LONGEST_PAUSE)
            if str(error) != complaint:
                _log.warning("The search index is not kept level: %s", error)
            complaint = str(error)
            continue
        pause, complaint = _EVERY_SECONDS, ""
        if tell is not None and (result.events or result.rebuilt):
            tell(result)
