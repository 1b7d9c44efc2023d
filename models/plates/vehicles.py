"""Find cars and other vehicles: an SSD MobileNetV2 of Open Images, which is fetched by `make photo-models`.

Source of the anchors and the decoding: the published graph of MediaPipe Objectron (strides 16 to 512, scales .2 to
.95, offsets .5, one anchor more a layer between its scale and the next one's).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from math import ceil, sqrt
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.plates.text_detector import Pixels
from models.plates.weights import check_car_file

_SIDE, _STRIDES = 300, (16, 32, 64, 128, 256, 512)
_VEHICLE, _CAR = 18, 23  # places in the detector's list of classes

FOUND = 0.25
"""A box counts as a vehicle from here on."""
_OVERLAP = 0.5


@dataclass(frozen=True)
class Vehicle:
    """A vehicle's box in pixels of the picture."""

    box: tuple[float, float, float, float]
    confidence: float


def largest_box(vehicles: Iterable[Vehicle]) -> tuple[float, float, float, float] | None:
    """Return the box of the vehicle that takes the most of the picture; None where there is none."""
    boxes = (vehicle.box for vehicle in vehicles)
    return max(boxes, key=lambda box: (box[2] - box[0]) * (box[3] - box[1]), default=None)


class VehicleDetector:
    """The detector, opened once and used for many pictures."""

    def __init__(self, file: Path, threads: int = 1) -> None:
        from ai_edge_litert.interpreter import Interpreter

        data = file.read_bytes()
        check_car_file(data)
        self._engine = Interpreter(model_content=data, num_threads=threads)
        self._engine.allocate_tensors()
        self._given = self._engine.get_input_details()[0]["index"]
        self._boxes, self._classes = (each["index"] for each in self._engine.get_output_details())
        self._anchors = _anchors()

    def look(self, pixels: Pixels) -> tuple[float, list[Vehicle]]:
        """Return how sure the detector is of a vehicle anywhere (0 to 1), and the vehicles, the surest first."""
        height, width = pixels.shape[:2]
        small = cv2.resize(pixels, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 127.5 - 1.0
        self._engine.set_tensor(self._given, small[None])
        self._engine.invoke()
        logits = self._engine.get_tensor(self._classes)[0][:, [_VEHICLE, _CAR]].max(1)
        scores = 1 / (1 + np.exp(-logits))
        boxes = _decoded(self._engine.get_tensor(self._boxes)[0], self._anchors) * (width, height, width, height)
        return float(scores.max()), _separate(boxes, scores)


def open_vehicle_detector(file: Path, threads: int = 1) -> VehicleDetector | None:
    """Open the detector; None where its file was not fetched or its engine is not installed: the car gate is off."""
    if not file.exists():
        return None
    try:
        return VehicleDetector(file, threads)
    except ImportError:
        return None


def _anchors() -> NDArray[np.float32]:
    """Return the 1,917 anchors as rows of centre x, centre y, width, height, in shares of the picture."""
    count = len(_STRIDES)
    scales = [0.2 + 0.75 * layer / (count - 1) for layer in range(count)] + [1.0]
    rows = []
    for layer, stride in enumerate(_STRIDES):
        scale, between = scales[layer], sqrt(scales[layer] * scales[layer + 1])
        shapes = [(scale, ratio) for ratio in (1, 2, 0.5, 3, 0.3333)] + [(between, 1)]
        if layer == 0:
            shapes = [(0.1, 1), (scale, 2), (scale, 0.5)]
        cells = ceil(_SIDE / stride)
        rows += [
            ((x + 0.5) / cells, (y + 0.5) / cells, size * sqrt(ratio), size / sqrt(ratio))
            for y, x, (size, ratio) in product(range(cells), range(cells), shapes)
        ]
    return np.array(rows, np.float32)


def _decoded(raw: NDArray[np.float32], anchors: NDArray[np.float32]) -> NDArray[np.float32]:
    centre = raw[:, [1, 0]] / 10 * anchors[:, 2:] + anchors[:, :2]
    half = np.exp(np.clip(raw[:, [3, 2]] / 5, -8, 8)) * anchors[:, 2:] / 2
    corners: NDArray[np.float32] = np.clip(np.hstack([centre - half, centre + half]), 0, 1)
    return corners


def _separate(boxes: NDArray[Any], scores: NDArray[Any]) -> list[Vehicle]:
    """Keep the surest of boxes that overlap."""
    sure = np.flatnonzero(scores >= FOUND)
    upright = [[float(x1), float(y1), float(x2 - x1), float(y2 - y1)] for x1, y1, x2, y2 in boxes[sure]]
    kept = cv2.dnn.NMSBoxes(upright, [float(each) for each in scores[sure]], FOUND, _OVERLAP)
    chosen = [int(sure[each]) for each in np.array(kept, int).ravel()]
    return [Vehicle(tuple(float(side) for side in boxes[each]), float(scores[each])) for each in chosen]  # type: ignore[arg-type]
