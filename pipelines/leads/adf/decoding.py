"""Decode documents that name their encoding wrongly, or not at all."""

import codecs
import re
from typing import Final

from core.errors import InvalidInputError

MOST_BYTES: Final = 1_048_576
_KNOWN: Final = frozenset(
    {"utf-8", "ascii", "iso8859-1", "iso8859-15", "cp1252", "cp1256", "utf-16", "utf-16-le", "utf-16-be"}
)
"""Encodings that are believed when they are named; Windows-1256 is that of older systems for Urdu."""
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[^\w>]{0,4}([\w.:-]{1,40})", re.IGNORECASE)
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class AdfTooLargeError(InvalidInputError):
    """A document or mail is larger than any lead is."""

    code = "adf_too_large"

    def __init__(self) -> None:
        super().__init__(f"A lead has at most {MOST_BYTES:,} bytes, its mail and attachments included.")


def decoded(raw: bytes, named: str | None = None) -> str:
    """Return the text of a document: by its mark, the encoding named by the mail or by itself, UTF-8, Windows-1252.

    Raises:
        AdfTooLargeError: it has more than 1 MiB.
    """
    if len(raw) > MOST_BYTES:
        raise AdfTooLargeError
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return clean(raw[len(mark) :].decode(encoding, "replace"))
    declared = _DECLARED.search(raw[:1_000])
    names = (None if declared is None else declared[1].decode("ascii", "replace"), named, "utf-8")
    for name in names:
        text = _strictly(raw, name)
        if text is not None:
            return clean(text)
    return clean(raw.decode("cp1252", "replace"))


def clean(text: str) -> str:
    """Return a text without the characters that XML forbids (NUL, half characters), with one kind of line end."""
    return _FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _strictly(raw: bytes, name: str | None) -> str | None:
    try:
        encoding = codecs.lookup(name or "").name
    except (LookupError, ValueError):  # ValueError: a NUL in the name
        return None
    wide = encoding.startswith("utf-16")
    if encoding not in _KNOWN or wide != (b"\0" in raw[:200]):
        return None
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None
