"""The one interface that the API, the sync and the tests know, and the choice of what stands behind it."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from core.errors import InvalidInputError
from core.search.document import ListingDocument
from core.search.query import Audience, Facet, SearchQuery
from core.settings import Settings


@dataclass(frozen=True)
class FacetCount:
    """How many hits have this value."""

    value: str
    count: int


@dataclass(frozen=True)
class SearchPage:
    """Hits in order, by id; the rows themselves are read from PostgreSQL."""

    ids: list[UUID]
    total: int  # hits of the whole search, not of this page
    next_cursor: str | None  # None on the last page
    facets: dict[Facet, list[FacetCount]] = field(default_factory=dict)  # most frequent first, then by value


class IndexBatch(Protocol):
    """Changes that become visible together, at the end of the block that opened them, or not at all."""

    index_id: str

    def upsert(self, documents: Iterable[ListingDocument]) -> None:
        """Put documents in, in place of those with the same id."""

    def delete(self, ids: Iterable[UUID]) -> None:
        """Take documents out; unknown ids are no error."""


class SearchEngine(Protocol):
    """An index of live listings. Reading needs no lock; one process writes at a time.

    Reading raises RetryableError (`search_unavailable`) where there is no readable index.
    """

    def index_id(self) -> str | None:
        """Names the very index that answers now; None where there is none that can be read.

        An index that was lost and built anew has another id, so a watermark kept under the old one cannot lie.
        """

    def search(self, query: SearchQuery, audience: Audience) -> SearchPage:
        """One page of hits that the audience may see."""

    def count(self, audience: Audience) -> int:
        """Documents that the audience may see."""

    def document_count(self) -> int:
        """All documents, whoever may see them; for operators and checks."""

    def updating(self) -> AbstractContextManager[IndexBatch]:
        """Change the present index, alone: visible when the block ends, undone when it raises.

        Raises:
            RetryableError: `search_unavailable` without an index, `index_busy` while another process writes.
        """

    def rebuilding(self) -> AbstractContextManager[IndexBatch]:
        """Build a new index aside, alone, and put it in place of the present one when the block ends."""


def open_search_engine(settings: Settings) -> SearchEngine:
    """The engine that the settings name; the embedded one costs nothing until it is used.

    Raises:
        InvalidInputError: `meili_not_available` where MEILI_URL is set.
    """
    if settings.meili_url is not None:
        raise InvalidInputError(
            "MEILI_URL is set, but this version searches with the embedded index only; the Meilisearch engine arrives"
            " with its own work. Unset MEILI_URL.",
            code="meili_not_available",
        )
    from core.search.tantivy import TantivyEngine  # loads a native library

    return TantivyEngine(settings.index_dir)
