"""Containers around a feed, told by their first bytes and never by a name: gzip and zip, unpacked within limits.

Everything that a container says of itself (sizes, counts, names) is believed only as far as it makes the file worse:
declared sizes over a limit refuse it before unpacking, and what really comes out is counted again while unpacking.
Nothing is ever written under a name from an archive; names that try to leave their folder refuse the file all the
same, since nobody honest writes them.
"""

import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import PurePosixPath
from typing import IO

from core.errors import RefusedFileError
from pipelines.feeds.readers.limits import DEFAULT_LIMITS, MEGABYTE, FeedLimits
from pipelines.feeds.readers.temp_file import Scratch
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
_BESIDE_THE_LIST = (
    *(".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".heic", ".avif", ".tif", ".tiff", ".svg", ".mp4", ".mov"),
    *(".pdf", ".md5", ".sha1", ".sha256"),
)
"""What senders pack beside the stock list: photos and checksums. It is not unpacked."""
_STEP = 1 << 18
_DIRECTORY_END = 1 << 17
_LONGEST_ENTRY = 1024
"""Bytes that one directory entry may take on average before the directory counts as too long."""


class Unpacked:
    """The stock list itself, and what stood around it, outermost first ("zip", "gz")."""

    def __init__(self, file: IO[bytes], containers: tuple[str, ...]) -> None:
        self.file = file
        self.containers = containers

    @property
    def size(self) -> int:
        """Bytes of the list."""
        return self.file.seek(0, 2)

    @property
    def data(self) -> bytes:
        """The whole list, for those who know that it is small."""
        if isinstance(self.file, BytesIO):
            return self.file.getvalue()
        self.file.seek(0)
        return self.file.read()


class _Meter:
    """Counts what came out, over all containers of one file."""

    def __init__(self, sent: int, limits: FeedLimits) -> None:
        self._limits = limits
        self._most = min(limits.unpacked_bytes, MEGABYTE + sent * limits.ratio)
        self._out = 0

    def take(self, count: int) -> None:
        self._out += count
        self.expect(0)

    def expect(self, count: int) -> None:
        """Refuse where so much more would be too much."""
        if self._out + count > self._limits.unpacked_bytes:
            raise refusal("unpacked_too_large", limit=f"{self._limits.unpacked_bytes // MEGABYTE:,} MB")
        if self._out + count > self._most:
            raise refusal("archive_bomb", limit=f"{self._limits.ratio:,}")


def _member(packed_bytes: bytes, source: IO[bytes], out: IO[bytes], meter: _Meter) -> bytes:
    """Unpack the gzip member that begins with the bytes given; what was read beyond it."""
    packed = zlib.decompressobj(wbits=31)
    step = packed_bytes
    while True:
        while True:
            piece = packed.decompress(step, _STEP)
            meter.take(len(piece))
            out.write(piece)
            step = packed.unconsumed_tail
            if packed.eof or (not step and len(piece) < _STEP):
                break
        if packed.eof:
            return packed.unused_data
        step = source.read(_STEP)
        if not step:
            raise refusal("archive_damaged")


def _gunzip(source: IO[bytes], out: IO[bytes], limits: FeedLimits, meter: _Meter) -> None:
    """All members of a gzip file; zero bytes that pad its end are let pass."""
    members = 0
    rest = source.read(_STEP)
    try:
        while rest.strip(b"\x00"):
            rest = _member(rest, source, out, meter)
            rest += source.read(_STEP - len(rest)) if len(rest) < _STEP else b""
            members += 1
            if members > limits.entries:
                raise refusal("archive_too_many_files", limit=f"{limits.entries:,}")
    except zlib.error as error:
        raise refusal("archive_damaged") from error


def _refuse_long_directory(source: IO[bytes], limits: FeedLimits) -> None:
    """Look at how long the directory says it is before a library reads it whole into objects."""
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


def _is_beside(entry: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return entry.is_dir() or hidden or path.suffix.lower() in _BESIDE_THE_LIST


def _stock_list(archive: zipfile.ZipFile, limits: FeedLimits, meter: _Meter) -> zipfile.ZipInfo:
    """The one entry that is no photo, after every entry was found harmless."""
    entries = archive.infolist()
    if len(entries) > limits.entries:
        raise refusal("archive_too_many_files", limit=f"{limits.entries:,}")
    for entry in entries:
        _refuse_unsafe(entry)
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        raise refusal("spreadsheet_file")
    lists = [entry for entry in entries if not _is_beside(entry)]
    if len(lists) != 1:
        raise refusal("archive_without_list") if not lists else refusal("archive_of_several", count=f"{len(lists):,}")
    meter.expect(lists[0].file_size)
    if lists[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise refusal("archive_unsupported", kind="a zip by another method than deflate")
    return lists[0]


def _unzip(source: IO[bytes], out: IO[bytes], limits: FeedLimits, meter: _Meter) -> None:
    _refuse_long_directory(source, limits)
    try:
        archive = zipfile.ZipFile(source)
        with archive, archive.open(_stock_list(archive, limits, meter)) as packed:
            while step := packed.read(_STEP):
                meter.take(len(step))
                out.write(step)
    except RefusedFileError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        raise refusal("archive_damaged") from error
    except (struct.error, OverflowError, MemoryError, IndexError) as error:  # what the library lets through
        raise refusal("archive_damaged") from error


def refuse_foreign(data: bytes) -> None:
    """Name what we can recognise and cannot read, rather than call it "not text".

    Raises:
        RefusedFileError: `archive_unsupported` or `spreadsheet_file`.
    """
    for magic, kind in _OTHER_PACKERS.items():
        if data.startswith(magic):
            raise refusal("archive_unsupported", kind=kind)
    if data.startswith(_WORKBOOKS):
        raise refusal("spreadsheet_file")


def unpack(data: bytes | IO[bytes], limits: FeedLimits = DEFAULT_LIMITS) -> Unpacked:
    """The file inside its containers; a file without one is returned as it is.

    An open file must be one that can be sought. What is unpacked stands in memory or, where it is large, in a file
    without a name, which is gone with the result, or with the process.

    Raises:
        RefusedFileError: `file_too_large`, one of the `archive_…` codes, `unpacked_too_large` or `spreadsheet_file`.
    """
    file = BytesIO(data) if isinstance(data, bytes) else data
    size = file.seek(0, 2)
    if size > limits.file_bytes:
        raise refusal("file_too_large", limit=f"{limits.file_bytes // MEGABYTE:,} MB")
    meter = _Meter(size, limits)
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


def _opened(file: IO[bytes], kind: str, limits: FeedLimits, meter: _Meter) -> IO[bytes]:
    out = Scratch()
    file.seek(0)
    (_gunzip if kind == "gz" else _unzip)(file, out, limits, meter)
    return out
