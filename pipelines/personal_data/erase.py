"""Erase a person: lock out, list, erase by domain, destroy the keys.

Each step is a transaction of its own and may be repeated, so a process that is killed anywhere leaves an erasure that
the background loop, or the next call, finishes:

1. The erasure is recorded, the person is blocked and its sessions end (the caller's transaction).
2. It is added to the list outside the database. From here on a restore cannot undo it. The API ends here: its login may
   delete nothing.
3. The erasers of the domains run, except the last ones.
4. In one transaction the keys are destroyed, all erasers run once more and the last ones take the person itself. Who
   was sealing something for the person is waited for; who comes later finds neither key nor person. So no row is ever
   seen whose key is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.db.session import Transaction
from core.db.tables.personal_data import Erasure
from core.declarations import Eraser, gather_declarations
from core.personal_data.subject import Erasing, Subject
from core.storage import Storage
from pipelines.personal_data.erasure_list import ErasureEntry, ErasureList
from pipelines.personal_data.repository import ErasureRepository

_OWN = "personal_data"


@dataclass(frozen=True)
class ErasureResult:
    """A finished erasure: rows changed by domain and eraser."""

    id: UUID
    counts: dict[str, dict[str, int]]


def finish_erasure(transaction: Transaction, storage: Storage, erasure_id: UUID, now: datetime) -> ErasureResult:
    """Do what is left of an erasure that was recorded; a finished one is left as it is.

    Raises:
        StorageUnavailableError: the list cannot be written; nothing is erased before it is.
    """
    with transaction() as session:
        erasure = ErasureRepository(session).get_for_update(erasure_id)
        if erasure.finished_at is not None:
            return _result(erasure)
        entry, subject = _entry(erasure), _subject(erasure)
    ErasureList(storage).add(entry)
    for domain, eraser in _erasers():
        if not eraser.last:
            with transaction() as session:
                _erase(Erasing(session, storage, subject), erasure_id, domain, eraser)
    with transaction() as session:
        return _finish(session, storage, erasure_id, now)


def list_erasure(session: Session, storage: Storage, erasure_id: UUID) -> None:
    """Add an erasure that was recorded to the list outside the database: no restore can undo it any more.

    Raises:
        StorageUnavailableError: the list cannot be written; the background loop tries again.
    """
    ErasureList(storage).add(_entry(session.get_one(Erasure, erasure_id)))


def _finish(session: Session, storage: Storage, erasure_id: UUID, now: datetime) -> ErasureResult:
    repository = ErasureRepository(session)
    erasure = repository.get_for_update(erasure_id)
    if erasure.finished_at is None:
        repository.lock_person(erasure.user_id)
        repository.add_count(erasure_id, _OWN, "data keys", repository.destroy_keys(erasure))
        for domain, eraser in _erasers():
            _erase(Erasing(session, storage, _subject(erasure)), erasure_id, domain, eraser)
        erasure.finished_at, erasure.indexes = now, None
        session.flush()
    return _result(erasure)


def _erase(work: Erasing, erasure_id: UUID, domain: str, eraser: Eraser) -> None:
    ErasureRepository(work.session).add_count(erasure_id, domain, eraser.name, eraser.erase(work))


def _erasers() -> Iterator[tuple[str, Eraser]]:
    """Return the erasers of all domains, the first ones at the beginning and the last ones at the end."""
    declared = [(domain, eraser) for domain, each in gather_declarations().items() for eraser in each.erasers]
    yield from sorted(declared, key=lambda pair: (not pair[1].first, pair[1].last))


def _entry(erasure: Erasure) -> ErasureEntry:
    return ErasureEntry(erasure.id, erasure.user_id, tuple(erasure.key_ids), erasure.requested_at)


def _subject(erasure: Erasure) -> Subject:
    return Subject(erasure.user_id, tuple(erasure.indexes or ()))


def _result(erasure: Erasure) -> ErasureResult:
    counts: dict[str, Any] = erasure.counts
    return ErasureResult(erasure.id, counts)
