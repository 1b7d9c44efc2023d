"""The folder of an index: generations side by side, a pointer to the one that answers, and a lock for writers.

    <home>/search/v<schema version>/
        current            the name of the generation that answers; replaced by rename
        <generation>/      one tantivy index, committed whole before `current` names it
        write.lock         held (flock) by the process that writes; the kernel frees it when that process dies

A killed writer leaves at worst a generation that nobody names; the next writer removes it. A reader that opened a
generation keeps its files although they were unlinked.
"""

import fcntl
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import RetryableError

_POLL_SECONDS = 0.05


class IndexFolder:
    """Paths, the pointer and the lock of one schema version."""

    def __init__(self, root: Path, *, lock_timeout: float) -> None:
        self._root = root
        self._timeout = lock_timeout

    def current(self) -> str | None:
        """The generation that answers, if there is one."""
        try:
            name = (self._root / "current").read_text(encoding="ascii").strip()
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        return name if name.isalnum() and self.path(name).is_dir() else None

    def path(self, generation: str) -> Path:
        """Where a generation's files are."""
        return self._root / generation

    def create(self) -> str:
        """A new empty folder for a generation that is built aside; only under the lock."""
        generation = uuid.uuid4().hex
        self.path(generation).mkdir()
        return generation

    def publish(self, generation: str) -> None:
        """Let a generation answer from now on; only under the lock."""
        aside = self._root / "current.new"
        with aside.open("w", encoding="ascii") as file:
            file.write(generation)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self._root / "current")
        self.sweep()

    def sweep(self) -> None:
        """Remove generations that do not answer; only under the lock."""
        keep = self.current()
        for entry in self._root.iterdir():
            if entry.is_dir() and entry.name != keep:
                shutil.rmtree(entry, ignore_errors=True)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer.

        Raises:
            RetryableError: `index_busy` where another process still writes after the timeout.
        """
        self._root.mkdir(parents=True, exist_ok=True)
        with (self._root / "write.lock").open("w") as lock:
            deadline = time.monotonic() + self._timeout
            while not _taken(lock.fileno()):
                if time.monotonic() > deadline:
                    raise RetryableError(
                        "Another process is writing the search index; try again when it has finished.",
                        code="index_busy",
                    )
                time.sleep(_POLL_SECONDS)
            yield


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
