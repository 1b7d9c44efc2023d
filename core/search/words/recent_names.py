"""Keep the names by which searches are understood for some seconds: they take longer to count than a search."""

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final

from core.access.audience import Audience
from core.search.words.typeahead import SuggestIndex

KEPT_SECONDS: Final = 30.0
_AUDIENCES: Final = 32


class RecentNames:
    """Keeps the names of the last 32 audiences; safe to call from many threads.

    What a word means may lag behind the stock by KEPT_SECONDS, what is found never does: a name that is not known yet
    is searched as a word.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[Audience, tuple[float, SuggestIndex]] = OrderedDict()
        self._lock = Lock()

    def names(self, audience: Audience, count: Callable[[], SuggestIndex]) -> SuggestIndex:
        """Return the names that this audience saw at most KEPT_SECONDS ago; `count` counts them now."""
        with self._lock:
            counted_at, kept = self._kept.get(audience, (0.0, None))
            if kept is None or self._clock() - counted_at > KEPT_SECONDS:
                kept = count()
                self._kept[audience] = (self._clock(), kept)
                if len(self._kept) > _AUDIENCES:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(audience)
            return kept
