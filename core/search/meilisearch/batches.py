"""Send changes to an index: kept by id, sent in chunks as tasks, and waited for."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from meilisearch.models.task import TaskInfo

from core.search.document import ListingDocument
from core.search.meilisearch.client import MeilisearchServer
from core.search.meilisearch.errors import translate_errors
from core.search.meilisearch.expressions import is_any
from core.search.meilisearch.schema import GENERATION, ID, index_document, spelt_words
from core.search.meilisearch.spelling import SPELT, spelling_of
from core.search.meilisearch.view import MeilisearchView

_CHUNK = 1_000  # documents a request: some megabytes of the 100 that the server takes
_LARGE_CHUNK = 5_000  # of a build, or where as many changes wait: fewer tasks cost the server less
_AHEAD = 2  # tasks that a rebuild sends before it waits for the first of them


class MeilisearchBatch:
    """Implements `core.search.engine.IndexBatch`: nothing is sent before `finish`, so a block that raises undoes all.

    The changes of one finish become visible a chunk at a time: Meilisearch has no transaction over several requests.
    A failure half-way leaves a part of them, which the next sync sends again. `about` is the document about the index;
    it is sent with the first listings that have words which it does not know yet.
    """

    def __init__(self, server: MeilisearchServer, name: str, about: Mapping[str, Any]) -> None:
        self.index_id = str(about[GENERATION])
        self._server = server
        self._name = name
        self._about = dict(about)
        self._spelt: dict[str, None] = dict.fromkeys(about.get(SPELT, ()))
        self._pending: dict[str, dict[str, Any] | None] = {}
        self._tasks: list[TaskInfo] = []

    def upsert(self, documents: Iterable[ListingDocument]) -> None:
        """Replace each document as a whole."""
        for document in documents:
            values = self._pending[document.id.hex] = index_document(document)
            self._spelt.update(dict.fromkeys(spelt_words(values)))

    def delete(self, ids: Iterable[UUID]) -> None:
        """Take documents out."""
        for listing_id in ids:
            self._pending[listing_id.hex] = None

    def finish(self) -> None:
        """Send what is left, and wait until Meilisearch has done all of it.

        Raises:
            RetryableError, PermanentError: a task did not succeed; see `MeilisearchServer.wait`.
        """
        about = []
        if len(self._spelt) > len(self._about.get(SPELT, ())):
            self._about |= spelling_of(list(self._spelt))
            about = [self._about]
        self._send(about)
        tasks, self._tasks = self._tasks, []
        self._server.wait(tasks)

    def _send(self, first: list[dict[str, Any]]) -> None:
        pending, self._pending = self._pending, {}
        documents = first + [document for document in pending.values() if document is not None]
        gone = [listing_id for listing_id, document in pending.items() if document is None]
        index = self._server.index(self._name)
        chunk = _CHUNK if len(pending) < _LARGE_CHUNK else _LARGE_CHUNK
        with translate_errors():
            for start in range(0, len(documents), chunk):
                self._tasks.append(index.add_documents(documents[start : start + chunk]))
            for start in range(0, len(gone), chunk):
                self._tasks.append(index.delete_documents(filter=is_any(ID, gone[start : start + chunk])))


class MeilisearchRebuild(MeilisearchBatch):
    """Implements `core.search.engine.RebuildBatch`: sent as it comes, since this index does not answer searches yet."""

    def upsert(self, documents: Iterable[ListingDocument]) -> None:
        """Replace each document as a whole."""
        for document in documents:
            super().upsert([document])
            if len(self._pending) >= _LARGE_CHUNK:
                self._send([])
                self._server.wait(self._tasks[:-_AHEAD])
                self._tasks = self._tasks[-_AHEAD:]

    def candidate(self) -> MeilisearchView:
        """See the protocol."""
        self.finish()
        return MeilisearchView(self._server, self._name)
