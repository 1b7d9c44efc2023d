"""Walk through the chunks of a WebP file."""

from pipelines.photos.errors import ImageDamagedError
from pipelines.photos.formats.facts import Structure

_MAX_CHUNKS = 20_000
_PICTURES = {b"VP8 ", b"VP8L", b"ALPH", b"ANMF"}


def read_webp(data: bytes) -> Structure:
    """Read the structure of a WebP; nothing is decoded. Of an animation the canvas counts.

    Raises:
        ImageDamagedError: a chunk or the end is missing.
    """
    whole = 8 + int.from_bytes(data[4:8], "little")
    if whole > len(data):
        raise ImageDamagedError("its end is missing")
    position, texts, size, pictures = 12, [], None, 0
    for _ in range(_MAX_CHUNKS):
        if position + 8 > whole:
            break
        name, length = data[position : position + 4], int.from_bytes(data[position + 4 : position + 8], "little")
        body = data[position + 8 : min(position + 8 + length, whole)]
        if len(body) < length:
            raise ImageDamagedError("its end is missing")
        size = size or _size(name, body)
        pictures += name in _PICTURES
        if name not in _PICTURES:
            texts.append(body)
        position += 8 + length + length % 2
    if size is None or not pictures or position < whole - 1:
        raise ImageDamagedError("it has no picture")
    return Structure("WEBP", *size, data[:whole], b"\n".join(texts), data[whole:])


def _size(name: bytes, body: bytes) -> tuple[int, int] | None:
    if name == b"VP8X" and len(body) >= 10:
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if name == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    if name == b"VP8L" and body[:1] == b"\x2f" and len(body) >= 5:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None
