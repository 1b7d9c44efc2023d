"""Receive the bytes of a file: counted, limited and digested as they come, in a temporary file."""

import tempfile
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from core.errors import RefusedFileError, RetryableError


class FileTooLargeError(RefusedFileError):
    """The file has more bytes than a feed file may have; none of them was kept."""

    code = "file_too_large"
    http_status = 413

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The file is larger than {limit:,} bytes: compress it (gz or zip), or send the cars in parts."
        )


class NoRoomError(RetryableError):
    """The disk does not take the file."""

    code = "no_room"

    def __init__(self, reason: str | None) -> None:
        super().__init__(f"The file could not be kept ({reason}): send it again later.")


class HashingUpload:
    """Writes bytes to a temporary file without a name, so that even `kill -9` leaves nothing behind.

    Memory stays flat however large the file is, and the limit holds while it streams: a Content-Length is not
    believed.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self._limit = limit
        self._digest = sha256()
        self.size = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  (closed by __exit__)
        except OSError as error:
            raise NoRoomError(error.strerror) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Delete the bytes."""
        self._file.close()

    def write(self, chunk: bytes) -> None:
        """Append the next bytes.

        Raises:
            FileTooLargeError: the file is now over the limit.
            RetryableError: there is no room for them.
        """
        self.size += len(chunk)
        if self.size > self._limit:
            raise FileTooLargeError(self._limit)
        self._digest.update(chunk)
        try:
            self._file.write(chunk)
        except OSError as error:
            raise NoRoomError(error.strerror) from error

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the bytes so far, in hexadecimal."""
        return self._digest.hexdigest()

    def rewound(self) -> IO[bytes]:
        """Return the file, to be read from its first byte."""
        self._file.seek(0)
        return self._file


FileData = bytes | HashingUpload
"""The content of a delivery: a small one is in memory."""


def source_of(data: FileData) -> bytes | IO[bytes]:
    """Return the content as it can be read: bytes, or an open file."""
    return data if isinstance(data, bytes) else data.rewound()
