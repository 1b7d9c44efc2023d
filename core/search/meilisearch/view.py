"""Reading one Meilisearch index: `core.search.engine.IndexView`.

A search is one round trip (`multi_search`): its stages, its total and its facets; before it, one more for each word
that may have a typo. The audience's filter is the first of every question, the vocabulary's and the facets' included,
and no argument can take it out.
"""

from collections.abc import Iterator
from typing import Any

from core.access.audience import Audience
from core.errors import RetryableError
from core.search.audience_filter import filter_of
from core.search.meilisearch.client import MeilisearchServer
from core.search.meilisearch.counts import counts_of, facet_passes, names_of
from core.search.meilisearch.errors import translate_errors
from core.search.meilisearch.expressions import after, compile_filter, every
from core.search.meilisearch.index_settings import problems, version_problems
from core.search.meilisearch.schema import ABOUT, ALL, ID, PLACE, suggestion_name
from core.search.meilisearch.stages import Stage, nearest, stages_of
from core.search.meilisearch.suggestions import Suggestions
from core.search.meilisearch.text_query import text_levels
from core.search.paging import cursor
from core.search.paging.cursor import Position
from core.search.paging.sort_keys import id_of
from core.search.query import SearchQuery, Sort
from core.search.results import SearchPage
from core.search.words.typeahead import SuggestIndex, Suggestion, SuggestionKind, check

_ABOUT_DOCUMENTS = 1


class MeilisearchView:
    """Implements `core.search.engine.IndexView` for the index of this name."""

    def __init__(self, server: MeilisearchServer, name: str) -> None:
        self._server = server
        self._name = name
        self._suggestions = Suggestions()

    def index_id(self) -> str | None:
        """See the protocol. Raises RetryableError where the server does not answer: that is no lost index."""
        about = self._server.document(self._name, ABOUT)
        return None if about is None else str(about["generation"])

    def search(self, query: SearchQuery, audience: Audience) -> SearchPage:
        """See the protocol."""
        visible = compile_filter(filter_of(audience))
        levels = text_levels(query.text, lambda word: self._vocabulary(visible, word))
        stages = stages_of(query, levels)
        start = None if query.cursor is None else cursor.decode(query.cursor, query, audience, stages=len(stages))
        wanted = [visible, compile_filter(query.filters.tree())]
        asked = dict(_asked(stages, start))
        passes = facet_passes(query)
        counting = [
            self._count([visible, compile_filter(filters.tree()), every(levels[-1:])], attributes)
            for filters, attributes in passes
        ]
        if query.sort is Sort.DISTANCE:
            counting[0]["facets"].append(PLACE)
            counted = self._server.ask(counting)
            asked = nearest(stages, asked, counted[0]["facetDistribution"].get(PLACE, {}), query.limit)
            found = self._server.ask([self._stage(wanted, stages[n], part, query) for n, part in asked.items()])
        else:
            pages = [self._stage(wanted, stages[n], part, query) for n, part in asked.items()]
            answers = self._server.ask(counting + pages)
            counted, found = answers[: len(counting)], answers[len(counting) :]
        positions = [
            Position(number, hit[stages[number].key])
            for number, answer in zip(asked, found, strict=True)
            for hit in answer["hits"]
        ]
        page = positions[: query.limit]
        return SearchPage(
            ids=[id_of(position.key) for position in page],
            total=int(counted[0]["totalHits"]),
            next_cursor=cursor.encode(page[-1], query, audience) if len(positions) > query.limit else None,
            facets=counts_of(query, counted),
        )

    def suggest(self, prefix: str, audience: Audience, limit: int = 10) -> list[Suggestion]:
        """See the protocol. The names are counted anew after each change of the index, and kept until then."""
        check(prefix, limit)
        with translate_errors():
            stamp = str(self._server.client.get_raw_index(self._name)["updatedAt"])
        names = self._suggestions.of(stamp, filter_of(audience), lambda: self._names(audience))
        return names.find(prefix, limit)

    def count(self, audience: Audience) -> int:
        """See the protocol."""
        return int(self._server.ask([self._count([compile_filter(filter_of(audience))], [])])[0]["totalHits"])

    def document_count(self) -> int:
        """See the protocol."""
        with translate_errors():
            return self._server.index(self._name).get_stats().number_of_documents - _ABOUT_DOCUMENTS

    def settings_problems(self) -> list[str]:
        """See the protocol; and whether the server is new enough, where the key may ask for its version."""
        with translate_errors():
            stored = self._server.index(self._name).get_settings()
        version = self._server.version()
        return [*(version_problems(version) if version else ()), *problems(stored)]

    def _vocabulary(self, visible: str, word: str) -> Iterator[str]:
        """Words of the index that look like this one, by Meilisearch's typo tolerance."""
        with translate_errors():
            found = self._server.index(self._name).facet_search(ALL, word, {"filter": [visible]})
        return (str(hit["value"]) for hit in found["facetHits"])

    def _names(self, audience: Audience) -> SuggestIndex:
        attributes = [suggestion_name(kind) for kind in SuggestionKind]
        answer = self._server.ask([self._count([compile_filter(filter_of(audience))], attributes)])[0]
        return SuggestIndex(names_of(answer["facetDistribution"]))

    def _count(self, expressions: list[str], attributes: list[str]) -> dict[str, Any]:
        """Counts everything that meets the expressions, of which the audience's is the first."""
        asked: dict[str, Any] = {"indexUid": self._name, "q": "", "filter": expressions, "facets": list(attributes)}
        return asked | {"page": 1, "hitsPerPage": 1, "attributesToRetrieve": [ID]}

    def _stage(self, wanted: list[str], stage: Stage, key: str | None, query: SearchQuery) -> dict[str, Any]:
        rest = [] if key is None else [after(stage.key, key, ascending=stage.ascending)]
        return {
            "indexUid": self._name,
            "q": "",
            "filter": [*wanted, stage.expression, *rest],
            "sort": [f"{stage.key}:{'asc' if stage.ascending else 'desc'}"],
            "limit": query.limit + 1,
            "attributesToRetrieve": [stage.key],
        }

    def _generation(self) -> str:
        generation = self.index_id()
        if generation is None:
            raise RetryableError(
                "There is no search index: run `automart search rebuild` to build it.", code="search_unavailable"
            )
        return generation


def _asked(stages: list[Stage], start: Position | None) -> Iterator[tuple[int, str | None]]:
    """The stages from the cursor on, and where in the first of them it stands."""
    for number in range(len(stages)):
        if start is None or number > start.stage:
            yield number, None
        elif number == start.stage:
            yield number, start.key
