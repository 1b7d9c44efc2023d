"""The list of erasures outside the database, by which a restored dump is made to forget again.

One object an erasure, written once under `erasures/`. An entry names a person and keys by random ids and holds nothing
that was known of the person. The list must never be restored together with the database: then it would lack the
newest erasures, which are those that the dump does not know.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from core.errors import PermanentError
from core.storage import Storage

PREFIX: Final = "erasures/"


class BadErasureEntryError(PermanentError):
    """An object of the list says something else."""

    code = "bad_erasure_entry"

    def __init__(self, key: str) -> None:
        super().__init__(f"The object {key!r} is no entry of the list of erasures: find out who wrote it.")


@dataclass(frozen=True)
class ErasureEntry:
    """An erasure as the list keeps it."""

    id: UUID
    user_id: UUID
    key_ids: tuple[UUID, ...]
    requested_at: datetime


class ErasureList:
    """Reads and extends the list."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def add(self, entry: ErasureEntry) -> None:
        """Write an entry, once; a later call for the same erasure changes nothing."""
        key = _key(entry.id)
        if not self._storage.exists(key):
            body = {
                "id": str(entry.id),
                "user_id": str(entry.user_id),
                "key_ids": [str(key_id) for key_id in entry.key_ids],
                "requested_at": entry.requested_at.isoformat(),
            }
            self._storage.put(key, json.dumps(body).encode())

    def ids(self) -> list[UUID]:
        """Return the ids of all entries, without reading them."""
        return [_id_of(key) for key in self._storage.keys(PREFIX)]

    def read(self, ids: list[UUID]) -> Iterator[ErasureEntry]:
        """Read entries.

        Raises:
            BadErasureEntryError: an object holds something else; nothing is skipped in silence.
        """
        for erasure_id in ids:
            key = _key(erasure_id)
            try:
                found = json.loads(self._storage.get(key))
                keys = tuple(UUID(key_id) for key_id in found["key_ids"])
                at = datetime.fromisoformat(found["requested_at"])
                yield ErasureEntry(UUID(found["id"]), UUID(found["user_id"]), keys, at)
            except (ValueError, KeyError, TypeError):
                raise BadErasureEntryError(key) from None


def _key(erasure_id: UUID) -> str:
    return f"{PREFIX}{erasure_id}.json"


def _id_of(key: str) -> UUID:
    try:
        return UUID(key.removeprefix(PREFIX).removesuffix(".json"))
    except ValueError:
        raise BadErasureEntryError(key) from None
