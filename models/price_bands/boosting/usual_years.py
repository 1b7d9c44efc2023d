"""Smooth the price of the usual car of a model over its years, so that an unstated trim makes no newer year cheaper.

Where the trim is unstated that of the year's usual car is taken, and it changes from year to year: in one most cars
are the dear trim, in the next the plain one. So the price of such a car is asked for every year of each model, the
nearest prices that never fall with the year are found (isotonic regression, each year weighing as its cars), and the
difference is added to the estimate of each car of that model and year whose trim is unstated.

It is done twice: for cars of which make, model and year alone are known, whose usual gearbox and engine change with the
years as well, and for cars that state these.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression  # type: ignore[import-untyped]  # it ships no types

from models.price_bands.inputs.columns import Booleans, Floats, Ints
from models.price_bands.inputs.encoder import Encoder
from models.price_bands.inputs.features import OLDEST_AGE, CarFeatures
from models.price_bands.inputs.masking import leave_out
from models.price_bands.inputs.unstated import FIELDS

YEARS_AROUND = 5
"""Years before the first and after the last of a model that are smoothed too."""
_MAKE_UP = [FIELDS.index("transmission"), FIELDS.index("cc")]
_STATED = [FIELDS.index(name) for name in ("fuel", "transmission", "body", "assembly", "cc", "kwh")]
_WEIGHT_OF_NONE = 0.3  # cars that a year without any weighs


@dataclass(frozen=True)
class UsualYears:
    """The amounts that are added for each encoded model and year: `added[place, start[model] + year - first[model]]`.

    `place` is 1 for cars whose gearbox and engine are unstated too, else 0.
    """

    first: Ints
    start: Ints  # one more than models: the last is the length
    added: Floats  # (2, places)

    def of(self, models: Ints, years: Ints, unstated: Booleans) -> Floats:
        """Look up what is added for cars without a trim; 0 for unknown models and years.

        Args:
            models: as encoded.
            years: model years.
            unstated: which inputs were filled: (cars, `FIELDS`).
        """
        models = np.where(models < 0, len(self.first), models)
        places = years - np.append(self.first, 0)[models]
        sizes = np.append(np.diff(self.start), 0)[models]
        known = (places >= 0) & (places < sizes)
        at = np.where(known, self.start[models] + places, 0)
        found: Floats = self.added[unstated[:, _MAKE_UP].all(axis=1).astype(np.int64), at] * known
        return found

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the state as named arrays."""
        return {"usual_years_first": self.first, "usual_years_start": self.start, "usual_years_added": self.added}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> "UsualYears":
        """Restore what `arrays` described."""
        return cls(arrays["usual_years_first"], arrays["usual_years_start"], arrays["usual_years_added"])


def fit_usual_years(cars: CarFeatures, encoder: Encoder, price: Callable[[CarFeatures], Floats]) -> UsualYears:
    """Smooth the prices that a fitted model gives to make, model and year alone.

    Args:
        cars: the training cars.
        encoder: fitted to them.
        price: the log prices of cars that state no more.
    """
    model = cars.keys["model_key"].codes({name: code for code, name in enumerate(encoder.vocabularies["model_key"])})
    by_year = np.lexsort((cars.year, model))
    size = np.bincount(model, minlength=len(encoder.first_year))
    one = by_year[np.cumsum(size) - size + size // 2]  # a car of the middle year of each model
    first = encoder.first_year.astype(np.int64) - YEARS_AROUND
    size = encoder.last_year.astype(np.int64) + YEARS_AROUND - first + 1
    start = np.append(0, np.cumsum(size))
    year = np.arange(start[-1]) - np.repeat(start[:-1] - first, size)
    today = float((cars.age + cars.year).max())  # quotes are asked on the newest day
    asked = replace(cars.take(np.repeat(one, size)), year=year, age=np.clip(today - year, 0.0, OLDEST_AGE))
    weight = np.full(start[-1], _WEIGHT_OF_NONE)
    np.add.at(weight, start[model] + cars.year - first[model], 1.0)
    added = []
    for stated in (_STATED, []):
        mask = np.ones((asked.height, len(FIELDS)), dtype=np.bool_)
        mask[:, stated] = False
        raw = price(leave_out(asked, mask))
        pieces = [isotonic_regression(raw[a:b], weights=weight[a:b]).x for a, b in pairwise(start)]
        added.append(np.concatenate(pieces) - raw)
    return UsualYears(first, start, np.stack(added))
