"""Build an index aside, and look into it before it answers searches."""

from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from core.search.document import ListingDocument
from core.search.tantivy.reader import IndexReader
from core.search.tantivy.view import TantivyView
from core.search.tantivy.writer import TantivyBatch


class TantivyRebuild:
    """Implements `core.search.engine.RebuildBatch`."""

    def __init__(self, batch: TantivyBatch, path: Path) -> None:
        self.index_id = batch.index_id
        self._batch = batch
        self._path = path

    def upsert(self, documents: Iterable[ListingDocument]) -> None:
        """See the protocol."""
        self._batch.upsert(documents)

    def delete(self, ids: Iterable[UUID]) -> None:
        """See the protocol."""
        self._batch.delete(ids)

    def candidate(self) -> TantivyView:
        """See the protocol."""
        self._batch.commit()
        return TantivyView(IndexReader(_OneGeneration(self._path)))


class _OneGeneration:
    """Names one generation as the one to read, whatever the folder's pointer says."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def current(self) -> str:
        return self._path.name

    def path(self, generation: str) -> Path:
        return self._path.parent / generation
