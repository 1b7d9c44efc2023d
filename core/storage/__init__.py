"""Object storage: feed files, model artefacts, photos. A local folder, or a bucket by URL."""

from core.storage.errors import (
    InvalidStorageAddressError,
    ObjectNotFoundError,
    ObjectTooLargeError,
    StorageUnavailableError,
)
from core.storage.objects import Storage, open_storage

__all__ = [
    "InvalidStorageAddressError",
    "ObjectNotFoundError",
    "ObjectTooLargeError",
    "Storage",
    "StorageUnavailableError",
    "open_storage",
]
