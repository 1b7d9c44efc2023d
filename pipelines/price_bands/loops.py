"""The background loop of price bands: cars that people post and change have theirs within a minute.

The asset `price_bands/price_bands` refreshes all of them after each delivery and each training. People's changes come
at any time, and no run follows them.
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.db.tables import Listing
from core.platform import Platform
from core.prices.models import champion
from core.work.loop import Loop, Turn

_ALL_THE_SAME_SECONDS: Final = 60.0  # a change that was committed late looks older than one that was seen


def _following(platform: Platform) -> Callable[[Turn], bool]:
    from pipelines.price_bands.refresh import refresh_bands  # loads the libraries of models

    seen: datetime | None = None
    refreshed_at = time.monotonic() - _ALL_THE_SAME_SECONDS

    def turn(work: Turn) -> bool:
        nonlocal seen, refreshed_at
        with work.transaction() as session:
            newest = newest_change(session)
            if newest == seen and time.monotonic() - refreshed_at < _ALL_THE_SAME_SECONDS:
                return False
            if newest is None or champion(session) is None:  # without a model all bands hang together: the asset's work
                return False
            refresh_bands(session, platform.storage)
        seen, refreshed_at = newest, time.monotonic()
        return False

    return turn


def newest_change(session: Session) -> datetime | None:
    """Return when a listing last changed."""
    return session.scalar(select(func.max(Listing.updated_at)))


FOLLOW = Loop("price_bands.follow", _following, pause_seconds=15.0, longest_seconds=3_600.0)
