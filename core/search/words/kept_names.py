"""Keep the names that an engine counted for an audience, for as long as its caller says that they hold."""

import operator
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Final

from core.search.words.typeahead import SuggestIndex

KEPT_SECONDS: Final = 30.0
"""The meaning of words may lag behind the stock by this, the cars found never do: a name that is not known yet is
searched as a word. Counting the names takes longer than a search."""
_AUDIENCES: Final = 32


class KeptNames:
    """Keeps the names for the last 32 audiences; safe to call from many threads.

    They are counted outside the lock: a slow answer to one shopper must not keep the others waiting.

    Args:
        holds: whether names with the first stamp still hold at the second; by default, if the two are equal.
    """

    def __init__(self, holds: Callable[[Any, Any], bool] = operator.eq) -> None:
        self._holds = holds
        self._kept: OrderedDict[Hashable, tuple[object, SuggestIndex]] = OrderedDict()
        self._lock = Lock()

    def names(self, audience: Hashable, stamp: object, count: Callable[[], SuggestIndex]) -> SuggestIndex:
        """Return the names that this audience sees; `count` counts them where those that are kept do not hold."""
        with self._lock:
            kept = self._kept.get(audience)
            if kept is not None and self._holds(kept[0], stamp):
                self._kept.move_to_end(audience)
                return kept[1]
        counted = count()
        with self._lock:
            self._kept[audience] = (stamp, counted)
            self._kept.move_to_end(audience)
            if len(self._kept) > _AUDIENCES:
                self._kept.popitem(last=False)
        return counted


def kept_for_seconds() -> KeptNames:
    """Return a keeper whose stamps are seconds: names hold for KEPT_SECONDS."""
    return KeptNames(lambda counted_at, now: now - counted_at <= KEPT_SECONDS)
