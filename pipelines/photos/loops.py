"""The background loop of photos."""

from collections.abc import Callable

from core.clock import utc_now
from core.platform import Platform
from core.work.loop import Loop, Turn
from pipelines.photos.sweeping import mark_unshown, sweep, sweep_spool


def _sweeping(platform: Platform) -> Callable[[Turn], bool]:
    def turn(work: Turn) -> bool:
        sweep_spool(platform.settings.spool_dir)
        with work.transaction() as session:
            mark_unshown(session, utc_now())
        with work.transaction() as session:
            return sweep(session, platform.storage, utc_now()).more

    return turn


SWEEP = Loop("photos.sweep", _sweeping, pause_seconds=60.0)
