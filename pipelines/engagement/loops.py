"""The background loops of engagement: partitions ahead of time, and the server's truth from the outbox."""

from collections.abc import Callable

from core.clock import utc_now
from core.engagement.digests import Digests
from core.outbox.follow import following
from core.platform import Platform
from core.security.platform_keys import open_keys
from core.work.loop import Loop, Turn
from pipelines.engagement.consumers import SERVER_TRUTH
from pipelines.engagement.following import following_changes
from pipelines.engagement.hours import ensure_hours_around

_A_TURN = 2_000


def _making_hours(_platform: Platform) -> Callable[[Turn], bool]:
    def turn(work: Turn) -> bool:
        with work.transaction() as session:
            ensure_hours_around(session, utc_now())
        return False

    return turn


def _telling(platform: Platform) -> Callable[[Turn], bool]:
    return following(SERVER_TRUTH, following_changes(Digests(open_keys(platform.settings).index)), _A_TURN)


HOURS = Loop("engagement.hours", _making_hours, pause_seconds=60.0)
FOLLOW = Loop("engagement.follow", _telling, pause_seconds=2.0)
