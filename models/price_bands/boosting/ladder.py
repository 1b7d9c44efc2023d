"""Ask the boosters about each car at every age, so that the same car with a newer model year can never be cheaper.

A car is priced not at its own age alone but at every age knot, with all else as it is: a ladder of prices. Where an
older rung is dearer than a younger one, both give way (`linear.monotone_age.falling`), and the car's price is read
from the ladder at its own age. Constraints of LightGBM would cost accuracy: they forbid the difference between the
estimates from older and from fresh ads, which says how the prices of such cars have moved.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.price_bands.boosting.older_ads import PastPrices
from models.price_bands.boosting.residual_trees import move_in_age, price_inputs, spread_inputs
from models.price_bands.inputs.columns import Booleans, Floats, Ints
from models.price_bands.inputs.encoder import EncodedCars
from models.price_bands.linear.formula import AGE_KNOTS
from models.price_bands.linear.ridge import LinearEstimate
from models.price_bands.linear.terms import linear_spline_basis

RUNG_AGES: Floats = np.array([0.0, 1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 20, 26, 40])
"""Years, all of them knots: where the boosters are asked. Between them what they say is a straight line."""
_RUNGS = AGE_KNOTS.searchsorted(RUNG_AGES)
_BETWEEN = linear_spline_basis(AGE_KNOTS, RUNG_AGES)
_AT_ONCE = 1_024

Predict = Callable[[Floats], Floats]
"""Runs a booster on a matrix of inputs."""


@dataclass(frozen=True)
class Ladder:
    """Cars, with their linear and past prices at every age knot."""

    cars: EncodedCars
    linear: LinearEstimate
    past: PastPrices | None
    unstated: Booleans

    @cached_property
    def inputs(self) -> Floats:
        """The price booster's inputs of the cars as they are."""
        past = None if self.past is None else self.past.at(self.cars.age)
        return price_inputs(self.cars, self.linear.without_mileage, past)

    @cached_property
    def linear_curves(self) -> Floats:
        """The linear estimate of each car at every age knot, with its mileage."""
        return self.linear.curves + self.linear.mileage_curves

    def prices(self, predict: Predict) -> Floats:
        """Compute the log price of each car at every age knot; it may still rise with age somewhere.

        Args:
            predict: the price booster.
        """
        added = [_at_knots(predict(rungs)) for _, rungs in self._parts(np.arange(self.cars.height))]
        return self.linear_curves + np.concatenate(added)

    def spreads(self, predict: Predict, prices: Floats, rows: Ints | None = None) -> Floats:
        """Compute the spread of each car at every age knot.

        Args:
            predict: the spread booster.
            prices: what `prices` found, of all cars.
            rows: of the cars that are asked for; all without.
        """
        found = []
        for part, rungs in self._parts(np.arange(self.cars.height) if rows is None else rows):
            linear, price = (curve[part][:, _RUNGS].ravel() for curve in (self.linear_curves, prices))
            unstated = np.repeat(self.unstated[part], len(_RUNGS), axis=0)
            found.append(_at_knots(predict(spread_inputs(rungs, linear, price, unstated))))
        return np.concatenate(found)

    def _parts(self, chosen: Ints) -> Iterator[tuple[Ints, Floats]]:
        """Yield some of the cars at a time, with the price booster's inputs of each at every rung, car after car."""
        for start in range(0, max(len(chosen), 1), _AT_ONCE):
            rows = chosen[start : start + _AT_ONCE]
            asked = self.inputs[rows]
            count, width = asked.shape
            rungs = np.repeat(asked, len(_RUNGS), axis=0).reshape(count, len(_RUNGS), width)
            older = RUNG_AGES - self.cars.age[rows, None]
            past = None
            if self.past is not None:
                past = self.past.same_year[rows][:, _RUNGS], self.past.same_age[rows][:, _RUNGS]
            yield rows, move_in_age(rungs, older, self.linear.curves[rows][:, _RUNGS], past).reshape(-1, width)


def _at_knots(found: Floats) -> Floats:
    """Read what a booster says of cars at every rung, car after car, at every age knot."""
    rungs = found.reshape(-1, len(_RUNGS))
    knots: Floats = (rungs[:, _BETWEEN.codes] * _BETWEEN.values).sum(axis=2)
    return knots
