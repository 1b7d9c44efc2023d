"""Write and read whole objects by `obstore`.

Writes are atomic in every backend (the local one writes aside and renames), so a reader never sees half an object
and a killed writer leaves none. Keys are `/`-separated; the same code serves a folder, S3, GCS and Azure.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import IO

import obstore
from obstore import exceptions
from obstore.store import HTTPStore, LocalStore, MemoryStore, ObjectStore, from_url

from core.errors import RetryableError
from core.settings import Settings
from core.storage.errors import (
    InvalidStorageAddressError,
    ObjectNotFoundError,
    ObjectTooLargeError,
    StorageUnavailableError,
)

_PIECE = 1 << 22
# Options given here take the place of AWS_ALLOW_HTTP and its like; http:// is used only where the endpoint says so.
_CONNECT = {"connect_timeout": timedelta(seconds=5), "allow_http": True}
_RETRY = {"max_retries": 2, "retry_timeout": timedelta(seconds=10)}
"""A store that is away is told within seconds: a request waits for it, and so does a person at a terminal."""


class Storage:
    """Whole objects by key.

    Every method raises `StorageUnavailableError` where the store does not answer or refuses us.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put(self, key: str, data: bytes | IO[bytes]) -> None:
        """Write or replace an object, from memory or from an open file, which is read in pieces."""
        with _translated(key):
            obstore.put(self._store, key, data)

    def create(self, key: str, data: bytes) -> bool:
        """Write an object unless one stands under this key, which stays as it is; tell whether it was written."""
        try:
            with _translated(key):
                obstore.put(self._store, key, data, mode="create")
        except _ObjectExists:
            return False
        return True

    def get(self, key: str) -> bytes:
        """Read an object.

        Raises:
            ObjectNotFoundError: there is none under this key.
        """
        with _translated(key):
            return bytes(obstore.get(self._store, key).bytes())

    def get_at_most(self, key: str, most: int) -> bytes:
        """Read an object that strangers wrote: its size is asked for first, and counted while it is read.

        Raises:
            ObjectNotFoundError: there is none under this key.
            ObjectTooLargeError: it has more than `most` bytes; at most that many were read.
        """
        with _translated(key):
            if obstore.head(self._store, key)["size"] > most:
                raise ObjectTooLargeError(most)
            read = bytearray()
            for piece in obstore.get(self._store, key).stream(min_chunk_size=_PIECE):
                read += piece
                if len(read) > most:  # it was replaced by a larger one in between
                    raise ObjectTooLargeError(most)
            return bytes(read)

    def upload_address(self, key: str, lifetime: timedelta) -> str | None:
        """Sign an address to which anybody can write the object until its end; None where the store is a folder.

        Such an address says nothing of the size or the type of what is written, nor how often.
        """
        if isinstance(self._store, LocalStore | MemoryStore | HTTPStore):
            return None
        with _translated(key):
            return str(obstore.sign(self._store, "PUT", key, lifetime))

    def copy_to(self, key: str, file: IO[bytes]) -> None:
        """Write an object into an open file, piece by piece, for objects that are too large to stand in memory.

        Raises:
            ObjectNotFoundError: there is none under this key.
        """
        with _translated(key):
            for piece in obstore.get(self._store, key).stream(min_chunk_size=_PIECE):
                file.write(piece)

    def exists(self, key: str) -> bool:
        """Check whether an object exists under this key."""
        try:
            with _translated(key):
                obstore.head(self._store, key)
        except ObjectNotFoundError:
            return False
        return True

    def keys(self, prefix: str = "") -> Iterator[str]:
        """List the keys under a prefix, in order."""
        with _translated(prefix):
            found = [meta["path"] for page in obstore.list(self._store, prefix or None) for meta in page]
        yield from sorted(found)

    def delete(self, key: str) -> None:
        """Delete an object; nothing happens where there is none."""
        with suppress(ObjectNotFoundError), _translated(key):
            obstore.delete(self._store, key)


class _ObjectExists(Exception):  # noqa: N818  (an outcome, not a failure)
    """An object exists under the key that was to be created."""


def open_storage(settings: Settings) -> Storage:
    """Open the storage that the settings name: `STORAGE_URL`, or the folder `storage` under home.

    Raises:
        InvalidStorageAddressError: the address names no store that we know.
    """
    if settings.storage_url is not None:
        try:
            return Storage(from_url(settings.storage_url, client_options=_CONNECT, retry_config=_RETRY))  # type: ignore[call-overload]
        except (exceptions.BaseError, ValueError) as error:
            raise InvalidStorageAddressError from error
    folder = settings.home / "storage"
    folder.mkdir(parents=True, exist_ok=True)
    return Storage(LocalStore(folder, mkdir=True))


@contextmanager
def _translated(key: str) -> Iterator[None]:
    """Raise our errors for those of the library, whose text holds addresses and a page of internals.

    The library's error is the cause: a log that shows tracebacks has it in full.
    """
    try:
        yield
    except (FileNotFoundError, exceptions.NotFoundError) as error:
        raise ObjectNotFoundError(key) from error
    except (FileExistsError, exceptions.AlreadyExistsError) as error:
        raise _ObjectExists from error
    except exceptions.BaseError as error:
        raise _unavailable(error) from error


def _unavailable(error: Exception) -> RetryableError:
    if isinstance(error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError):
        return StorageUnavailableError("it refuses our credentials")
    if str(error).startswith("Generic LocalFileSystem"):
        return StorageUnavailableError("its folder cannot be read or written")
    return StorageUnavailableError()
