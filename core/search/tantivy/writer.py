"""Write a batch of changes to one tantivy index: committed whole, or rolled back."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID

import tantivy

from core.search.document import ListingDocument
from core.search.errors import IndexNotWritableError
from core.search.tantivy.document import index_json
from core.search.tantivy.schema import ID, build_schema

_HEAP_BYTES = 64_000_000
_THREADS = 1  # one segment a commit; 40,000 listings a second are enough


class TantivyBatch:
    """Implements `core.search.engine.IndexBatch`."""

    def __init__(self, index_id: str, writer: tantivy.IndexWriter, *, empty: bool) -> None:
        self.index_id = index_id
        self._writer = writer
        self._sent: set[int] | None = set() if empty else None  # what an index holds that was empty before

    def upsert(self, documents: Iterable[ListingDocument]) -> None:
        """Replace each document as a whole. Nothing is deleted from an index that cannot hold it yet.

        All are written as JSON before the first is given away: what is wrong with one is no fault of the files.
        """
        made = [(document.id.int, index_json(document)) for document in documents]
        with writing_files():
            for number, text in made:
                if self._sent is None or number in self._sent:
                    self._writer.delete_documents_by_term(ID, f"{number:032x}")
                else:
                    self._sent.add(number)
                self._writer.add_json(text)

    def delete(self, ids: Iterable[UUID]) -> None:
        """Take documents out."""
        for listing_id in ids:
            self._writer.delete_documents_by_term(ID, listing_id.hex)

    def commit(self) -> None:
        """Make what was sent so far readable in this index."""
        with writing_files():
            self._writer.commit()


@contextmanager
def committing(index_id: str, path: Path, *, empty: bool = False) -> Iterator[TantivyBatch]:
    """Open the index's writer, commit when the block ends, roll back when it raises; `empty`: it is a new index.

    Either way the writer is done with its files afterwards, merges included. Files of a commit that was killed or
    failed are removed first: the same changes made again ask for the same names, and a name that is taken is an error.
    """
    with writing_files():
        writer = tantivy.Index(build_schema(), path=str(path)).writer(_HEAP_BYTES, _THREADS)
    try:
        if not empty:
            with writing_files():
                writer.garbage_collect_files()
        yield TantivyBatch(index_id, writer, empty=empty)
        with writing_files():
            writer.commit()
    except BaseException:
        with suppress(ValueError, OSError):  # it may fail of the same full disk
            writer.rollback()
        raise
    finally:
        with suppress(ValueError, OSError):  # a merge that failed is made by a later commit
            writer.wait_merging_threads()


@contextmanager
def writing_files() -> Iterator[None]:
    """Tell what the library says of files that cannot be written as an error that is tried again.

    Raises:
        IndexNotWritableError: whatever it says.
    """
    try:
        yield
    except (ValueError, OSError) as error:
        raise IndexNotWritableError(str(error)) from error
