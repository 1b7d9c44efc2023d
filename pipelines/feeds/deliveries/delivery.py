"""A file as it is handed over, before anything of it is read or stored."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256

from core.db.tables import Org
from pipelines.feeds.deliveries.spool import FileData, HashingUpload
from pipelines.feeds.mapping.schema import Mapping


@dataclass(frozen=True)
class Delivery:
    """A file of one organisation: its name, its content, and the mapping that reads it."""

    org: Org
    name: str
    data: FileData
    mapping: Mapping
    snapshot_at: datetime | None = None
    """The time at which the stock was as the file says; of mail when it was sent, unless the name says more."""

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 of the content, in hexadecimal."""
        return self.data.digest if isinstance(self.data, HashingUpload) else sha256(self.data).hexdigest()

    @property
    def size(self) -> int:
        """Count the bytes of the content."""
        return self.data.size if isinstance(self.data, HashingUpload) else len(self.data)

    @property
    def stored_name(self) -> str:
        """Return the name as the database can hold it."""
        return storable_name(self.name)

    @property
    def storage_key(self) -> str:
        """Return the key under which the bytes are stored."""
        return f"feeds/{self.org.code}/{self.digest}"


def storable_name(name: str) -> str:
    """Replace what is not UTF-8 in a name: file systems allow it, the database does not."""
    return name.encode("utf-8", "replace").decode("utf-8")
