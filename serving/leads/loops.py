"""The background loop that tells people of their leads."""

from collections.abc import Callable

from core.outbox.follow import following
from core.platform import Platform
from core.security.platform_keys import open_keys
from core.work.loop import Loop, Turn
from pipelines.leads.consumers import NOTICES
from serving.leads.notices import notifying_people

_A_TURN = 100


def _notifying(platform: Platform) -> Callable[[Turn], bool]:
    return following(NOTICES, notifying_people(open_keys(platform.settings)), _A_TURN)


TELL = Loop("leads.notices", _notifying, pause_seconds=1.0)
