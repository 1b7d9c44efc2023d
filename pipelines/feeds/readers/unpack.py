"""Unpack gzip and zip within limits; containers are recognised by their first bytes, never by a name.

Sizes, counts and names that a container states can only make it be refused: stated sizes over a limit refuse it before
unpacking, and the bytes that really come out are counted again while unpacking. No file is ever written under a name
from an archive; names that lead out of their folder refuse the file all the same.
"""

import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import PurePosixPath
from typing import IO

from core.errors import RefusedFileError
from pipelines.feeds.readers.limits import DEFAULT_LIMITS, MEGABYTE, FeedLimits
from pipelines.feeds.readers.temp_file import SpillFile
from pipelines.feeds.refusal_codes import refusal

_GZIP, _ZIPS = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_WORKBOOKS = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)
_OTHER_PACKERS = {
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
    b"\xfd7zXZ\x00": "xz",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_IGNORED_SUFFIXES = (
    *(".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".heic", ".avif", ".tif", ".tiff", ".svg", ".mp4", ".mov"),
    *(".pdf", ".md5", ".sha1", ".sha256"),
)
"""Endings of files that senders pack beside the stock list: photos and checksums. They are not unpacked."""
_STEP = 1 << 18
_DIRECTORY_END = 1 << 17
_LONGEST_ENTRY = 1024
"""Bytes that one directory entry may take on average before the directory counts as too long."""


class Unpacked:
    """Hold the stock list, and the containers that it was in, outermost first ("zip", "gz")."""

    def __init__(self, file: IO[bytes], containers: tuple[str, ...]) -> None:
        self.file = file
        self.containers = containers

    @property
    def size(self) -> int:
        """Number of bytes of the list."""
        return self.file.seek(0, 2)

    @property
    def data(self) -> bytes:
        """The whole list as bytes, for lists that are known to be small."""
        if isinstance(self.file, BytesIO):
            return self.file.getvalue()
        self.file.seek(0)
        return self.file.read()


class _OutputMeter:
    """Count the unpacked bytes of one file, over all of its containers."""

    def __init__(self, sent: int, limits: FeedLimits) -> None:
        self._limits = limits
        self._most = min(limits.unpacked_bytes, MEGABYTE + sent * limits.ratio)
        self._out = 0

    def count(self, size: int) -> None:
        self._out += size
        self.require_room(0)

    def require_room(self, count: int) -> None:
        """Raise if `count` more bytes would exceed a limit."""
        if self._out + count > self._limits.unpacked_bytes:
            raise refusal("unpacked_too_large", limit=f"{self._limits.unpacked_bytes // MEGABYTE:,} MB")
        if self._out + count > self._most:
            raise refusal("archive_bomb", limit=f"{self._limits.ratio:,}")


def _unpack_member(packed_bytes: bytes, source: IO[bytes], out: IO[bytes], meter: _OutputMeter) -> bytes:
    """Unpack the gzip member that begins with the bytes given; return the bytes that were read beyond it."""
    packed = zlib.decompressobj(wbits=31)
    step = packed_bytes
    while True:
        while True:
            piece = packed.decompress(step, _STEP)
            meter.count(len(piece))
            out.write(piece)
            step = packed.unconsumed_tail
            if packed.eof or (not step and len(piece) < _STEP):
                break
        if packed.eof:
            return packed.unused_data
        step = source.read(_STEP)
        if not step:
            raise refusal("archive_damaged")


def _gunzip(source: IO[bytes], out: IO[bytes], limits: FeedLimits, meter: _OutputMeter) -> None:
    """Unpack all members of a gzip file; zero bytes that pad its end are ignored."""
    members = 0
    rest = source.read(_STEP)
    try:
        while rest.strip(b"\x00"):
            rest = _unpack_member(rest, source, out, meter)
            rest += source.read(_STEP - len(rest)) if len(rest) < _STEP else b""
            members += 1
            if members > limits.entries:
                raise refusal("archive_too_many_files", limit=f"{limits.entries:,}")
    except zlib.error as error:
        raise refusal("archive_damaged") from error


def _refuse_long_directory(source: IO[bytes], limits: FeedLimits) -> None:
    """Refuse a zip by the stated length of its directory, before a library reads all of it into objects."""
    size = source.seek(0, 2)
    source.seek(max(0, size - _DIRECTORY_END))
    data = source.read()
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - 65_557))
    if end < 0 or end + 22 > len(data):
        raise refusal("archive_damaged")
    count, size = struct.unpack_from("<HI", data, end + 10)
    if end >= 76 and data[end - 20 : end - 16] == b"PK\x06\x07":  # zip64: the wide numbers stand before its locator
        count, size = struct.unpack_from("<QQ", data, end - 76 + 32)
    if count > limits.entries or size > limits.entries * _LONGEST_ENTRY:
        raise refusal("archive_too_many_files", limit=f"{limits.entries:,}")


