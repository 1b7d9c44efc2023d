"""The facts about an image file that are read from its structure, without decoding it."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["JPEG", "PNG", "WEBP"]


@dataclass(frozen=True)
class Structure:
    """The type of an image, its size in pixels, and the parts of the file in which something else could hide.

    `decodable` are the bytes for the decoder; `texts` the metadata, `trailer` the bytes behind the image's end.
    """

    kind: Kind
    width: int
    height: int
    decodable: bytes
    texts: bytes
    trailer: bytes
