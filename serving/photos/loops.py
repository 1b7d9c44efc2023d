"""The background loop that tells dealers of contests about copied photos."""

from collections.abc import Callable

from core.platform import Platform
from core.security.platform_keys import open_keys
from core.work.loop import Loop, Turn
from serving.photos.judgement.notices import notify_of_contests

_A_TURN = 50


def _notifying(platform: Platform) -> Callable[[Turn], bool]:
    keys = open_keys(platform.settings)
    return lambda work: notify_of_contests(work.transaction, keys, _A_TURN)


TELL = Loop("photos.notices", _notifying, pause_seconds=5.0)
