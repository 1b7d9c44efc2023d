"""`SearchEngine` over tantivy."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.search.errors import NoPreviousIndexError
from core.search.tantivy.candidate import TantivyRebuild
from core.search.tantivy.folder import IndexFolder
from core.search.tantivy.kept_pages import KEPT_PAGES
from core.search.tantivy.reader import IndexReader
from core.search.tantivy.schema import SCHEMA_VERSION
from core.search.tantivy.soundness import FileChecks
from core.search.tantivy.view import TantivyView
from core.search.tantivy.writer import TantivyBatch, committing


class TantivyEngine(TantivyView):
    """Implements `core.search.engine.SearchEngine`."""

    def __init__(self, home: Path, *, lock_timeout: float = 30.0, kept_pages: int = KEPT_PAGES) -> None:
        self._folder = IndexFolder(home / f"v{SCHEMA_VERSION}", lock_timeout=lock_timeout)
        super().__init__(IndexReader(self._folder), kept_pages=kept_pages)

    @contextmanager
    def updating(self) -> Iterator[TantivyBatch]:
        """See the protocol."""
        with self._folder.writing():
            generation = self._reader.newest().generation
            with committing(generation, self._folder.path(generation)) as batch:
                yield batch

    @contextmanager
    def rebuilding(self) -> Iterator[TantivyRebuild]:
        """See the protocol. Searches go on in the present index until the new one is committed."""
        with self._folder.writing():
            self._folder.remove_unused()
            generation = self._folder.create()
            try:
                with committing(generation, self._folder.path(generation), empty=True) as batch:
                    yield TantivyRebuild(batch, self._folder.path(generation))
            except BaseException:
                self._folder.remove_unused()
                raise
            self._folder.publish(generation, keep=self.index_id() is not None)

    def batch_seconds(self) -> list[float]:
        """See the protocol."""
        return []

    def previous_id(self) -> str | None:
        """See the protocol. One that cannot be opened is none."""
        previous = self._folder.previous()
        return previous if previous is not None and self._is_sound(previous) else None

    def rollback(self) -> str:
        """See the protocol."""
        with self._folder.writing():
            if self.previous_id() is None:
                raise NoPreviousIndexError
            return self._folder.rollback()

    def _is_sound(self, generation: str) -> bool:
        try:
            FileChecks(self._folder.path(generation)).check()
        except (OSError, ValueError, KeyError):
            return False
        return True
