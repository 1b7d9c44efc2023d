"""Find lines of text in a picture: the text detector PP-OCRv4 with its differentiable binarisation."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.plates.weights import DETECTOR, open_onnx

Pixels = NDArray[np.uint8]
LONGEST_SIDE = 800
_MAP_THRESHOLD, _BOX_THRESHOLD, _GROWTH = 0.25, 0.45, 1.6
_MOST_LINES = 200


@dataclass(frozen=True)
class TextLine:
    """A line of text as a rotated rectangle in pixels of the picture; `angle` in degrees from the horizontal."""

    centre: tuple[float, float]
    width: float
    height: float
    angle: float
    confidence: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The upright rectangle around it."""
        points = cv2.boxPoints((self.centre, (self.width, self.height), self.angle))
        (x1, y1), (x2, y2) = points.min(0), points.max(0)
        return float(x1), float(y1), float(x2), float(y2)

    def cut_from(self, pixels: Pixels) -> Pixels:
        """Return the line's own pixels, turned level."""
        matrix = cv2.getRotationMatrix2D(self.centre, self.angle, 1.0)
        matrix[:, 2] = matrix[:, 2] + (self.width / 2 - self.centre[0], self.height / 2 - self.centre[1])
        size = (max(2, round(self.width)), max(2, round(self.height)))
        return cv2.warpAffine(
            pixels, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        ).astype(np.uint8, copy=False)  # fmt: skip


class TextDetector:
    """The detector, opened once and used for many pictures."""

    def __init__(self, threads: int = 1) -> None:
        self._session = open_onnx(DETECTOR, threads)

    def lines(self, pixels: Pixels, longest: int = LONGEST_SIDE) -> list[TextLine]:
        """Find lines of text in RGB pixels, the surest first.

        The detector is given brightness alone: a picture and the same one in grey have the same lines, and on real
        photos it finds as many plates as with colours.
        """
        height, width = pixels.shape[:2]
        scale = longest / max(height, width)
        sized = [max(32, round(each * scale / 32) * 32) for each in (width, height)]
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        small = cv2.resize(pixels, (sized[0], sized[1]), interpolation=way)
        grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32) / 127.5 - 1.0
        given = np.repeat(grey[None, None], 3, axis=1)
        answer: Any = self._session.run(None, {self._session.get_inputs()[0].name: given})[0]
        return _lines(answer[0, 0], width / sized[0], height / sized[1])


def _lines(likely: NDArray[np.float32], across: float, down: float) -> list[TextLine]:
    mask = (likely > _MAP_THRESHOLD).astype(np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in sorted(contours, key=len, reverse=True)[:_MOST_LINES]:
        line = _line(likely, contour, across, down)
        if line is not None:
            found.append(line)
    return sorted(found, key=lambda line: -line.confidence)


def _line(likely: NDArray[np.float32], contour: cv2.typing.MatLike, across: float, down: float) -> TextLine | None:
    (x, y), (width, height), angle = cv2.minAreaRect(contour)
    if min(width, height) < 2:
        return None
    left, top, wide, high = cv2.boundingRect(contour)
    filled = np.zeros((high, wide), np.uint8)
    cv2.fillPoly(filled, [contour - (left, top)], 1)
    confidence = float(cv2.mean(likely[top : top + high, left : left + wide], filled)[0])
    if confidence < _BOX_THRESHOLD:
        return None
    grown = width * height * _GROWTH / (2 * (width + height))
    width, height = width + 2 * grown, height + 2 * grown
    if height > width:
        width, height, angle = height, width, angle - 90
    scale = (across * down) ** 0.5  # the two differ by the rounding to 32 pixels alone
    angle = (angle + 90) % 180 - 90
    return TextLine((x * across, y * down), width * scale, height * scale, angle, confidence)
