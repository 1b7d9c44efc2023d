"""Check the files of an index: tantivy maps them into memory, and one that was cut off would kill the process.

Each file ends with a footer that has the checksum of what stands before it. Files are never changed once they are
written, so a file is read whole once in a process; whether it still has its size is asked again and again.
"""

import json
import zlib
from pathlib import Path
from typing import Final

_MAGIC: Final = 1337
_NUMBER: Final = 4  # bytes of the footer's length, and of the magic number behind it
_AT_ONCE: Final = 4 << 20
_MANAGED: Final = "meta.json"

_Stamp = tuple[int, int, int]


class DamagedIndexError(ValueError):
    """A file of an index is not as it was written."""


class FileChecks:
    """Knows the files of one generation that were found sound."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sound: dict[str, _Stamp] = {}

    def check(self) -> None:
        """Check the files of the present commit: new ones by their checksums, known ones by size and time.

        Raises:
            DamagedIndexError: a file is damaged.
            OSError: a file is missing.
        """
        sound: dict[str, _Stamp] = {}
        for file in _files(self._path):
            stamp = _stamp(file)
            known = self._sound.get(file.name)
            if known is None:
                _check_whole(file)
            elif known != stamp:
                raise DamagedIndexError(f"{file.name} was changed after it was written")
            sound[file.name] = stamp
        self._sound = sound


def _files(path: Path) -> list[Path]:
    """Return the files of the segments that the present commit names; deletions of other commits left out."""
    found: list[Path] = []
    meta = json.loads((path / _MANAGED).read_text(encoding="utf-8"))
    if "segments" not in meta:
        raise DamagedIndexError(f"{_MANAGED} names no segments")
    for segment in meta["segments"]:
        name = segment["segment_id"].replace("-", "")
        deletes = segment.get("deletes")
        found += [file for file in path.glob(f"{name}.*") if file.suffix != ".del" and not file.name.endswith(".temp")]
        if deletes is not None:
            found.append(path / f"{name}.{deletes['opstamp']}.del")
    return found


def _stamp(file: Path) -> _Stamp:
    status = file.stat()
    return status.st_size, status.st_mtime_ns, status.st_ino


def _check_whole(file: Path) -> None:
    with file.open("rb") as opened:
        size = opened.seek(0, 2)
        if size < 2 * _NUMBER:
            raise DamagedIndexError(f"{file.name} was cut off")
        opened.seek(size - 2 * _NUMBER)
        length, magic = (int.from_bytes(opened.read(_NUMBER), "little") for _ in range(2))
        body = size - 2 * _NUMBER - length
        if magic != _MAGIC or body < 0:
            raise DamagedIndexError(f"{file.name} was cut off")
        opened.seek(body)
        wanted = json.loads(opened.read(length))["crc"]
        opened.seek(0)
        found, left = 0, body
        while left > 0:
            part = opened.read(min(_AT_ONCE, left))
            found, left = zlib.crc32(part, found), left - len(part)
        if found != wanted:
            raise DamagedIndexError(f"the checksum of {file.name} is wrong")
