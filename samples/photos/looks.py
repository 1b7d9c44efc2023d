"""Decide how an invented car looks: the same number is the same car, with its own scratches and stickers."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from samples.photos.canvas import Colour

BODIES: Final = ("sedan", "hatchback", "suv", "van", "pickup")
PAINTS: Final[tuple[Colour, ...]] = (
    (238, 238, 236), (20, 20, 24), (190, 193, 198), (95, 98, 104), (25, 55, 120), (140, 20, 28), (90, 20, 30),
    (60, 80, 60), (205, 190, 160), (120, 85, 50),
)  # fmt: skip
_PAINT_SHARES: Final = (0.34, 0.13, 0.15, 0.1, 0.07, 0.06, 0.04, 0.03, 0.05, 0.03)
HEIGHTS: Final = {"sedan": 0.74, "hatchback": 0.8, "suv": 0.92, "van": 1.05, "pickup": 0.9}
"""Height of a car seen from before or behind, by its width."""
LENGTHS: Final = {"sedan": 0.33, "hatchback": 0.39, "suv": 0.41, "van": 0.47, "pickup": 0.36}
"""Height of a car seen from its side, by its length."""


@dataclass(frozen=True)
class Look:
    """A car's shape and colour. Numbers without a unit are of 0 to 1 and vary one thing each."""

    seed: int
    body: str
    paint: Colour
    lamp: float
    grille: int
    badge: int
    bumper: float
    roof: float
    spokes: int
    name: str
    marks: tuple[tuple[float, float, float, float], ...]
    """Scratches and stickers: x, y, size, shade, in the car's own coordinates."""


def look_of(car: int, paint: Colour | None = None) -> Look:
    """Return the look of a car; `paint` overrules its colour."""
    rng = np.random.default_rng([car, 11])
    drawn = PAINTS[rng.choice(len(PAINTS), p=_PAINT_SHARES)]
    marks = tuple(
        (float(rng.uniform(0.08, 0.92)), float(rng.uniform(0.3, 0.9)), float(rng.uniform(0.004, 0.025)),
         float(rng.uniform(-1, 1))) for _ in range(rng.integers(4, 12))
    )  # fmt: skip
    return Look(
        seed=car,
        body=str(rng.choice(BODIES, p=(0.38, 0.26, 0.2, 0.08, 0.08))),
        paint=paint or drawn,
        lamp=float(rng.random()),
        grille=int(rng.integers(0, 4)),
        badge=int(rng.integers(0, 4)),
        bumper=float(rng.random()),
        roof=float(rng.random()),
        spokes=int(rng.integers(5, 11)),
        name=str(rng.choice(("AVENTO", "SORIN GLi", "CALDO 1.3", "VERSA XT", "MIRANO", "TEZ 660", "RAVI GT"))),
        marks=marks,
    )
