"""Give the searches that many shoppers make, kept for a minute: typeahead asks at every letter."""

import time
from collections.abc import Sequence
from threading import Lock
from typing import Final

from sqlalchemy import select

from core.db.session import SessionFactory, transaction
from core.db.tables.popular_searches import PopularSearch

KEPT_SECONDS: Final = 60.0


class PopularSearches:
    """Reads the table once a minute, whatever the number of threads."""

    def __init__(self, sessions: SessionFactory) -> None:
        self._sessions = sessions
        self._texts: Sequence[str] = ()
        self._until = 0.0
        self._lock = Lock()

    def texts(self) -> Sequence[str]:
        """Return the texts, those of most devices first."""
        if time.monotonic() < self._until:
            return self._texts
        with self._lock:
            if time.monotonic() >= self._until:
                ranked = select(PopularSearch.text).order_by(PopularSearch.devices.desc(), PopularSearch.text)
                with transaction(self._sessions) as session:
                    self._texts = session.scalars(ranked).all()
                self._until = time.monotonic() + KEPT_SECONDS
        return self._texts
