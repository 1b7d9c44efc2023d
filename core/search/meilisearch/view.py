"""Read one Meilisearch index: `core.search.engine.IndexView`. How a search is asked: `searching.py`.

The audience's filter is the first of every request, those for facets included, and no argument can take it out.
"""

import time
from typing import Any

from core.access.audience import Audience
from core.search.audience_filter import filter_of
from core.search.meilisearch.client import MeilisearchServer
from core.search.meilisearch.counts import read_names
from core.search.meilisearch.errors import translate_errors
from core.search.meilisearch.expressions import compile_filter
from core.search.meilisearch.index_settings import settings_problems, version_problems
from core.search.meilisearch.known_words import KnownWords
from core.search.meilisearch.requests import counting
from core.search.meilisearch.schema import ABOUT, GENERATION, suggestion_name
from core.search.meilisearch.searching import find
from core.search.query import SearchQuery
from core.search.reading.vocabulary import StockVocabulary, vocabulary_of
from core.search.results import SearchPage
from core.search.words.kept_names import KeptNames, kept_for_seconds
from core.search.words.typeahead import SuggestIndex, Suggestion, SuggestionKind, check_request

_ABOUT_DOCUMENTS = 1
_BATCHES = 10


class MeilisearchView:
    """Implements `core.search.engine.IndexView` for the index of this name."""

    def __init__(self, server: MeilisearchServer, name: str) -> None:
        self._server = server
        self._name = name
        self._suggestions = KeptNames()
        self._recent = kept_for_seconds()
        self._words = KnownWords(server, name)

    def index_id(self) -> str | None:
        """See the protocol. Raises RetryableError where the server does not answer: that is no lost index."""
        about = self._server.document(self._name, ABOUT, [GENERATION])
        return None if about is None else str(about[GENERATION])

    def search(self, query: SearchQuery, audience: Audience) -> SearchPage:
        """See the protocol. One round trip, or two; see `searching.py`."""
        return find(query, audience, self._words, self._ask)

    def suggest(self, prefix: str, audience: Audience, limit: int = 10) -> list[Suggestion]:
        """See the protocol. The names are counted anew after each change of the index, and kept until then."""
        check_request(prefix, limit)
        return self._kept_names(audience).find(prefix, limit)

    def vocabulary(self, audience: Audience) -> StockVocabulary:
        """See the protocol."""
        return vocabulary_of(self._recent.names(audience, time.monotonic(), lambda: self._kept_names(audience)))

    def count(self, audience: Audience) -> int:
        """See the protocol."""
        return int(self._ask([counting([compile_filter(filter_of(audience))], [])])[0]["totalHits"])

    def document_count(self) -> int:
        """See the protocol."""
        with translate_errors():
            return self._server.index(self._name).get_stats().number_of_documents - _ABOUT_DOCUMENTS

    def settings_problems(self) -> list[str]:
        """See the protocol; and whether the server is new enough, where the key may ask for its version."""
        with translate_errors():
            stored = self._server.index(self._name).get_settings()
        version = self._server.version()
        return [*(version_problems(version) if version else ()), *settings_problems(stored)]

    def batch_seconds(self) -> list[float]:
        """See the protocol."""
        return self._server.seconds_of_batches(self._name, _BATCHES)

    def _ask(self, questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return self._server.multi_search([{"indexUid": self._name} | question for question in questions])

    def _kept_names(self, audience: Audience) -> SuggestIndex:
        stamp = self._server.updated_at(self._name)
        return self._suggestions.names(filter_of(audience), stamp, lambda: self._names(audience))

    def _names(self, audience: Audience) -> SuggestIndex:
        attributes = [suggestion_name(kind) for kind in SuggestionKind]
        answer = self._ask([counting([compile_filter(filter_of(audience))], attributes)])[0]
        return SuggestIndex(read_names(answer["facetDistribution"]))
