"""Find files that are an image and something else at once: pages, scripts, programs, archives.

The variants are drawn anew from pixels and hold none of it; such a file is refused since nobody makes one by accident.
"""

import re

from pipelines.photos.errors import HiddenContentError
from pipelines.photos.formats.facts import Structure

_PAGES = re.compile(rb"<script|<\?php|<html|<!doctype|<svg|<iframe|%pdf-|\x2a/\s*=", re.IGNORECASE)
_PROGRAMS = (b"MZ", b"\x7fELF", b"Rar!\x1a", b"7z\xbc\xaf\x27", b"#!/", b"\xca\xfe\xba\xbe", b"PK\x03\x04")
_ZIP_END = b"PK\x05\x06"
_ZIP_TAIL = 22 + 65_535  # an archive is found by its end, which is as long as this at most


def refuse_hidden_content(data: bytes, structure: Structure) -> None:
    """Refuse an image whose file is a page, a script, a program or an archive too.

    Bytes after the end of the picture are allowed by themselves: phones put a second picture, a film or a map of
    brightness there.

    Raises:
        HiddenContentError: with what was found.
    """
    if _PAGES.search(structure.texts) or _PAGES.search(structure.trailer) or _PAGES.search(data[:1024]):
        raise HiddenContentError("a web page or a script")
    if structure.trailer.lstrip(b"\0\r\n ").startswith(_PROGRAMS):
        raise HiddenContentError("a program or an archive")
    if _ZIP_END in data[-_ZIP_TAIL:] and b"PK\x01\x02" in data:
        raise HiddenContentError("an archive")
