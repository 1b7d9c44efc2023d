"""Costly files for tests, each made once a run: all workers share what the first of them that asks has made."""

from collections.abc import Callable
from pathlib import Path

from filelock import FileLock


def made_once(path: Path, make: Callable[[], bytes]) -> bytes:
    """Read a file of the run's folder; one process of the run makes it, while the others wait."""
    with FileLock(path.with_name(f"{path.name}.lock")):
        if not path.is_file():
            path.write_bytes(make())
        return path.read_bytes()
