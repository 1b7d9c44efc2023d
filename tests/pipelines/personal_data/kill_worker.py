"""A process that finishes an erasure or rotates keys, and is killed at a step: `python -m … FOLDER URL`, then words.

A word is `<what>:<step>:<id>`. Each transaction has two steps: it begins, and it is about to commit.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from core.db.session import Transaction, make_engine, make_session_factory, transaction
from core.security.platform_keys import kept_keys
from core.settings import Settings
from core.storage import open_storage
from pipelines.personal_data import rotate
from pipelines.personal_data.erase import finish_erasure
from pipelines.personal_data.reseal import reseal
from pipelines.personal_data.rotate import rotate_keys
from tests.factories.personal_data import NOW
from tests.torture.forking import fork_at_each_word


class Kill:
    """Transactions that kill the process at a step."""

    def __init__(self, begin: Transaction, at: int) -> None:
        self._begin, self._left = begin, at

    def _step(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def __call__(self) -> Iterator[Session]:
        with self._begin() as session:
            self._step()
            yield session
            self._step()


def work(word: str, folder: Path, url: str) -> None:
    """Do one word's work."""
    what, step, erasure_id = word.split(":")
    begin = Kill(partial(transaction, make_session_factory(make_engine(url))), int(step))
    if what == "erase":
        storage = open_storage(Settings(automart_home=folder / "home", storage_url=None))
        finish_erasure(begin, storage, UUID(erasure_id), NOW)
        return
    rotate.BATCH = 3  # type: ignore[misc]  # many small transactions to be killed in
    keys = kept_keys(folder / "keys")
    rotate_keys(begin, keys, NOW)
    reseal(begin, keys)


if __name__ == "__main__":
    fork_at_each_word(work)
