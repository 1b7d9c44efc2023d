"""The background loops of engagement: partitions ahead, closing of hours, the server's truth from the outbox."""

import logging
from collections.abc import Callable

from core.clock import utc_now
from core.engagement.digests import Digests
from core.outbox.follow import following
from core.platform import Platform
from core.security.platform_keys import open_keys
from core.work.loop import Loop, Turn
from pipelines.engagement.closing import close_due
from pipelines.engagement.consumers import SERVER_TRUTH
from pipelines.engagement.following import following_changes
from pipelines.engagement.hours import ensure_hours_around
from pipelines.engagement.popular import renew_popular
from pipelines.engagement.popularity import renew_popularity

_log = logging.getLogger(__name__)
_A_TURN = 2_000


def _making_hours(_platform: Platform) -> Callable[[Turn], bool]:
    def turn(work: Turn) -> bool:
        with work.transaction() as session:
            ensure_hours_around(session, utc_now())
        return False

    return turn


def _closing(platform: Platform) -> Callable[[Turn], bool]:
    told: set[str] = set()

    def turn(work: Turn) -> bool:
        result = close_due(work.transaction, platform.storage, utc_now())
        for refusal in set(result.refused) - told:  # once for each process, not once a minute
            _log.warning("%s", refusal)
        told.update(result.refused)
        if result.hours or result.days:
            _log.info("%s hours and %s days were counted.", len(result.hours), len(result.days))
        return result.more and not work.stopping

    return turn


def _taking_server_events(platform: Platform) -> Callable[[Turn], bool]:
    return following(SERVER_TRUTH, following_changes(Digests(open_keys(platform.settings).index)), _A_TURN)


def _renewing(platform: Platform) -> Callable[[Turn], bool]:
    def turn(work: Turn) -> bool:
        with work.transaction() as session:
            renew_popular(session, platform.storage, utc_now())
        return False

    return turn


def _ranking(platform: Platform) -> Callable[[Turn], bool]:
    def turn(work: Turn) -> bool:
        if platform.settings.search_popularity:
            with work.transaction() as session:
                changed = renew_popularity(session, utc_now())
            if changed:
                _log.info("The popularity of %d listings changed.", changed)
        return False

    return turn


HOURS = Loop("engagement.hours", _making_hours, pause_seconds=60.0)
CLOSE = Loop("engagement.close", _closing, pause_seconds=60.0)
FOLLOW = Loop("engagement.follow", _taking_server_events, pause_seconds=2.0)
POPULAR = Loop("engagement.popular", _renewing, pause_seconds=600.0)
POPULARITY = Loop("engagement.popularity", _ranking, pause_seconds=600.0)