def _refuse_unsafe(entry: zipfile.ZipInfo) -> None:
    name = entry.orig_filename.replace("\\", "/")
    if name.startswith("/") or name[1:2] == ":" or ".." in name.split("/") or "\x00" in name:
        raise refusal("archive_unsafe_path")
    if (entry.external_attr >> 28) & 0xF == 0xA:
        raise refusal("archive_link")
    if entry.flag_bits & 0x1:
        raise refusal("archive_encrypted")


def _is_ignored(entry: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return entry.is_dir() or hidden or path.suffix.lower() in _IGNORED_SUFFIXES


def _stock_list(archive: zipfile.ZipFile, limits: FeedLimits, meter: _OutputMeter) -> zipfile.ZipInfo:
    """Return the one entry that is no photo, after every entry has been checked."""
    entries = archive.infolist()
    if len(entries) > limits.entries:
        raise refusal("archive_too_many_files", limit=f"{limits.entries:,}")
    for entry in entries:
        _refuse_unsafe(entry)
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        raise refusal("spreadsheet_file")
    lists = [entry for entry in entries if not _is_ignored(entry)]
    if len(lists) != 1:
        raise refusal("archive_without_list") if not lists else refusal("archive_of_several", count=f"{len(lists):,}")
    meter.require_room(lists[0].file_size)
    if lists[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise refusal("archive_unsupported", kind="a zip by another method than deflate")
    return lists[0]


def _unzip(source: IO[bytes], out: IO[bytes], limits: FeedLimits, meter: _OutputMeter) -> None:
    _refuse_long_directory(source, limits)
    try:
        archive = zipfile.ZipFile(source)
        with archive, archive.open(_stock_list(archive, limits, meter)) as packed:
            while step := packed.read(_STEP):
                meter.count(len(step))
                out.write(step)
    except RefusedFileError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        raise refusal("archive_damaged") from error
    except (struct.error, OverflowError, MemoryError, IndexError) as error:  # errors that the library does not catch
        raise refusal("archive_damaged") from error


def refuse_foreign(data: bytes) -> None:
    """Refuse formats that are recognised but not read by their name, rather than as "not text".

    Raises:
        RefusedFileError: `archive_unsupported` or `spreadsheet_file`.
    """
    for magic, kind in _OTHER_PACKERS.items():
        if data.startswith(magic):
            raise refusal("archive_unsupported", kind=kind)
    if data.startswith(_WORKBOOKS):
        raise refusal("spreadsheet_file")


def unpack(data: bytes | IO[bytes], limits: FeedLimits = DEFAULT_LIMITS) -> Unpacked:
    """Return the file inside its containers; a file without one is returned as it is.

    An open file must be one that can be sought. Unpacked bytes are in memory or, where they are many, in a file
    without a name, which is gone with the result, or with the process.

    Raises:
        RefusedFileError: `file_too_large`, one of the `archive_…` codes, `unpacked_too_large` or `spreadsheet_file`.
    """
    file = BytesIO(data) if isinstance(data, bytes) else data
    size = file.seek(0, 2)
    if size > limits.file_bytes:
        raise refusal("file_too_large", limit=f"{limits.file_bytes // MEGABYTE:,} MB")
    meter = _OutputMeter(size, limits)
    containers: list[str] = []
    while True:
        file.seek(0)
        head = file.read(8)
        kind = "gz" if head.startswith(_GZIP) else "zip" if head.startswith(_ZIPS) else None
        if kind is None:
            break
        if len(containers) == limits.nesting:
            raise refusal("archive_nested", limit=str(limits.nesting))
        containers.append(kind)
        file = _opened(file, kind, limits, meter)
    refuse_foreign(head)
    return Unpacked(file, tuple(containers))


def _opened(file: IO[bytes], kind: str, limits: FeedLimits, meter: _OutputMeter) -> IO[bytes]:
    out = SpillFile()
    file.seek(0)
    (_gunzip if kind == "gz" else _unzip)(file, out, limits, meter)
    return out
