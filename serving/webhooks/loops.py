"""The background loop that tells organisations of webhooks that fail."""

from collections.abc import Callable

from core.outbox.follow import following
from core.platform import Platform
from core.security.platform_keys import open_keys
from core.work.loop import Loop, Turn
from pipelines.webhooks.consumers import NOTICES
from serving.webhooks.notices import notifying_administrators

_A_TURN = 50


def _notifying(platform: Platform) -> Callable[[Turn], bool]:
    return following(NOTICES, notifying_administrators(open_keys(platform.settings)), _A_TURN)


TELL = Loop("webhooks.notices", _notifying, pause_seconds=5.0)
