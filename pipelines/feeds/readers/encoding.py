"""Decode bytes by byte order mark, UTF-16 pattern, strict UTF-8, or else a Windows code page in use here."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import IO, NamedTuple

from pipelines.feeds.refusal_codes import refusal

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_SAMPLE = 65_536
_BLOCK = 1 << 22
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_HIGH = re.compile(rb"[\x80-\xff]")
UNDECODED = re.compile("[\ud800-\udfff]")
"""Finds the characters that replace bytes outside the file's encoding (see `errors="surrogateescape"`)."""


@dataclass(frozen=True)
class Encoding:
    """Hold how to read a file: Python's name of the encoding, and the bytes of the byte order mark before the text."""

    name: str
    mark: int = 0


class Cut(NamedTuple):
    """State that text was left out before `position`: how many characters, and how many bytes of the file."""

    position: int
    characters: int
    size: int


@dataclass(frozen=True)
class Decoded:
    """Hold a file as text. Bytes outside the encoding become lone surrogates; `UNDECODED` finds their rows."""

    text: str
    encoding: str
    mark: int = 0
    """Bytes of the byte order mark that stood before the text."""
    cuts: tuple[Cut, ...] = ()
    """Blank lines that were left out of the text, in ascending order."""


def _blocks(file: IO[bytes], start: int) -> Iterator[bytes]:
    file.seek(start)
    while block := file.read(_BLOCK):
        yield block


def decoded_blocks(file: IO[bytes], encoding: Encoding) -> Iterator[str]:
    """Yield the text of the file, a block at a time; bytes outside the encoding become lone surrogates."""
    decoder = codecs.getincrementaldecoder(encoding.name)("surrogateescape")
    for block in _blocks(file, encoding.mark):
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _utf16_without_mark(sample: bytes, size: int) -> str | None:
    """Recognise UTF-16 by its zeros: ASCII text has one in every other byte, and which half tells the byte order."""
    sample = sample[: len(sample) - len(sample) % 2]
    half = len(sample) // 2
    if half < 4 or size % 2:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 0.6 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.6 * half and odd < 0.1 * half:
        return "utf-16-be"
    return None


def _mostly_utf8(file: IO[bytes], start: int) -> bool:
    """Return whether more lines hold valid UTF-8 sequences than broken ones: then only the broken lines are wrong."""
    good = bad = 0
    file.seek(start)
    for line in file:
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            good += 1
        except UnicodeDecodeError:
            bad += 1
    return good > bad


def _code_page(file: IO[bytes], start: int, stated: str | None) -> str:
    """Return the mapping's code page, else cp1256 where the high bytes spell Arabic or Urdu words, else cp1252."""
    file.seek(start)
    sample = file.read(_SAMPLE)
    high = b"".join(_HIGH.findall(sample))
    if not high:
        for block in _blocks(file, start):
            high += b"".join(_HIGH.findall(block))
            if len(high) >= _SAMPLE:
                break
        high = high[:_SAMPLE]
    if len(high) > 0.6 * len(sample):
        raise refusal("not_text")
    if stated is not None:
        return stated
    arabic = sum("\u0600" <= char <= "\u06ff" for char in high.decode("cp1256", "ignore"))
    pairs = len(re.findall(rb"[\xc0-\xff]{3,}", sample))
    return "cp1256" if pairs and arabic > 0.7 * len(high) else "cp1252"


def _is_all(file: IO[bytes], encoding: Encoding) -> bool:
    """Return whether every byte is text in the encoding."""
    decoder = codecs.getincrementaldecoder(encoding.name)("strict")
    try:
        for block in _blocks(file, encoding.mark):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _one_byte_or_utf8(file: IO[bytes], code_page: str | None, start: int) -> Encoding:
    if _is_all(file, utf8 := Encoding("utf-8", start)):
        return utf8
    name = "utf-8" if _mostly_utf8(file, start) else _code_page(file, start, code_page)
    if name == "cp1252":
        undefined = sum(len(_UNDEFINED.findall(block)) for block in _blocks(file, start))
        if undefined > 0.01 * (file.seek(0, 2) - start):
            raise refusal("not_text")
    return Encoding(name, start)


def _find_encoding(file: IO[bytes], code_page: str | None) -> Encoding:
    file.seek(0)
    sample = file.read(_SAMPLE)
    for mark, name in _MARKS:
        if sample.startswith(mark):
            if name == "utf-8":
                return _one_byte_or_utf8(file, code_page, len(mark))
            encoding = Encoding(name, len(mark))
            break
    else:
        utf16 = _utf16_without_mark(sample, file.seek(0, 2))
        if utf16 is None:
            if len(_CONTROL.findall(sample)) > 0.05 * len(sample):
                raise refusal("not_text")
            return _one_byte_or_utf8(file, code_page, 0)
        encoding = Encoding(utf16)
    if not _is_all(file, encoding):
        raise refusal("not_text")
    return encoding


def find_encoding(file: IO[bytes], code_page: str | None = None) -> Encoding:
    """Find how to read a file; the whole of it is looked at, block by block.

    Raises:
        RefusedFileError: `empty_file` or `not_text`.
    """
    encoding = _find_encoding(file, code_page)
    if all(not text or text.isspace() for text in decoded_blocks(file, encoding)):
        raise refusal("empty_file")
    return encoding


def decode(data: bytes, code_page: str | None = None) -> Decoded:
    """Decode a file; `code_page` is the encoding of a file that is not Unicode.

    Raises:
        RefusedFileError: `empty_file` or `not_text`.
    """
    encoding = find_encoding(BytesIO(data), code_page)
    return Decoded(data[encoding.mark :].decode(encoding.name, "surrogateescape"), encoding.name, encoding.mark)
