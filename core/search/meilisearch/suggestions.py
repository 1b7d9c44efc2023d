"""Typeahead over an index: the names that an audience can see, kept until the index changes."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from core.search.filters import Filter
from core.search.suggest import SuggestIndex

_AUDIENCES = 32


class Suggestions:
    """The names of the audiences that asked last; safe to call from many threads."""

    def __init__(self) -> None:
        self._stamp: str | None = None
        self._kept: OrderedDict[Filter, SuggestIndex] = OrderedDict()
        self._lock = Lock()

    def of(self, stamp: str, audience: Filter, count: Callable[[], SuggestIndex]) -> SuggestIndex:
        """The names that this audience sees; counted where the index has changed since they were kept."""
        with self._lock:
            if self._stamp != stamp:
                self._stamp = stamp
                self._kept.clear()
            kept = self._kept.get(audience)
            if kept is None:
                kept = self._kept[audience] = count()
                if len(self._kept) > _AUDIENCES:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(audience)
            return kept
