"""The background loop that does what people ask for about feeds over the API."""

from collections.abc import Callable

from core.platform import Platform
from core.work.loop import Loop, Turn
from pipelines.feeds.readers.limits import limits_of
from pipelines.imports.context import ImportContext
from pipelines.imports.requests import do_request, next_request


def _doing(platform: Platform) -> Callable[[Turn], bool]:
    limits = limits_of(platform.settings)

    def turn(work: Turn) -> bool:
        with work.transaction() as session:
            request = next_request(session)
            if request is not None:
                do_request(ImportContext(session, platform.storage, limits, run_id="api"), request)
        return request is not None

    return turn


REQUESTS = Loop("imports.requests", _doing, pause_seconds=1.0)
