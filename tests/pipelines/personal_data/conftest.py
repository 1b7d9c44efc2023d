"""Keys that rotate, and erasures in transactions of their own."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from core.db.session import SessionFactory, Transaction, transaction
from core.security.platform_keys import PlatformKeys, kept_keys

KILLS = (5, pytest.param(1, marks=pytest.mark.sweep))
"""Strides between the steps that are killed at: an odd one meets both steps of transactions, and 1 meets each step."""


@pytest.fixture
def keys(tmp_path: Path) -> PlatformKeys:
    return kept_keys(tmp_path / "keys")


@pytest.fixture
def begin(session_factory: SessionFactory) -> Transaction:
    return partial(transaction, session_factory)


@pytest.fixture
def killed_at(tmp_path: Path, database_url: str) -> Iterator[Callable[[str], bool]]:
    """Runs a word of `kill_worker` in a process of its own; tells whether it was killed."""
    command = [sys.executable, "-m", "tests.pipelines.personal_data.kill_worker", str(tmp_path), database_url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        given, said = process.stdin, process.stdout
        assert said.readline() == "ready\n"

        def run(word: str) -> bool:
            given.write(f"{word}\n")
            given.flush()
            said.readline()
            code = int(said.readline())
            assert code in (0, -9)
            return code == -9

        yield run
        given.close()
