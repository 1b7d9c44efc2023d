"""Walk through the segments of a JPEG: size, number of scans, metadata, and where the picture ends."""

import re

from pipelines.photos.errors import ImageDamagedError, TooManyScansError, UnsupportedImageError
from pipelines.photos.formats.facts import Structure

MAX_SCANS = 50
"""Cameras and editors write 1 to some 15. Each scan of a progressive JPEG costs the time of a whole picture."""
_MAX_SEGMENTS = 5_000
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # neither a stuffed byte nor a restart within a scan
_FILLS = re.compile(rb"\xff+")  # any number of them: a file can be nothing else, so they are not walked one by one
_WITHOUT_BODY = {0x01, *range(0xD0, 0xD8)}
_FRAMES = {0xC0, 0xC1, 0xC2}
_OTHER_FRAMES = {0xC3, *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)}
_SOS, _EOI = 0xDA, 0xD9


def read_jpeg(data: bytes) -> Structure:
    """Read the structure of a JPEG; entropy-coded data are skipped, not decoded.

    Raises:
        ImageDamagedError, TooManyScansError, UnsupportedImageError: as they say.
    """
    position, scans, size, texts = 2, 0, None, []
    for _ in range(_MAX_SEGMENTS):
        marker, position = _marker(data, position)
        if marker == _EOI:
            if size is None or not scans:
                raise ImageDamagedError("it has no picture")
            return Structure("JPEG", *size, data[:position], b"\n".join(texts), data[position:])
        if marker in _WITHOUT_BODY:
            continue
        body, position = _body(data, position)
        if marker in _OTHER_FRAMES:
            raise UnsupportedImageError("a JPEG of a rare kind (lossless or arithmetic)")
        if marker in _FRAMES:
            size = _size(body, size)
        elif marker == _SOS:
            scans += 1
            if scans > MAX_SCANS:
                raise TooManyScansError(MAX_SCANS)
            position = _end_of_scan(data, position)
        else:
            texts.append(body)
    raise ImageDamagedError("it has too many segments")


def _marker(data: bytes, position: int) -> tuple[int, int]:
    if position + 1 >= len(data):
        raise ImageDamagedError("its end is missing")
    filled = _FILLS.match(data, position)
    if filled is None:
        raise ImageDamagedError("a segment does not begin where it should")
    position = filled.end()
    if position >= len(data):
        raise ImageDamagedError("its end is missing")
    return data[position], position + 1


def _body(data: bytes, position: int) -> tuple[bytes, int]:
    length = int.from_bytes(data[position : position + 2], "big")
    if length < 2 or position + length > len(data):
        raise ImageDamagedError("its end is missing")
    return data[position + 2 : position + length], position + length


def _size(body: bytes, before: tuple[int, int] | None) -> tuple[int, int]:
    if before is not None or len(body) < 6:
        raise ImageDamagedError("its size is not given once")
    height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    if not height or not width:
        raise ImageDamagedError("its size is not given")
    return width, height


def _end_of_scan(data: bytes, position: int) -> int:
    found = _NEXT_MARKER.search(data, position)
    if found is None:
        raise ImageDamagedError("its end is missing")
    return found.start()
