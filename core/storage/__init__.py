"""Object storage: feed files, model artefacts, photos. A local folder, or a bucket by URL."""

from core.storage.objects import Storage, open_storage

__all__ = ["Storage", "open_storage"]
