"""The background loops that do what people ask for about feeds over the API, and delete what was left of it."""

from collections.abc import Callable

from core.clock import utc_now
from core.platform import Platform
from core.work.loop import Loop, Turn
from pipelines.imports.context import context_of
from pipelines.imports.requests.answering import do_request
from pipelines.imports.requests.previews import sweep_previews
from pipelines.imports.requests.queue import next_request


def _doing(platform: Platform) -> Callable[[Turn], bool]:
    def turn(work: Turn) -> bool:
        with work.transaction() as session:
            request = next_request(session)
            if request is not None:
                do_request(context_of(platform, session, "api"), request)
        return request is not None

    return turn


def _sweeping(platform: Platform) -> Callable[[Turn], bool]:
    def turn(work: Turn) -> bool:
        with work.transaction() as session:
            sweep_previews(session, platform.storage, utc_now())
        return False

    return turn


REQUESTS = Loop("imports.requests", _doing, pause_seconds=1.0)
PREVIEWS = Loop("imports.previews", _sweeping, pause_seconds=1_800.0)
