"""Keep the searches of the last four weeks that many shoppers made, for typeahead; counted anew once a day."""

import logging
from datetime import datetime, timedelta
from typing import Final

import polars as pl
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from core.db.tables.popular_searches import PopularSearch
from core.storage import Storage
from pipelines.engagement.cold.scanning import scan_events
from pipelines.engagement.days import DayRange, day_of
from pipelines.engagement.errors import IncompleteEventsError
from pipelines.engagement.trending import asked_searches, named_words

_log = logging.getLogger(__name__)
DAYS: Final = 28
_RENEWED_AFTER: Final = timedelta(days=1)


def renew_popular(session: Session, storage: Storage, now: datetime) -> bool:
    """Replace the popular searches where those that are kept are a day old; tell whether they were.

    Events that cannot be counted leave those that are kept.
    """
    made_at = session.scalar(select(func.max(PopularSearch.made_at)))
    if made_at is not None and now - made_at < _RENEWED_AFTER:
        return False
    last = day_of(now) - timedelta(days=1)
    days = DayRange(last - timedelta(days=DAYS - 1), last)
    try:
        events = scan_events(session, storage, days.start, days.end)
        searches = asked_searches(events, named_words(session))
    except IncompleteEventsError as error:
        _log.warning("popular searches stay as they are: %s", error.detail)
        return False
    keep_popular(session, searches, now)
    return True


def keep_popular(session: Session, searches: pl.DataFrame, now: datetime) -> None:
    """Put searches (`text`, `devices`) in place of those that are kept."""
    session.execute(delete(PopularSearch))
    rows = [{"text": row["text"], "devices": row["devices"], "made_at": now} for row in searches.to_dicts()]
    if rows:
        session.execute(insert(PopularSearch), rows)
