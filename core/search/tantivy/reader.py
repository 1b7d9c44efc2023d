"""Sees what the last commit of any process made visible.

The API reads while a pipeline run in another process writes. A commit replaces `meta.json`, a rebuild replaces the
`current` pointer; both are looked at before each search (two system calls) instead of being watched by a thread, so
a change is seen by the first search after it.
"""

from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Protocol

import tantivy

from core.search.errors import SearchUnavailableError
from core.search.tantivy.schema import build_schema

_ATTEMPTS = 3  # a generation may be replaced between reading the pointer and opening its files


class Generations(Protocol):
    """Says which generation answers, and where its files are."""

    def current(self) -> str | None:
        """The generation's name, if there is one."""

    def path(self, generation: str) -> Path:
        """Its folder."""


@dataclass(frozen=True)
class Opened:
    """A generation as of one commit."""

    generation: str
    path: Path
    stamp: tuple[int, int, int]
    index: tantivy.Index
    searcher: tantivy.Searcher


class IndexReader:
    """Gives the newest searcher; safe to call from many threads."""

    def __init__(self, folder: Generations) -> None:
        self._folder = folder
        self._opened: Opened | None = None
        self._lock = Lock()

    def newest(self) -> Opened:
        """The index as it is now.

        Raises:
            RetryableError: `search_unavailable` where there is none, or where it cannot be read.
        """
        failure: Exception | None = None
        for _ in range(_ATTEMPTS):
            generation = self._folder.current()
            if generation is None:
                break
            try:
                return self._see(generation)
            except (OSError, ValueError) as error:
                failure = error
        raise SearchUnavailableError from failure

    def _see(self, generation: str) -> Opened:
        path = self._folder.path(generation)
        status = (path / "meta.json").stat()
        stamp = (status.st_mtime_ns, status.st_ino, status.st_size)
        seen = self._opened
        if seen is not None and (seen.generation, seen.stamp) == (generation, stamp):
            return seen
        with self._lock:
            seen = self._opened
            if seen is None or seen.generation != generation:
                index = tantivy.Index(build_schema(), path=str(path))
                index.config_reader("manual")
            else:
                index = seen.index
            index.reload()
            self._opened = Opened(generation, path, stamp, index, index.searcher())
            return self._opened
