"""The background loops of saved searches: find the cars that they meet, and tell their owners."""

from collections.abc import Callable

from core.outbox.follow import following
from core.platform import Platform
from core.security.platform_keys import open_keys
from core.work.loop import Loop, Turn
from pipelines.search.alerts.following import keeping_matches
from pipelines.search.consumers import ALERTS
from serving.search.saved.alerting import send_due_alerts

_CARS = 1_000
_SEARCHES = 50


def _matching(_: Platform) -> Callable[[Turn], bool]:
    return following(ALERTS, keeping_matches(), _CARS)


def _notifying(platform: Platform) -> Callable[[Turn], bool]:
    keys = open_keys(platform.settings)
    return lambda work: send_due_alerts(work.transaction, keys, _SEARCHES) == _SEARCHES


MATCH = Loop("search.alerts", _matching, pause_seconds=1.0)
TELL = Loop("search.tell_alerts", _notifying, pause_seconds=1.0)
