"""A thin face on `obstore`: whole objects in, whole objects out.

Writes are atomic in every backend (the local one writes aside and renames), so a reader never sees half an object
and a killed writer leaves none. Keys are `/`-separated; the same code serves a folder, S3, GCS and Azure.
"""

from collections.abc import Iterator
from typing import IO, Any

import obstore
from obstore.store import LocalStore, from_url

from core.errors import NotFoundError, RetryableError
from core.settings import Settings

_PIECE = 1 << 22


class Storage:
    """Whole objects by key."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def put(self, key: str, data: bytes | IO[bytes]) -> None:
        """Write or replace an object, from memory or from an open file, which is read in pieces."""
        try:
            obstore.put(self._store, key, data)
        except obstore.exceptions.BaseError as error:
            raise RetryableError(f"Object storage did not take {key!r}: {error}") from error

    def get(self, key: str) -> bytes:
        """Read an object.

        Raises:
            NotFoundError: there is none under this key.
            RetryableError: the storage did not answer.
        """
        try:
            return bytes(obstore.get(self._store, key).bytes())
        except (FileNotFoundError, obstore.exceptions.NotFoundError) as error:
            raise NotFoundError(f"There is no object {key!r} in storage.", code="object_not_found") from error
        except obstore.exceptions.BaseError as error:
            raise RetryableError(f"Object storage did not give {key!r}: {error}") from error

    def copy_to(self, key: str, file: IO[bytes]) -> None:
        """Write an object into an open file, piece by piece, for objects that are too large to stand in memory.

        Raises:
            NotFoundError: there is none under this key.
            RetryableError: the storage did not answer, or stopped answering.
        """
        try:
            for piece in obstore.get(self._store, key).stream(min_chunk_size=_PIECE):
                file.write(piece)
        except (FileNotFoundError, obstore.exceptions.NotFoundError) as error:
            raise NotFoundError(f"There is no object {key!r} in storage.", code="object_not_found") from error
        except obstore.exceptions.BaseError as error:
            raise RetryableError(f"Object storage did not give {key!r}: {error}") from error

    def exists(self, key: str) -> bool:
        """Whether an object stands under this key."""
        try:
            obstore.head(self._store, key)
        except (FileNotFoundError, obstore.exceptions.NotFoundError):
            return False
        except obstore.exceptions.BaseError as error:
            raise RetryableError(f"Object storage did not answer for {key!r}: {error}") from error
        return True

    def keys(self, prefix: str = "") -> Iterator[str]:
        """Keys under a prefix, in order."""
        found = [meta["path"] for page in obstore.list(self._store, prefix or None) for meta in page]
        yield from sorted(found)

    def delete(self, key: str) -> None:
        """Delete an object; nothing happens where there is none."""
        if self.exists(key):
            obstore.delete(self._store, key)


def open_storage(settings: Settings) -> Storage:
    """The storage that the settings name: `STORAGE_URL`, or the folder `storage` under home."""
    if settings.storage_url is not None:
        return Storage(from_url(settings.storage_url))
    folder = settings.home / "storage"
    folder.mkdir(parents=True, exist_ok=True)
    return Storage(LocalStore(folder, mkdir=True))
