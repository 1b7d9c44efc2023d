"""Replace areas by one flat colour: a softened plate can be sharpened again, a flat one holds nothing."""

from collections.abc import Iterable

import numpy as np

from models.plates.text_detector import Pixels


def replace_areas(pixels: Pixels, boxes: Iterable[tuple[int, int, int, int]]) -> Pixels:
    """Return a copy in which each box (x1, y1, x2, y2) has the mean colour of the pixels along its edge."""
    replaced = pixels.copy()
    for x1, y1, x2, y2 in boxes:
        area = pixels[y1:y2, x1:x2]
        if area.size:
            edge = np.concatenate([area[0], area[-1], area[:, 0], area[:, -1]])
            replaced[y1:y2, x1:x2] = np.median(edge, axis=0).astype(np.uint8)
    return replaced
