"""A file on its way in: counted and digested as it comes, on disk, gone without a trace unless somebody keeps it."""

import tempfile
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from core.errors import RefusedFileError, RetryableError


class FileTooLargeError(RefusedFileError):
    """More bytes came than a feed file may have; nothing of them was kept."""

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


class SpooledFile:
    """Bytes in a file without a name, so that even `kill -9` leaves nothing behind.

    Memory stays flat however large the file is, and the limit holds while it streams: nobody's Content-Length is
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
        """Forget the bytes."""
        self._file.close()

    def write(self, chunk: bytes) -> None:
        """Take the next bytes.

        Raises:
            FileTooLargeError: with them the file is over the limit.
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
        """SHA-256 of what came so far, hex."""
        return self._digest.hexdigest()

    def rewound(self) -> IO[bytes]:
        """The bytes from the first one on."""
        self._file.seek(0)
        return self._file


FileData = bytes | SpooledFile
"""A delivery that somebody holds: small ones in memory."""


def source_of(data: FileData) -> bytes | IO[bytes]:
    """What can be read of it."""
    return data if isinstance(data, bytes) else data.rewound()
