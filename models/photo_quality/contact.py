"""Read lines of text that are no plates, to tell whether a number to call or an address stands on a photo.

What is read is not kept: only whether it is one leaves this module.
"""

import re
from collections.abc import Callable
from typing import Final

import numpy as np

from models.plates.finding import Findings
from models.plates.text_detector import Pixels, TextLine

_MOST_READ: Final = 6
_SLIMMEST: Final = 4.0  # width by height: a number to call has eleven digits
_NUMBER: Final = re.compile(r"(?:\+?92|0)3\d{9}|0\d{9,10}")
_ADDRESS: Final = re.compile(r"www\.|https?:|\.com|\.pk\b|\w@\w|whatsapp", re.IGNORECASE)
_LOOKALIKES: Final = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1", "|": "1", "S": "5", "B": "8"})


def is_contact(text: str) -> bool:
    """Tell whether text has a number to call or an address; letters that are read for digits count as these."""
    if _ADDRESS.search(text):
        return True
    likely = text if sum(letter.isdigit() for letter in text) >= 7 else ""
    digits = re.sub(r"[^\d]", "", likely.translate(_LOOKALIKES))
    return _NUMBER.search(digits) is not None


def shows_contact(pixels: Pixels, findings: Findings, read: Callable[[Pixels], str]) -> bool:
    """Tell whether one of the longest lines that are no plates is a number to call or an address."""
    others = [line for line in findings.texts if not any(_overlaps(line, plate.box) for plate in findings.plates)]
    slim = [line for line in others if line.width >= _SLIMMEST * line.height]
    longest = sorted(slim, key=lambda line: -line.width)[:_MOST_READ]
    return any(is_contact(read(_cut(pixels, line))) for line in longest)


def _overlaps(line: TextLine, box: tuple[int, int, int, int]) -> bool:
    left, top, right, bottom = line.box
    return left < box[2] and right > box[0] and top < box[3] and bottom > box[1]


def _cut(pixels: Pixels, line: TextLine) -> Pixels:
    height, width = pixels.shape[:2]
    left, top, right, bottom = line.box
    area = pixels[max(0, int(top)) : min(height, int(bottom) + 1), max(0, int(left)) : min(width, int(right) + 1)]
    return area if area.size else np.zeros((8, 8, 3), np.uint8)
