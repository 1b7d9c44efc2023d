"""Keep an index's folder: generations side by side, a pointer to the one that answers, and a lock for writers.

    <home>/search/v<schema version>/
        current            the generation that answers, and on the next line the one that did before; replaced by rename
        <generation>/      one tantivy index, committed whole before `current` names it
        write.lock         held (flock) by the process that writes; the kernel frees it when that process dies

A killed writer leaves at worst a generation that `current` does not name; the next writer removes it. A reader that
opened a generation keeps its files although they were unlinked.
"""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.search.errors import NoPreviousIndexError
from core.search.single_writer import single_writer


class IndexFolder:
    """Paths, the pointer and the lock of one schema version."""

    def __init__(self, root: Path, *, lock_timeout: float) -> None:
        self._root = root
        self._pointer = str(root / "current")
        self._read: tuple[tuple[int, int, int], list[str]] | None = None
        self._timeout = lock_timeout

    def current(self) -> str | None:
        """Return the generation that answers, if there is one."""
        return next(iter(self._names()), None)

    def previous(self) -> str | None:
        """Return the generation that answered before, if it is still there."""
        names = self._names()
        return names[1] if len(names) > 1 and self.path(names[1]).is_dir() else None

    def path(self, generation: str) -> Path:
        """Return the folder of a generation's files."""
        return self._root / generation

    def create(self) -> str:
        """Make an empty folder for a generation that is built aside; only under the lock."""
        generation = uuid.uuid4().hex
        self.path(generation).mkdir()
        return generation

    def publish(self, generation: str, *, keep: bool) -> None:
        """Let a generation answer from now on; `keep` the one that did, for a rollback; only under the lock."""
        self._point(generation, self.current() if keep else None)
        self.remove_unused()

    def rollback(self) -> str:
        """Exchange the generation that answers and the one before it; only under the lock.

        Raises:
            ConflictError: `no_previous_index`.
        """
        previous = self.previous()
        if previous is None:
            raise NoPreviousIndexError
        self._point(previous, self.current())
        return previous

    def remove_unused(self) -> None:
        """Remove generations that neither answer nor are kept; only under the lock."""
        keep = {self.current(), self.previous()}
        for entry in self._root.iterdir():
            if entry.is_dir() and entry.name not in keep:
                shutil.rmtree(entry, ignore_errors=True)

    def _names(self) -> list[str]:
        """Read the pointer, and again only after it was replaced: searches ask for it all the time."""
        try:
            status = os.stat(self._pointer)  # noqa: PTH116  (pathlib costs a tenth of a search)
            stamp = (status.st_mtime_ns, status.st_ino, status.st_size)
            kept = self._read
            if kept is None or kept[0] != stamp:
                lines = Path(self._pointer).read_text(encoding="ascii").splitlines()
                kept = self._read = (stamp, [line for line in map(str.strip, lines) if line.isalnum()])
        except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
            return []
        return kept[1]

    def _point(self, current: str, previous: str | None) -> None:
        aside = self._root / "current.new"
        with aside.open("w", encoding="ascii") as file:
            file.write(f"{current}\n{previous or ''}\n")
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self._root / "current")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer.

        Raises:
            RetryableError: `index_busy` where another process still writes after the timeout.
        """
        with single_writer(self._root / "write.lock", timeout=self._timeout):
            yield
