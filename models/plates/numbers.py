"""Tell registration numbers from other text by their letters and digits. What was read does not leave this module.

The detector of cars knows no motorcycle, and no car from very near; their plates still read as such.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from models.plates.text_detector import TextLine

_WHOLE: Final = re.compile(r"[A-Z]{1,3}(\d{2})?\d{3,4}[A-Z]{0,2}")
_MIXED: Final = re.compile(r"^(?=.*[A-Z]).*\d.*\d")
_UPPER, _LOWER = re.compile(r"[A-Z]{2,4}(\d{2})?"), re.compile(r"\d{3,4}")
"""The two lines of a plate: letters with the year of registration or without, and the number."""
_OTHER: Final = re.compile(r"[^A-Z0-9]")
_MOST_READ: Final = 20
_ALIKE, _WIDEST_LETTER = 2.0, 1.5
"""Height of one half by the other's, at most, and width of a letter by the line's height."""
_PRICE: Final = re.compile(r"\d[.,]\d{2}\b")
_LONG, _LINES_OF_PAGE, _MOST_OF_STREET = 7.0, 3, 20
"""Width by height of a sentence; the fewest sentences of a page, whose entries may be numbers of the same form; and the
most lines of text that still are no page."""
_TALLEST_BANNER = 0.35
"""The share of the picture's height that a banner's sentences take at most; those of a page are spread over more."""


def is_page(lines: Sequence[TextLine], height: int) -> bool:
    """Tell whether the lines are those of a page or a paper `height` pixels high, not of signs, banners and plates."""
    sentences = [line.centre[1] for line in lines if line.width > _LONG * line.height]
    spread = len(sentences) >= _LINES_OF_PAGE and max(sentences) - min(sentences) > _TALLEST_BANNER * height
    return spread or len(lines) > _MOST_OF_STREET


@dataclass(frozen=True)
class TextReader:
    """Reads lines, and tells whether two stand one above the other."""

    read: Callable[[TextLine], str]
    are_stacked: Callable[[TextLine, TextLine], bool]


def numbers_among(lines: Sequence[TextLine], likely: Sequence[TextLine], reader: TextReader) -> list[TextLine]:
    """Return the lines that read as a registration number: whole, or as its two halves, one stacked on the other.

    Of those that are `likely` one, since something like a vehicle is around them, a letter and two digits are enough:
    a plate in the distance is not read rightly.
    """
    texts = [(line, _letters_and_digits(line, reader.read(line))) for line in lines[:_MOST_READ]]
    uppers, lowers = ([line for line, text in texts if form.fullmatch(text)] for form in (_UPPER, _LOWER))
    halves = [
        pair for upper in uppers for lower in lowers for pair in (upper, lower)
        if upper.centre[1] < lower.centre[1] and _are_alike(upper, lower) and reader.are_stacked(upper, lower)
    ]  # fmt: skip
    whole = [line for line, text in texts if _WHOLE.fullmatch(text) or (line in likely and _MIXED.search(text))]
    return [line for line in lines if line in whole or line in halves]


def _are_alike(one: TextLine, other: TextLine) -> bool:
    return max(one.height, other.height) <= _ALIKE * min(one.height, other.height)


def _letters_and_digits(line: TextLine, text: str) -> str:
    """Return the letters and digits alone; nothing of a price, or where few were read of a long line."""
    if _PRICE.search(text):  # its currency may read as a letter
        return ""
    kept = _OTHER.sub("", text.upper())
    return kept if line.width <= _WIDEST_LETTER * len(kept) * line.height else ""
