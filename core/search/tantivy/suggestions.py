"""Count the names that typeahead offers an audience once for each commit, and keep them."""

from collections import OrderedDict
from threading import Lock

from tantivy import Query

from core.access.audience import Audience
from core.search.tantivy.reader import OpenedIndex
from core.search.tantivy.schema import SUGGEST, suggestion_of
from core.search.words.typeahead import SuggestIndex

_AUDIENCES = 32


class SuggestionCache:
    """Keeps the names for the last 32 audiences; safe to call from many threads."""

    def __init__(self) -> None:
        self._opened: OpenedIndex | None = None
        self._kept: OrderedDict[Audience, SuggestIndex] = OrderedDict()
        self._lock = Lock()

    def names(self, opened: OpenedIndex, audience: Audience, query: Query) -> SuggestIndex:
        """Return the names that this audience sees in this commit; `query` is the audience's condition, compiled."""
        with self._lock:
            if self._opened is not opened:
                self._opened = opened
                self._kept.clear()
            kept = self._kept.get(audience)
            if kept is None:
                counted = opened.searcher.terms_with_prefix(SUGGEST, "", filter_query=query)
                kept = SuggestIndex((*suggestion_of(term), count) for term, count in counted)
                self._kept[audience] = kept
                if len(self._kept) > _AUDIENCES:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(audience)
            return kept
