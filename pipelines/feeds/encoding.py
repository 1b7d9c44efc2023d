"""Bytes to text, saying how: byte order mark, UTF-16 pattern, strict UTF-8, then the Windows code pages in use here."""

import codecs
import re
from dataclasses import dataclass, replace

from core.errors import RefusedFileError
from pipelines.feeds.refusals import refusal

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_SAMPLE = 65_536
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_HIGH = re.compile(rb"[\x80-\xff]")
UNDECODED = re.compile("[\ud800-\udfff]")
"""Finds what stands for bytes that no encoding of the file explains (see `errors="surrogateescape"`)."""


@dataclass(frozen=True)
class Decoded:
    """A file as text. Bytes outside the encoding stand in it as lone surrogates: `UNDECODED` finds their rows."""

    text: str
    encoding: str
    mark: int = 0
    """Bytes of the byte order mark that stood before the text."""


def _refuse() -> RefusedFileError:
    return refusal("not_text")


def _utf16_without_mark(data: bytes) -> str | None:
    """ASCII text in UTF-16 has a zero in every other byte; which half tells the byte order."""
    sample = data[: _SAMPLE - _SAMPLE % 2]
    half = len(sample) // 2
    if half < 4 or len(data) % 2:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 0.6 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.6 * half and odd < 0.1 * half:
        return "utf-16-be"
    return None


def _mostly_utf8(data: bytes) -> bool:
    """Whether more lines have real UTF-8 sequences than have broken ones: then the broken ones are the fault."""
    good = bad = 0
    for line in data.split(b"\n"):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            good += 1
        except UnicodeDecodeError:
            bad += 1
    return good > bad


def _code_page(data: bytes, stated: str | None) -> str:
    """The one that the mapping states; else cp1256 where the high bytes spell Arabic or Urdu words, else cp1252."""
    high = b"".join(_HIGH.findall(data[:_SAMPLE]))
    if not high:
        high = b"".join(_HIGH.findall(data)[:_SAMPLE])
    if len(high) > 0.6 * min(len(data), _SAMPLE):
        raise _refuse()
    if stated is not None:
        return stated
    arabic = sum("\u0600" <= char <= "\u06ff" for char in high.decode("cp1256", "ignore"))
    pairs = len(re.findall(rb"[\xc0-\xff]{3,}", data[:_SAMPLE]))
    return "cp1256" if pairs and arabic > 0.7 * len(high) else "cp1252"


def _decode_as(data: bytes, encoding: str, mark: int = 0) -> Decoded:
    try:
        return Decoded(data.decode(encoding), encoding, mark)
    except UnicodeDecodeError as error:
        raise _refuse() from error


def _decode(data: bytes, code_page: str | None) -> Decoded:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            body = data[len(mark) :]
            if encoding == "utf-8":
                return replace(_decode_utf8(body, code_page), mark=len(mark))
            return _decode_as(body, encoding, len(mark))
    if utf16 := _utf16_without_mark(data):
        return _decode_as(data, utf16)
    sample = data[:_SAMPLE]
    if len(_CONTROL.findall(sample)) > 0.05 * len(sample):
        raise _refuse()
    return _decode_utf8(data, code_page)


def _decode_utf8(data: bytes, code_page: str | None) -> Decoded:
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        pass
    encoding = "utf-8" if _mostly_utf8(data) else _code_page(data, code_page)
    if encoding == "cp1252" and len(re.findall(rb"[\x81\x8d\x8f\x90\x9d]", data)) > 0.01 * len(data):
        raise _refuse()
    return Decoded(data.decode(encoding, "surrogateescape"), encoding)


def decode(data: bytes, code_page: str | None = None) -> Decoded:
    """The file's text and the encoding it was read by; `code_page` is what a file that is not Unicode is read as.

    Raises:
        RefusedFileError: `empty_file` or `not_text`.
    """
    decoded = _decode(data, code_page)
    if not decoded.text or decoded.text.isspace():
        raise refusal("empty_file")
    return decoded
