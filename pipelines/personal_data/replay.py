"""Replay erasures after a restore: what the dump brought back is erased again, before anything else is done with it."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from core.clock import utc_now
from core.db.session import Transaction, transaction
from core.platform import Platform
from core.storage import Storage
from pipelines.personal_data.erase import finish_erasure
from pipelines.personal_data.erasure_list import ErasureList
from pipelines.personal_data.repository import ErasureRepository

_log = logging.getLogger(__name__)
_AT_ONCE = 1_000


@dataclass(frozen=True)
class ReplayResult:
    """Erasures in the list, those that the database did not know, and those that were finished here."""

    listed: int
    replayed: int
    finished: int


def replay_erasures(platform: Platform) -> ReplayResult:
    """Erase everybody whom the list names and this database still knows; nothing happens where it knows them all.

    Raises:
        BadErasureEntryError: an entry of the list cannot be read.
        StorageUnavailableError: the list cannot be read: do not serve a restored database before it was.
    """
    return replay(lambda: transaction(platform.sessions), platform.storage)


def replay(begin: Transaction, storage: Storage) -> ReplayResult:
    """Replay as `replay_erasures` does, in transactions that the caller opens."""
    erasures, now = ErasureList(storage), utc_now()
    listed, replayed = erasures.ids(), 0
    for start in range(0, len(listed), _AT_ONCE):
        with begin() as session:
            repository = ErasureRepository(session)
            missing = repository.missing(listed[start : start + _AT_ONCE])
            for entry in erasures.read(missing):
                repository.begin_again(entry, now)
            replayed += len(missing)
    if replayed:
        _log.warning("Erasures that this database did not know, because it was restored: %d.", replayed)
    return ReplayResult(len(listed), replayed, finish_all(begin, storage))


def finish_all(begin: Transaction, storage: Storage) -> int:
    """Finish the erasures that were begun; return their number."""
    with begin() as session:
        unfinished = ErasureRepository(session).unfinished()
    for erasure_id in unfinished:
        finish_erasure(begin, storage, erasure_id, utc_now())
    return len(unfinished)
