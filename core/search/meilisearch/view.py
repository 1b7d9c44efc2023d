"""Read one Meilisearch index: `core.search.engine.IndexView`.

A search is one round trip (`multi_search`): its tiers, its total and its facets; before it, one more for each word
that may have a typo. The audience's filter is the first of every request, those for similar words and facets included,
and no argument can take it out.
"""

import time
from collections.abc import Iterator
from typing import Any

from core.access.audience import Audience
from core.search.audience_filter import filter_of
from core.search.meilisearch.client import MeilisearchServer
from core.search.meilisearch.counts import facet_groups, read_facets, read_names
from core.search.meilisearch.errors import no_index, translate_errors
from core.search.meilisearch.expressions import after, compile_filter, every
from core.search.meilisearch.index_settings import settings_problems, version_problems
from core.search.meilisearch.schema import ABOUT, ALL, ID, PLACE, suggestion_name
from core.search.meilisearch.text_query import text_levels
from core.search.meilisearch.tiers import Starts, Tier, nearest, starts_after, tiers_of
from core.search.paging import cursor
from core.search.paging.cursor import Position
from core.search.paging.sort_keys import id_of
from core.search.query import SearchQuery, Sort
from core.search.reading.vocabulary import StockVocabulary, vocabulary_of
from core.search.results import SearchPage
from core.search.words.kept_names import KeptNames, kept_for_seconds
from core.search.words.typeahead import SuggestIndex, Suggestion, SuggestionKind, check_request

_ABOUT_DOCUMENTS = 1


class MeilisearchView:
    """Implements `core.search.engine.IndexView` for the index of this name."""

    def __init__(self, server: MeilisearchServer, name: str) -> None:
        self._server = server
        self._name = name
        self._suggestions = KeptNames()
        self._recent = kept_for_seconds()

    def index_id(self) -> str | None:
        """See the protocol. Raises RetryableError where the server does not answer: that is no lost index."""
        about = self._server.document(self._name, ABOUT)
        return None if about is None else str(about["generation"])

    def search(self, query: SearchQuery, audience: Audience) -> SearchPage:
        """See the protocol."""
        visible = compile_filter(filter_of(audience))
        levels = text_levels(query.text, lambda word: self._similar_words(visible, word))
        tiers = tiers_of(query, levels)
        start = None if query.cursor is None else cursor.decode(query.cursor, query, audience, tiers=len(tiers))
        wanted = [visible, compile_filter(query.filters.tree())]
        starts = starts_after(start, tiers)
        counting = [
            self._count([visible, compile_filter(filters.tree()), every(levels[-1:])], attributes)
            for filters, attributes in facet_groups(query)
        ]
        if query.sort is Sort.DISTANCE:
            counting[0]["facets"].append(PLACE)
            counted = self._server.multi_search(counting)
            starts = nearest(tiers, starts, counted[0]["facetDistribution"].get(PLACE, {}), query.limit)
            found = self._server.multi_search(self._pages(wanted, tiers, starts, query.limit))
        else:
            answers = self._server.multi_search(counting + self._pages(wanted, tiers, starts, query.limit))
            counted, found = answers[: len(counting)], answers[len(counting) :]
        positions = [
            Position(number, hit[tiers[number].key])
            for number, answer in zip(starts, found, strict=True)
            for hit in answer["hits"]
        ]
        page = positions[: query.limit]
        return SearchPage(
            ids=[id_of(position.key) for position in page],
            total=int(counted[0]["totalHits"]),
            next_cursor=cursor.encode(page[-1], query, audience) if len(positions) > query.limit else None,
            facets=read_facets(query, counted),
        )

    def suggest(self, prefix: str, audience: Audience, limit: int = 10) -> list[Suggestion]:
        """See the protocol. The names are counted anew after each change of the index, and kept until then."""
        check_request(prefix, limit)
        return self._kept_names(audience).find(prefix, limit)

    def vocabulary(self, audience: Audience) -> StockVocabulary:
        """See the protocol."""
        return vocabulary_of(self._recent.names(audience, time.monotonic(), lambda: self._kept_names(audience)))

    def count(self, audience: Audience) -> int:
        """See the protocol."""
        return int(self._server.multi_search([self._count([compile_filter(filter_of(audience))], [])])[0]["totalHits"])

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

    def _similar_words(self, visible: str, word: str) -> Iterator[str]:
        """Ask for words of the index that look like this one, by Meilisearch's typo tolerance."""
        with translate_errors():
            found = self._server.index(self._name).facet_search(ALL, word, {"filter": [visible]})
        return (str(hit["value"]) for hit in found["facetHits"])

    def _kept_names(self, audience: Audience) -> SuggestIndex:
        with translate_errors():
            stamp = str(self._server.client.get_raw_index(self._name)["updatedAt"])
        return self._suggestions.names(filter_of(audience), stamp, lambda: self._names(audience))

    def _names(self, audience: Audience) -> SuggestIndex:
        attributes = [suggestion_name(kind) for kind in SuggestionKind]
        answer = self._server.multi_search([self._count([compile_filter(filter_of(audience))], attributes)])[0]
        return SuggestIndex(read_names(answer["facetDistribution"]))

    def _count(self, expressions: list[str], attributes: list[str]) -> dict[str, Any]:
        """Build the search that counts what meets the expressions, of which the audience's is the first."""
        search: dict[str, Any] = {"indexUid": self._name, "q": "", "filter": expressions, "facets": list(attributes)}
        return search | {"page": 1, "hitsPerPage": 1, "attributesToRetrieve": [ID]}

    def _pages(self, wanted: list[str], tiers: list[Tier], starts: Starts, limit: int) -> list[dict[str, Any]]:
        """Build a search for each tier that is read; one hit more than the page shows whether there is a next one."""
        pages = []
        for number, key in starts.items():
            tier = tiers[number]
            rest = [] if key is None else [after(tier.key, key, ascending=tier.ascending)]
            pages.append(
                {
                    "indexUid": self._name,
                    "q": "",
                    "filter": [*wanted, tier.expression, *rest],
                    "sort": [f"{tier.key}:{'asc' if tier.ascending else 'desc'}"],
                    "limit": limit + 1,
                    "attributesToRetrieve": [tier.key],
                }
            )
        return pages

    def _generation(self) -> str:
        generation = self.index_id()
        if generation is None:
            raise no_index()
        return generation
