"""Represent a photo by the values that recognise it. Imports no engine, so that storing it loads none."""

from dataclasses import dataclass
from zlib import crc32

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Description:
    """The values by which a photo is recognised.

    `usable` is False for plain pictures, placeholders and drawings on a plain ground, which many ads share: they
    have no hashes and no words, and match nothing. `hashes` are of the whole photo and of it mirrored and, where its
    car is known, of the car and of it mirrored. `words` find candidates, `features` prove them (points, their
    surroundings and a small grey picture).
    """

    version: str
    usable: bool
    hashes: tuple[int, ...]
    words: tuple[int, ...]
    features: bytes


def version_number(version: str) -> int:
    """Return a short number for a version, so that rows of tokens stay small."""
    return crc32(version.encode()) & 0x7FFFFFFF
