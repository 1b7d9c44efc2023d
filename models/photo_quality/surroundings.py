"""Represent the findings of the plate search that judging uses, so that nothing is searched for twice."""

from dataclasses import dataclass
from typing import Self

from models.plates.finding import Findings, Plate
from models.plates.text_detector import TextLine
from models.plates.vehicles import Vehicle

_MOST_PLATES = 3
"""Without the car gate, lines of a paper are taken for plates."""


@dataclass(frozen=True)
class Surroundings:
    """Facts about a photo beside its pixels; boxes are in its pixels.

    `vehicle` is None where the car gate is off. `file_size` is the width and height of the file as it came, upright.
    `contact` tells that a number or an address to call was read on it (`models.photo_quality.contact`).
    """

    vehicle: float | None
    vehicles: tuple[Vehicle, ...]
    texts: tuple[TextLine, ...]
    plates: tuple[Plate, ...]
    file_size: tuple[int, int]
    contact: bool = False

    @classmethod
    def of(cls, findings: Findings, file_size: tuple[int, int], *, contact: bool = False) -> Self:
        """Convert the findings of the plate search."""
        return cls(findings.vehicle, findings.vehicles, findings.texts, findings.plates, file_size, contact)

    def other_texts(self) -> list[TextLine]:
        """Return the lines of text that are no plates; where there are too many plates to be some, all lines."""
        if len(self.plates) > _MOST_PLATES:
            return list(self.texts)
        return [line for line in self.texts if not any(_inside(line, plate.box) for plate in self.plates)]


def _inside(line: TextLine, box: tuple[int, int, int, int]) -> bool:
    x, y = line.centre
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]
