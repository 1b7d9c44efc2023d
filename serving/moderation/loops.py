"""The background loops that decide about private ads where the rules can, look at new photos, and tell sellers."""

from collections.abc import Callable

from core.outbox.follow import following
from core.platform import Platform
from core.security.platform_keys import open_keys
from core.work.loop import Loop, Turn
from pipelines.moderation import consumers
from serving.moderation.judging import judge_due
from serving.moderation.notices import notify_sellers
from serving.moderation.photos import recall_copies
from serving.moderation.ranges import model_ranges
from serving.price_bands.champion import ChampionCache

_A_TURN = 50


def _reviewing(platform: Platform) -> Callable[[Turn], bool]:
    keys, range_of = open_keys(platform.settings), model_ranges(ChampionCache(platform.storage))

    def turn(work: Turn) -> bool:
        judged = judge_due(work.transaction, range_of, _A_TURN)
        told = notify_sellers(work.transaction, keys, _A_TURN)
        return judged or told

    return turn


REVIEW = Loop("moderation.review", _reviewing)
PHOTOS = Loop("moderation.photos", lambda _: following(consumers.PHOTOS, recall_copies, _A_TURN), pause_seconds=2.0)
