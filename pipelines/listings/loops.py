"""The background loop of listings."""

from collections.abc import Callable
from datetime import timedelta

from core.clock import utc_now
from core.platform import Platform
from core.work.loop import Loop, Turn
from pipelines.listings.expiry import BATCH, expire_listings


def _expiring(platform: Platform) -> Callable[[Turn], bool]:
    term = timedelta(days=platform.settings.listings_private_days)

    def turn(work: Turn) -> bool:
        with work.transaction() as session:
            return len(expire_listings(session, utc_now(), term)) == BATCH

    return turn


EXPIRE = Loop("listings.expire", _expiring, pause_seconds=60.0)
