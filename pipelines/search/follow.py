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
_FORESEEN = (AutomartError, SQLAlchemyError, OSError)  # their sentence says enough; others are logged with a traceback


def follow_index(
    sessions: SessionFactory,
    engine: SearchEngine,
    stop: Event,
    limits: RebuildLimits = PUBLISHED,
    tell: Callable[[SyncResult], None] | None = None,
) -> None:
    """Sync again and again until `stop` is set; call `tell` with the result of each sync that did something.

    Any failure (the database restarts, a rebuild is refused, the disk is full, a defect) is logged, once as long as it
    stays the same, and tried again after a pause that doubles up to half a minute. Nothing but `stop` may end this
    loop: it runs in a thread, where an exception would end it unseen while searches go on answering from an old index.
    """
    pause, complaint = _EVERY_SECONDS, ""
    while not stop.wait(pause):
        try:
            with transaction(sessions) as session:
                result = sync_index(session, engine, limits)
        except Exception as error:  # the engine reports a full disk as a ValueError, and a defect can raise anything
            pause = min(2 * pause, _LONGEST_PAUSE)
            reason = f"{type(error).__name__}: {error}"
            if reason != complaint:
                _log.warning("The search index is not kept level: %s", error, exc_info=not isinstance(error, _FORESEEN))
            complaint = reason
            continue
        pause, complaint = _EVERY_SECONDS, ""
        if tell is not None and (result.events or result.rebuilt):
            tell(result)
