"""Object storage: feed files, model artefacts, photos. A local folder, or a bucket by URL."""

from core.storage.errors import InvalidStorageAddressError, ObjectNotFoundError, StorageUnavailableError
from core.storage.objects import Storage, open_storage

__all__ = ["InvalidStorageAddressError", "ObjectNotFoundError", "Storage", "StorageUnavailableError", "open_storage"]
