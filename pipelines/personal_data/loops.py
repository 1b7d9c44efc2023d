"""The background loops of personal data: erasures are finished and replayed, values are sealed anew."""

import time
from collections.abc import Callable
from typing import Final

from core.clock import utc_now
from core.platform import Platform
from core.security.platform_keys import open_keys
from core.work.loop import Loop, Turn
from pipelines.personal_data.replay import finish_all, replay
from pipelines.personal_data.reseal import drop_retired_keys, reseal

_REPLAY_SECONDS: Final = 300.0


def _erasing(platform: Platform) -> Callable[[Turn], bool]:
    due = 0.0

    def turn(work: Turn) -> bool:
        nonlocal due
        if time.monotonic() >= due:  # first of all: this database may have been restored
            replay(work.transaction, platform.storage)
            due = time.monotonic() + _REPLAY_SECONDS
        else:
            finish_all(work.transaction, platform.storage)
        return False

    return turn


def _resealing(platform: Platform) -> Callable[[Turn], bool]:
    keys = open_keys(platform.settings)

    def turn(work: Turn) -> bool:
        reseal(work.transaction, keys, lambda: work.stopping)
        with work.transaction() as session:
            drop_retired_keys(session, utc_now())
        return False

    return turn


ERASE = Loop("personal_data.erase", _erasing, pause_seconds=2.0)
RESEAL = Loop("personal_data.reseal", _resealing, pause_seconds=300.0, longest_seconds=3600.0)
