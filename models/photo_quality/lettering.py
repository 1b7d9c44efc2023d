"""Tell text that was laid over a photo, and the text of papers, from signs and badges that were photographed.

Text that apps lay over photos is light, on whatever the photo shows there; that of papers is dark on light.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.photo_quality.sharpness import Grey
from models.plates.text_detector import TextLine

_LEVEL: Final = 2.5  # degrees: text is laid over a photo level, or at a slant that no sign has
_BUSY: Final = 8.0
_WIDE: Final = 0.08
_LIGHT: Final = 70.0  # between ink and paper
_MARGIN: Final = 0.2
_MOST: Final = 40


@dataclass(frozen=True)
class Lettering:
    """Counts of the lines of text laid over a photo, and of those dark on light as on paper."""

    laid_over: int
    on_paper: int


def measure_lettering(grey: Grey, lines: Iterable[TextLine], scale: float) -> Lettering:
    """Measure lines of text in a grey picture that is `scale` times as large as the one they were found in."""
    laid_over = on_paper = 0
    for line in list(lines)[:_MOST]:
        area = _area(grey, line, scale, _MARGIN)
        if min(area.shape) < 6:
            continue
        level, inked = cv2.threshold(area, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
        bright, dark = area[inked == 1], area[inked == 0]
        if not bright.size or not dark.size or float(bright.mean()) - float(dark.mean()) < 14:
            continue
        around = _area(grey, line, scale, 0.0)
        edge = np.concatenate([around[0], around[-1], around[:, 0], around[:, -1]])
        if float(np.median(edge)) > level:  # around the letters is light
            on_paper += int(level > _LIGHT and line.width >= 2.2 * line.height)
        elif line.width * scale >= _WIDE * grey.shape[1] and abs(line.angle) <= _LEVEL:
            laid_over += int(_spread(dark) > _BUSY)
    return Lettering(laid_over, on_paper)


def _area(grey: Grey, line: TextLine, scale: float, margin_share: float) -> Grey:
    """Return the pixels of a line without a margin around its letters, where another ground may begin."""
    left, top, right, bottom = (side * scale for side in line.box)
    margin = margin_share * line.height * scale
    return grey[
        max(0, round(top + margin)) : round(bottom - margin), max(0, round(left + margin)) : round(right - margin)
    ]


def _spread(ground: NDArray[np.uint8]) -> float:
    """Return the spread of the middle eighty per cent, as a deviation."""
    low, high = np.percentile(ground, (10, 90))
    return float(high - low) / 2.56
