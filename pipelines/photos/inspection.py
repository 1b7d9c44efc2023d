"""Tell what some bytes are, and refuse them before anything is decoded: by type, size in pixels, scans, content."""

from dataclasses import dataclass

from pipelines.photos.errors import (
    EmptyImageError,
    HeicNotSupportedError,
    ImageTooSmallError,
    ImageTypeDiffersError,
    TooManyPixelsError,
    UnsupportedImageError,
)
from pipelines.photos.formats.facts import Kind, Structure
from pipelines.photos.formats.hidden import refuse_hidden_content
from pipelines.photos.formats.jpeg import read_jpeg
from pipelines.photos.formats.png import SIGNATURE, read_png
from pipelines.photos.formats.webp import read_webp

MAX_PIXELS: dict[Kind, int] = {"JPEG": 50_500_000, "PNG": 16_800_000, "WEBP": 8_400_000}
"""The most pixels that decode within `developing.MEMORY_BYTES`: a large JPEG at half its size, a WebP five times."""
MAX_SIDE, MIN_SIDE = 16_000, 64
CONTENT_TYPES: dict[Kind, str] = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
_NAMED = (
    (b"GIF8", "a GIF image"),
    (b"BM", "a bitmap"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL image"),
    (b"\x00\x00\x00\x0cjP", "a JPEG 2000 image"),
)


@dataclass(frozen=True)
class Inspected:
    """An image whose structure was found sound; `data` are the bytes for the decoder."""

    kind: Kind
    width: int
    height: int
    data: bytes


def inspect_image(data: bytes, announced: str | None = None) -> Inspected:
    """Inspect an image by its content, whatever its name or its sender says.

    Args:
        data: the file as it came.
        announced: the content type that its sender announced, if any.

    Raises:
        ImageRefusedError: with the code of the reason.
    """
    structure = _structure(data)
    if announced is not None and announced != CONTENT_TYPES[structure.kind]:
        raise ImageTypeDiffersError(structure.kind, announced)
    width, height, most = structure.width, structure.height, MAX_PIXELS[structure.kind]
    if width * height > most or max(width, height) > MAX_SIDE:
        raise TooManyPixelsError(width, height, most)
    if min(width, height) < MIN_SIDE:
        raise ImageTooSmallError(width, height, MIN_SIDE)
    refuse_hidden_content(data, structure)
    return Inspected(structure.kind, width, height, structure.decodable)


def _structure(data: bytes) -> Structure:
    if not data:
        raise EmptyImageError
    if data.startswith(b"\xff\xd8\xff"):
        return read_jpeg(data)
    if data.startswith(SIGNATURE):
        return read_png(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return read_webp(data)
    raise _refused_by_type(data[:1024])


def _refused_by_type(head: bytes) -> HeicNotSupportedError | UnsupportedImageError:
    if head[4:8] == b"ftyp":
        brands = {head[8:12], *(head[at : at + 4] for at in range(16, min(head[3], 64), 4))}
        if b"avif" not in brands and brands & _HEIC:
            return HeicNotSupportedError()
        return UnsupportedImageError("an AVIF image" if b"avif" in brands else "a film")
    named = next((name for start, name in _NAMED if head.startswith(start)), None)
    if named is None and b"<" in head and b"\0" not in head:
        named = "a drawing or a page (SVG, XML or HTML)"
    return UnsupportedImageError(named or "of an unknown type")
