"""Unpack gzip and zip within limits; containers are recognised by their first bytes, never by a name.

Sizes, counts and names that a container states can only make it be refused: stated sizes over a limit refuse it before
unpacking, and the bytes that really come out are counted again while unpacking. No file is ever written under a name
from an archive; names that lead out of their folder refuse the file all the same.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import IO, Final

from core.errors import RefusedFileError
from pipelines.feeds.readers.limits import DEFAULT_LIMITS, MEGABYTE, FeedLimits
from pipelines.feeds.readers.output_meter import OutputMeter
from pipelines.feeds.readers.temp_file import SpillFile
from pipelines.feeds.readers.workbook.convert import WORKBOOKS, workbook_kind, write_stock_list
from pipelines.feeds.readers.zip_entries import checked_archive, is_ignored, refuse_long_directory
from pipelines.feeds.refusal_codes import refusal
from pipelines.feeds.unread_columns import UnreadColumn

_GZIP, _ZIPS = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLD_WORKBOOKS = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)
_OTHER_PACKERS = {
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
    b"\xfd7zXZ\x00": "xz",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_STEP = 1 << 18
SEVERAL: Final = "archive_of_several"
"""The refusal by which the reader of one list tells that the zip holds several."""
MOST_LISTS = 50
"""Lists of one zip that are read together."""
_REFUSE_THE_ZIP = ("archive_bomb", "unpacked_too_large", "archive_nested")
"""Refusals of one list that refuse the whole zip, whose limits all lists share; others leave their list out."""
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError),
    *(struct.error, OverflowError, MemoryError, IndexError),  # errors that the library does not catch
)


class Unpacked:
    """Hold the stock list, the containers that it was in, outermost first ("zip", "gz"), and sheets left out of it."""

    def __init__(self, file: IO[bytes], containers: tuple[str, ...], left_out: tuple[UnreadColumn, ...] = ()) -> None:
        self.file = file
        self.containers = containers
        self.left_out = left_out

    @property
    def is_workbook(self) -> bool:
        """Whether the list was taken out of a workbook, as tab-separated text."""
        return bool(self.containers) and self.containers[-1] in WORKBOOKS

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


def _unpack_member(packed_bytes: bytes, source: IO[bytes], out: IO[bytes], meter: OutputMeter) -> bytes:
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


def _gunzip(source: IO[bytes], out: IO[bytes], limits: FeedLimits, meter: OutputMeter) -> None:
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


def _stock_list(archive: zipfile.ZipFile, meter: OutputMeter) -> zipfile.ZipInfo:
    """Return the one entry that is no photo."""
    lists = [entry for entry in archive.infolist() if not is_ignored(entry)]
    if len(lists) != 1:
        raise refusal("archive_without_list") if not lists else refusal("archive_of_several", limit=str(MOST_LISTS))
    meter.require_room(lists[0].file_size)
    if lists[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise refusal("archive_unsupported", kind="a zip by another method than deflate")
    return lists[0]


def _copy_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, out: IO[bytes], meter: OutputMeter) -> None:
    with archive.open(entry) as packed:
        while step := packed.read(_STEP):
            meter.count(len(step))
            out.write(step)


def _unzip(source: IO[bytes], out: IO[bytes], opening: "_Opening") -> str:
    """Write the stock list of a zip, or of the workbook that it is; return which."""
    limits, meter = opening.limits, opening.meter
    refuse_long_directory(source, limits)
    try:
        with checked_archive(zipfile.ZipFile(source), limits) as archive:
            if (kind := workbook_kind(archive)) is not None:
                meter.require_room(sum(entry.file_size for entry in archive.infolist() if not is_ignored(entry)))
                opening.left_out.extend(write_stock_list(source, opening.names, out, limits.unpacked_bytes))
                meter.count(out.tell())
                return kind
            _copy_entry(archive, _stock_list(archive, meter), out, meter)
            return "zip"
    except RefusedFileError:
        raise
    except _DAMAGE as error:
        raise refusal("archive_damaged") from error


def refuse_foreign(data: bytes) -> None:
    """Refuse formats that are recognised but not read by their name, rather than as "not text".

    Raises:
        RefusedFileError: `archive_unsupported` or `spreadsheet_file`.
    """
    for magic, kind in _OTHER_PACKERS.items():
        if data.startswith(magic):
            raise refusal("archive_unsupported", kind=kind)
    if data.startswith(_OLD_WORKBOOKS):
        raise refusal("spreadsheet_file")


@dataclass(frozen=True)
class _Opening:
    """The limits and the mapping by which the containers of one file are opened."""

    limits: FeedLimits
    meter: OutputMeter
    names: tuple[str, ...]
    left_out: list[UnreadColumn] = field(default_factory=list)


def unpack(data: bytes | IO[bytes], limits: FeedLimits = DEFAULT_LIMITS, *, names: Iterable[str] = ()) -> Unpacked:
    """Return the file inside its containers; a file without one is returned as it is.

    An open file must be one that can be sought. Unpacked bytes are in memory or, where they are many, in a file
    without a name, which is gone with the result, or with the process. The list of a workbook is returned as
    tab-separated text; `names` of columns tell which of its sheets is the list.

    Raises:
        RefusedFileError: `file_too_large`, one of the `archive_…` or `spreadsheet_…` codes, or `unpacked_too_large`.
    """
    file = BytesIO(data) if isinstance(data, bytes) else data
    size = file.seek(0, 2)
    if size > limits.file_bytes:
        raise refusal("file_too_large", limit=f"{limits.file_bytes // MEGABYTE:,} MB")
    return _inside(file, _Opening(limits, OutputMeter(size, limits), tuple(names)), [])


def unpack_several(
    data: bytes | IO[bytes], limits: FeedLimits = DEFAULT_LIMITS, *, names: Iterable[str] = ()
) -> Iterator[tuple[str, Unpacked | RefusedFileError]]:
    """Return each list of a zip that holds several, by its name, or the error of one that cannot be unpacked.

    The limits hold for all lists together.

    Raises:
        RefusedFileError: as `unpack`, where the file as a whole is not to be trusted.
    """
    file = BytesIO(data) if isinstance(data, bytes) else data
    meter, wanted = OutputMeter(file.seek(0, 2), limits), tuple(names)
    try:
        opened = zipfile.ZipFile(file)
    except _DAMAGE as error:  # a .gz, say: the zip of several lists is inside it
        raise refusal("archive_of_several", limit=str(MOST_LISTS)) from error
    with checked_archive(opened, limits) as archive:
        lists = [entry for entry in archive.infolist() if not is_ignored(entry)]
        if not 1 < len(lists) <= MOST_LISTS:
            raise refusal("archive_of_several", limit=str(MOST_LISTS))
        for entry in lists:
            try:
                yield entry.filename, _inside(_entry(archive, entry, meter), _Opening(limits, meter, wanted), ["zip"])
            except RefusedFileError as error:
                if error.code in _REFUSE_THE_ZIP:
                    raise
                yield entry.filename, error


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, meter: OutputMeter) -> IO[bytes]:
    """Unpack an entry of a zip into a file without a name."""
    meter.require_room(entry.file_size)
    out = SpillFile()
    try:
        _copy_entry(archive, entry, out, meter)
    except RefusedFileError:
        raise
    except _DAMAGE as error:
        raise refusal("archive_damaged") from error
    return out


def _inside(file: IO[bytes], opening: "_Opening", containers: list[str]) -> Unpacked:
    """Open the containers of a file until its list is there; `containers` are those that it was in already."""
    limits = opening.limits
    while True:
        file.seek(0)
        head = file.read(8)
        if not head.startswith((_GZIP, *_ZIPS)) or (containers and containers[-1] in WORKBOOKS):
            break
        file, kind = _opened(file, head, opening)
        containers.append(kind)
        if len(containers) - (kind in WORKBOOKS) > limits.nesting:
            raise refusal("archive_nested", limit=str(limits.nesting))
    refuse_foreign(head)
    return Unpacked(file, tuple(containers), tuple(opening.left_out))


def _opened(file: IO[bytes], head: bytes, opening: _Opening) -> tuple[IO[bytes], str]:
    out = SpillFile()
    file.seek(0)
    if not head.startswith(_GZIP):
        return out, _unzip(file, out, opening)
    _gunzip(file, out, opening.limits, opening.meter)
    return out, "gz"
