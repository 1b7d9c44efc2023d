"""Define the interface of a search engine, which the API, the sync and the tests use."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Protocol
from uuid import UUID

from core.access.audience import Audience
from core.search.document import ListingDocument
from core.search.query import SearchQuery
from core.search.reading.vocabulary import StockVocabulary
from core.search.results import SearchPage
from core.search.words.typeahead import Suggestion


class IndexBatch(Protocol):
    """Changes that become visible together, at the end of the block that opened them, or not at all."""

    index_id: str

    def upsert(self, documents: Iterable[ListingDocument]) -> None:
        """Put documents in, in place of those with the same id."""

    def delete(self, ids: Iterable[UUID]) -> None:
        """Take documents out; unknown ids are no error."""


class IndexView(Protocol):
    """Reads one index.

    Reading raises RetryableError (`search_unavailable`) where there is no readable index.
    """

    def index_id(self) -> str | None:
        """Return the id of the very index that answers now; None where there is none that can be read.

        An index that was lost and built anew has another id, so the watermark of the lost one is never used for it.
        """

    def search(self, query: SearchQuery, audience: Audience) -> SearchPage:
        """Return one page of hits that the audience may see."""

    def suggest(self, prefix: str, audience: Audience, limit: int = 10) -> list[Suggestion]:
        """Suggest names that begin as typed, the likeliest first; `core.search.words.typeahead` has the rules.

        Only names of listings that the audience may see now, counted among those. Nothing typed gives the most
        frequent names. `limit` is 1 to MAX_SUGGESTIONS.

        Raises:
            InvalidInputError: `invalid_limit`, or `invalid_text` for more than MAX_TEXT characters.
        """

    def vocabulary(self, audience: Audience) -> StockVocabulary:
        """Return the names of the stock that the audience may see, by which searches are read; kept for each commit."""

    def count(self, audience: Audience) -> int:
        """Count the documents that the audience may see."""

    def document_count(self) -> int:
        """Count all documents, visible or not; for operators and checks."""

    def settings_problems(self) -> list[str]:
        """List what differs from how this version sets an index up (fields, rules), a sentence each."""


class RebuildBatch(IndexBatch, Protocol):
    """An index that is being built aside."""

    def candidate(self) -> IndexView:
        """Commit what was sent so far to the new index, which does not answer searches yet, and return a view of it.

        More can be sent afterwards; ask for another view to see it.
        """


class SearchEngine(IndexView, Protocol):
    """An index of live listings. Reading needs no lock; one process writes at a time."""

    def updating(self) -> AbstractContextManager[IndexBatch]:
        """Change the present index, alone: visible when the block ends, undone when it raises.

        Raises:
            RetryableError: `search_unavailable` without an index, `index_busy` while another process writes.
        """

    def rebuilding(self) -> AbstractContextManager[RebuildBatch]:
        """Build a new index aside, alone, and put it in place of the present one when the block ends.

        The one that it replaces is kept, for `rollback`; the one kept before is dropped. When the block raises, the
        new index is dropped and nothing else has changed. Searches never see a part of it.
        """

    def batch_seconds(self) -> list[float]:
        """Return how long the last changes took until they were visible, by the search server's own account.

        The newest first; empty where no server does the work.
        """

    def previous_id(self) -> str | None:
        """Return the id of the index that `rollback` would bring back, if there is one."""

    def rollback(self) -> str:
        """Let the previous index answer again, keep the present one as the previous, and return the id that answers.

        Raises:
            ConflictError: `no_previous_index`.
            RetryableError: `index_busy` while another process writes.
        """
