"""The background loop that marks dealers' cars."""

from core.outbox.follow import following
from core.work.loop import Loop
from pipelines.moderation.consumers import MARKING
from pipelines.moderation.marking import mark_changed

_A_TURN = 2_000

MARK = Loop("moderation.mark", lambda _: following(MARKING, mark_changed, _A_TURN), pause_seconds=2.0)
