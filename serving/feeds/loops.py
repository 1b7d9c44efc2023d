"""The background loop that tells dealers what became of their files."""

from collections.abc import Callable

from core.outbox.follow import following
from core.platform import Platform
from core.security.platform_keys import open_keys
from core.work.loop import Loop, Turn
from pipelines.feeds.consumers import NOTICES
from serving.feeds.report.notices import notifying_dealers

_A_TURN = 50


def _notifying(platform: Platform) -> Callable[[Turn], bool]:
    settings = platform.settings
    return following(NOTICES, notifying_dealers(open_keys(settings), settings.api_public_url or ""), _A_TURN)


TELL = Loop("feeds.notices", _notifying, pause_seconds=5.0)
