"""Find number plates: text of a plate's shape on a vehicle (the car gate), and what reads as a number elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from models.plates.numbers import TextReader, is_page, numbers_among
from models.plates.recogniser import TextRecogniser
from models.plates.text_detector import Pixels, TextDetector, TextLine
from models.plates.vehicles import Vehicle, VehicleDetector

GATE = 0.43
"""The least probability of a vehicle at which all text of a plate's shape on it is covered: halfway between the surest
photo without a vehicle and the least sure photo of a listing."""
LIKELY = 0.30
"""The least probability at which something like a vehicle is there."""
_ASPECTS, _WIDTHS, _STEEPEST = (1.0, 9.0), (0.02, 0.65), 40.0
"""Of a line of text: width by height, width as a share of the picture's, and the largest angle in degrees."""
_AROUND_CAR = 0.08
"""The margin around a vehicle's box, as a share of the picture."""
_PADDING = (0.55, 0.60)
"""Padding left and right, above and below, as shares of the line's height: letters do not reach the plate's edge."""
_STACKED = 0.6
"""Share of the narrower line that lies under the other one."""


@dataclass(frozen=True)
class Plate:
    """A plate's padded box (x1, y1, x2, y2) in pixels of the picture."""

    box: tuple[int, int, int, int]
    confidence: float


@dataclass(frozen=True)
class Findings:
    """The plates of a photo, the probability of a vehicle (None where the car gate is off), vehicles, and all texts."""

    plates: tuple[Plate, ...]
    vehicle: float | None
    vehicles: tuple[Vehicle, ...]
    texts: tuple[TextLine, ...]


class PlateFinder:
    """Find plates with two detectors, of vehicles and of text, opened once and used for many pictures."""

    def __init__(self, vehicles: VehicleDetector | None, threads: int = 1) -> None:
        self._vehicles, self._texts, self._threads = vehicles, TextDetector(threads), threads
        self._recogniser: TextRecogniser | None = None

    def find(self, pixels: Pixels) -> Findings:
        """Find plates in upright RGB pixels.

        Where the car gate is on, text off the vehicles, or in a photo without one, is a plate only where it reads as a
        registration number; on what is only likely a vehicle, where it has letters and digits.
        """
        texts = self._texts.lines(pixels)
        size = (pixels.shape[1], pixels.shape[0])
        shaped = [line for line in texts if _is_shaped(line, size[0])]
        if self._vehicles is None:
            return Findings(_plates(shaped, size), None, (), tuple(texts))
        sure, vehicles = self._vehicles.look(pixels)
        near = [line for line in shaped if sure >= LIKELY and _is_at_vehicle(line, vehicles, size)]
        on = near if sure >= GATE else []
        off = [] if is_page(texts, size[1]) else [line for line in shaped if line not in on]
        reader = TextReader(lambda line: self.read(line.cut_from(pixels)), partial(_are_stacked_lines, size))
        numbers = numbers_among(off, near, reader)
        plates = _plates([line for line in shaped if line in on or line in numbers], size)
        return Findings(plates, sure, tuple(vehicles), tuple(texts))

    def read(self, line: Pixels) -> str:
        """Read a picture of one line; the recogniser is opened with the first one."""
        self._recogniser = self._recogniser or TextRecogniser(self._threads)
        return self._recogniser.read(line)


def _plates(lines: Sequence[TextLine], size: tuple[int, int]) -> tuple[Plate, ...]:
    return _joined([Plate(_padded(line, *size), round(line.confidence, 3)) for line in lines])


def _joined(plates: Sequence[Plate]) -> tuple[Plate, ...]:
    """Join pairs of lines, since a shorter second line leaves the plate's corners out; longer texts stay lines."""
    beside = [[each for each in plates if each is not plate and _are_stacked(plate.box, each.box)] for plate in plates]
    joined = list[Plate]()
    for plate, others in zip(plates, beside, strict=True):
        if len(others) != 1 or len(beside[plates.index(others[0])]) != 1:
            joined.append(plate)
        elif plates.index(plate) < plates.index(others[0]):
            left, top, right, bottom = zip(plate.box, others[0].box, strict=True)
            box = (min(left), min(top), max(right), max(bottom))
            joined.append(Plate(box, max(plate.confidence, others[0].confidence)))
    return tuple(joined)


def _are_stacked(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    """Tell whether two padded lines touch one above the other."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return down > 0 and across >= _STACKED * min(one[2] - one[0], other[2] - other[0])


def _are_stacked_lines(size: tuple[int, int], one: TextLine, other: TextLine) -> bool:
    return _are_stacked(_padded(one, *size), _padded(other, *size))


def _is_shaped(line: TextLine, width: int) -> bool:
    aspect = line.width / max(line.height, 1e-6)
    return (
        _ASPECTS[0] <= aspect <= _ASPECTS[1]
        and _WIDTHS[0] <= line.width / width <= _WIDTHS[1]
        and abs(line.angle) <= _STEEPEST
    )


def _is_at_vehicle(line: TextLine, vehicles: Sequence[Vehicle], size: tuple[int, int]) -> bool:
    """Tell whether the line's centre is on a vehicle, some margin included; without boxes every place counts."""
    margin = (_AROUND_CAR * size[0], _AROUND_CAR * size[1])
    x, y = line.centre
    inside = (
        x1 - margin[0] <= x <= x2 + margin[0] and y1 - margin[1] <= y <= y2 + margin[1]
        for x1, y1, x2, y2 in (vehicle.box for vehicle in vehicles)
    )  # fmt: skip
    return not vehicles or any(inside)


def _padded(line: TextLine, width: int, height: int) -> tuple[int, int, int, int]:
    x1, y1, x2, y2 = line.box
    across, down = _PADDING[0] * line.height, _PADDING[1] * line.height
    left, top, right, bottom = (round(each) for each in (x1 - across, y1 - down, x2 + across, y2 + down))
    return max(0, left), max(0, top), min(width, right), min(height, bottom)
