"""Check the directory of a zip before anything in it is opened, and tell photos and checksums from lists."""

import struct
import zipfile
from pathlib import PurePosixPath
from typing import IO

from pipelines.feeds.readers.limits import FeedLimits
from pipelines.feeds.refusal_codes import refusal

_IGNORED_SUFFIXES = (
    *(".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".heic", ".avif", ".tif", ".tiff", ".svg", ".mp4", ".mov"),
    *(".pdf", ".md5", ".sha1", ".sha256"),
)
"""Endings of files that senders pack beside the stock list: photos and checksums. They are not unpacked."""
_DIRECTORY_END = 1 << 17
_LONGEST_ENTRY = 1024
"""Bytes that one directory entry may take on average before the directory counts as too long."""


def refuse_long_directory(source: IO[bytes], limits: FeedLimits) -> None:
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


def is_ignored(entry: zipfile.ZipInfo) -> bool:
    """Return whether an entry is no list: a folder, a hidden file, a photo or a checksum."""
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return entry.is_dir() or hidden or path.suffix.lower() in _IGNORED_SUFFIXES


def checked_archive(archive: zipfile.ZipFile, limits: FeedLimits) -> zipfile.ZipFile:
    """Return the archive once each of its entries was found harmless."""
    entries = archive.infolist()
    if len(entries) > limits.entries:
        raise refusal("archive_too_many_files", limit=f"{limits.entries:,}")
    for entry in entries:
        _refuse_unsafe(entry)
    return archive
