"""Containers around a feed, told by their first bytes and never by a name: gzip and zip, unpacked within limits.

Everything that a container says of itself (sizes, counts, names) is believed only as far as it makes the file worse:
declared sizes over a limit refuse it before unpacking, and what really comes out is counted again while unpacking.
Nothing is ever written under a name from an archive; names that try to leave their folder refuse the file all the
same, since nobody honest writes them.
"""

import struct
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath

from core.errors import RefusedFileError
from pipelines.feeds.limits import DEFAULT_LIMITS, MEGABYTE, FeedLimits
from pipelines.feeds.refusals import refusal

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
_LONGEST_ENTRY = 1024
"""Bytes that one directory entry may take on average before the directory counts as too long."""


@dataclass(frozen=True)
class Unpacked:
    """The stock list itself, and what stood around it, outermost first ("zip", "gz")."""

    data: bytes
    containers: tuple[str, ...] = ()


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


def _member(data: bytes, start: int, out: list[bytes], meter: _Meter) -> int:
    """Unpack the gzip member that begins at `start`; where the next one would begin."""
    packed = zlib.decompressobj(wbits=31)
    position = start
    while not packed.eof and position < len(data):
        step = data[position : position + _STEP]
        position += len(step)
        while True:
            piece = packed.decompress(step, _STEP)
            meter.take(len(piece))
            out.append(piece)
            step = packed.unconsumed_tail
            if packed.eof or (not step and len(piece) < _STEP):
                break
    if not packed.eof:
        raise refusal("archive_damaged")
    return position - len(packed.unused_data)


def _gunzip(data: bytes, limits: FeedLimits, meter: _Meter) -> bytes:
    """All members of a gzip file; zero bytes that pad its end are let pass."""
    out: list[bytes] = []
    position = members = 0
    try:
        while position < len(data) and data[position : position + _STEP].strip(b"\x00"):
            position = _member(data, position, out, meter)
            members += 1
            if members > limits.entries:
                raise refusal("archive_too_many_files", limit=f"{limits.entries:,}")
    except zlib.error as error:
        raise refusal("archive_damaged") from error
    return b"".join(out)


def _refuse_long_directory(data: bytes, limits: FeedLimits) -> None:
    """Look at how long the directory says it is before a library reads it whole into objects."""
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


def _unzip(data: bytes, limits: FeedLimits, meter: _Meter) -> bytes:
    _refuse_long_directory(data, limits)
    out: list[bytes] = []
    try:
        archive = zipfile.ZipFile(BytesIO(data))
        with archive, archive.open(_stock_list(archive, limits, meter)) as packed:
            while step := packed.read(_STEP):
                meter.take(len(step))
                out.append(step)
    except RefusedFileError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        raise refusal("archive_damaged") from error
    except (struct.error, OverflowError, MemoryError, IndexError) as error:  # what the library lets through
        raise refusal("archive_damaged") from error
    return b"".join(out)


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


def unpack(data: bytes, limits: FeedLimits = DEFAULT_LIMITS) -> Unpacked:
    """The file inside its containers; a file without one is returned as it is.

    Raises:
        RefusedFileError: `file_too_large`, one of the `archive_…` codes, `unpacked_too_large` or `spreadsheet_file`.
    """
    if len(data) > limits.file_bytes:
        raise refusal("file_too_large", limit=f"{limits.file_bytes // MEGABYTE:,} MB")
    meter = _Meter(len(data), limits)
    containers: list[str] = []
    while True:
        kind = "gz" if data.startswith(_GZIP) else "zip" if data.startswith(_ZIPS) else None
        if kind is None:
            break
        if len(containers) == limits.nesting:
            raise refusal("archive_nested", limit=str(limits.nesting))
        containers.append(kind)
        data = _gunzip(data, limits, meter) if kind == "gz" else _unzip(data, limits, meter)
    refuse_foreign(data)
    return Unpacked(data, tuple(containers))
