"""Keep the names that typeahead offers an audience until the index changes."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from core.search.filters import Filter
from core.search.words.typeahead import SuggestIndex

_AUDIENCES = 32


class SuggestionCache:
    """Keeps the names for the last 32 audiences; safe to call from many threads.

    The server is asked outside the lock: a slow answer to one shopper must not keep the others waiting.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[Filter, tuple[str, SuggestIndex]] = OrderedDict()
        self._lock = Lock()

    def names(self, stamp: str, audience: Filter, count: Callable[[], SuggestIndex]) -> SuggestIndex:
        """Return the names that this audience sees; `count` counts them where the index has another stamp by now."""
        with self._lock:
            kept = self._kept.get(audience)
            if kept is not None and kept[0] == stamp:
                self._kept.move_to_end(audience)
                return kept[1]
        counted = count()
        with self._lock:
            self._kept[audience] = (stamp, counted)
            self._kept.move_to_end(audience)
            if len(self._kept) > _AUDIENCES:
                self._kept.popitem(last=False)
        return counted
