"""Walk through the chunks of a PNG, and leave out those that a decoder would unpack for nothing."""

import struct

from pipelines.photos.errors import ImageDamagedError
from pipelines.photos.formats.facts import Structure

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_CHUNKS = 20_000
_NEEDED = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"eXIf"}
"""The first picture, its colours, and which way it is up. Texts (which may be packed bombs) and frames are left out."""


def read_png(data: bytes) -> Structure:
    """Read the structure of a PNG; nothing is unpacked.

    Raises:
        ImageDamagedError: a chunk or the end is missing.
    """
    position, kept, texts, size, pictures = len(SIGNATURE), [SIGNATURE], [], None, 0
    for number in range(_MAX_CHUNKS):
        length, name = _head(data, position)
        end = position + 12 + length
        if end > len(data):
            raise ImageDamagedError("its end is missing")
        if (name == b"IHDR") != (number == 0):
            raise ImageDamagedError("its header is not at its beginning")
        if name == b"IHDR":
            size = _size(data[position + 8 : position + 16]) if length == 13 else (0, 0)
        pictures += name == b"IDAT"
        if name in _NEEDED:
            kept.append(data[position:end])
        if name != b"IDAT":
            texts.append(data[position + 8 : end - 4])
        position = end
        if name == b"IEND":
            if size is None or not all(size) or not pictures:
                raise ImageDamagedError("it has no picture")
            return Structure("PNG", *size, b"".join(kept), b"\n".join(texts), data[position:])
    raise ImageDamagedError("it has too many chunks")


def _size(body: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", body)
    return width, height


def _head(data: bytes, position: int) -> tuple[int, bytes]:
    if position + 8 > len(data):
        raise ImageDamagedError("its end is missing")
    return int.from_bytes(data[position : position + 4], "big"), data[position + 4 : position + 8]
