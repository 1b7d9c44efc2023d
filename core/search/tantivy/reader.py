"""Open the newest commit of an index, whichever process made it.

The API reads while a pipeline run in another process writes. A commit replaces `meta.json`, a rebuild replaces the
`current` pointer; both are looked at before each search (two system calls) instead of being watched by a thread, so
a change is known by the first search after it. The files of a commit are checked before it is opened, and every two
seconds it is asked whether they are still there as they were (`core.search.tantivy.soundness`).
"""

import time
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Protocol

import tantivy

from core.search.errors import SearchUnavailableError
from core.search.tantivy.schema import build_schema
from core.search.tantivy.soundness import FileChecks

_CHECK_SECONDS = 2.0
_ATTEMPTS = 3  # a generation may be replaced between reading the pointer and opening its files


class Generations(Protocol):
    """Tells which generation answers, and where its files are."""

    def current(self) -> str | None:
        """Return the name of the generation that answers, if there is one."""

    def path(self, generation: str) -> Path:
        """Return its folder."""


@dataclass(frozen=True)
class OpenedIndex:
    """A generation as of one commit."""

    generation: str
    path: Path
    stamp: tuple[int, int, int]
    index: tantivy.Index
    searcher: tantivy.Searcher
    files: FileChecks


class IndexReader:
    """Gives the newest searcher; safe to call from many threads."""

    def __init__(self, folder: Generations) -> None:
        self._folder = folder
        self._opened: OpenedIndex | None = None
        self._check_at = 0.0
        self._lock = Lock()

    def newest(self) -> OpenedIndex:
        """Return the index as of its last commit.

        Raises:
            RetryableError: `search_unavailable` where there is none, or where it cannot be read.
        """
        failure: Exception | None = None
        for _ in range(_ATTEMPTS):
            generation = self._folder.current()
            if generation is None:
                break
            try:
                return self._open(generation)
            except (OSError, ValueError) as error:
                failure = error
        raise SearchUnavailableError from failure

    def _open(self, generation: str) -> OpenedIndex:
        path = self._folder.path(generation)
        status = (path / "meta.json").stat()
        stamp = (status.st_mtime_ns, status.st_ino, status.st_size)
        known = self._opened
        if known is not None and (known.generation, known.stamp) == (generation, stamp):
            if time.monotonic() >= self._check_at:
                known.files.check()
                self._check_at = time.monotonic() + _CHECK_SECONDS
            return known
        with self._lock:
            known = self._opened if self._opened is not None and self._opened.generation == generation else None
            files = FileChecks(path) if known is None else known.files
            files.check()
            if known is None:
                index = tantivy.Index(build_schema(), path=str(path))
                index.config_reader("manual")
            else:
                index = known.index
            index.reload()
            self._opened = OpenedIndex(generation, path, stamp, index, index.searcher(), files)
            return self._opened
