"""The background loop that tells private sellers of ads whose terms end."""

from collections.abc import Callable
from datetime import timedelta

from core.clock import utc_now
from core.platform import Platform
from core.security.platform_keys import open_keys
from core.work.loop import Loop, Turn
from serving.listings.notices import Term, warn_sellers

_A_TURN = 200


def _warning(platform: Platform) -> Callable[[Turn], bool]:
    keys, settings = open_keys(platform.settings), platform.settings
    term = Term(timedelta(days=settings.listings_private_days), timedelta(days=settings.listings_warn_days))

    def turn(work: Turn) -> bool:
        return warn_sellers(work.transaction, keys, utc_now(), term, _A_TURN)

    return turn


WARN = Loop("listings.warn", _warning, pause_seconds=60.0)
