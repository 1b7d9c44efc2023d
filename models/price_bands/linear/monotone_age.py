"""Curves of what a formula says of a car at every age, and the rule that makes curves fall.

The weights of a fitted formula add up, for each car, to a curve over the age knots (`AgeCurves`). Most curves rise
somewhere, by noise or because the older cars of a model were the better kept; `falling` takes the nearest that never
rises. Between the knots a curve is a straight line, so what falls at the knots falls everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from models.price_bands.inputs.columns import Floats, Ints
from models.price_bands.linear.design import Design, Entries
from models.price_bands.linear.formula import AGE_KNOTS, KM_KNOTS, LOG_AGE_IN_USE, MILEAGE_BASES
from models.price_bands.linear.terms import Basis, linear_spline_basis


@dataclass(frozen=True)
class AgeCurves:
    """Adds up what the weights of a design say of cars at every age knot; see `linear.formula` for its bases."""

    design: Design
    weights: Floats

    def add_up(self, entries: Entries, values: Mapping[str, Basis]) -> tuple[Floats, Floats]:
        """Compute log prices at every knot, without the centre and without the mileage; and what the mileage adds.

        Args:
            entries: of the cars.
            values: the bases of the cars.
        """
        found = self.weights[entries.columns]
        words = self.weights[entries.token_columns].sum(axis=1)
        others = _sum_of(found, entries, self._others)
        others = others + np.bincount(entries.token_rows, weights=words, minlength=len(others))
        curve = found.take(self._slopes, axis=1).sum(axis=1)[:, None] * (AGE_KNOTS / 10) + others[:, None]
        starts = entries.columns[:, self._splines] - values["age"].codes[:, [0]]
        curve += self._windows[starts].sum(axis=1)
        of_mileage: Floats = self._of_mileage(values, found) + _sum_of(found, entries, self._of_km)[:, None]
        return curve, of_mileage

    def _of_mileage(self, values: Mapping[str, Basis], found: Floats) -> Floats:
        """Compute what the mileage of each car adds at each age knot, beside what it adds at all of them."""
        km, yearly = values["km"], values["yearly_km"].values
        table = self.design.table(self.weights, "km_age")[0].reshape(len(KM_KNOTS), len(AGE_KNOTS))
        curve: Floats = (table[km.codes] * km.values[:, :, None]).sum(axis=1)
        weight = found.take(self._yearly, axis=1).sum(axis=1) * (km.values.sum(axis=1) > 0)
        now = LOG_AGE_IN_USE[values["age"].codes]
        own = yearly[:, 0] + (now * values["age"].values).sum(axis=1)
        curve += weight[:, None] * (own[:, None] - LOG_AGE_IN_USE)
        return curve

    @cached_property
    def _windows(self) -> Floats:
        return sliding_window_view(self.weights, len(AGE_KNOTS))

    @cached_property
    def _others(self) -> Ints:
        return self.design.places_of(set(self.design.shapes) - MILEAGE_BASES - {"age", "age_line"})

    @cached_property
    def _of_km(self) -> Ints:
        return self.design.places_of({"km", "km_line"})

    @cached_property
    def _slopes(self) -> Ints:
        return self.design.places_of({"age_line"})

    @cached_property
    def _splines(self) -> Ints:
        return self.design.places_of({"age"})[::2]  # the first of the two knots of each term

    @cached_property
    def _yearly(self) -> Ints:
        return self.design.places_of({"yearly_km"})


def falling(curves: Floats) -> Floats:
    """Make curves (cars, knots) fall: the middle of the nearest falling curves above and below."""
    above = np.maximum.accumulate(curves[:, ::-1], axis=1)[:, ::-1]
    fallen: Floats = (above + np.minimum.accumulate(curves, axis=1)) / 2
    return fallen


def at_age(curves: Floats, age: Floats) -> Floats:
    """Read a curve of each car (cars, knots) at its age."""
    near = linear_spline_basis(age, AGE_KNOTS)
    found: Floats = (np.take_along_axis(curves, near.codes, axis=1) * near.values).sum(axis=1)
    return found


def _sum_of(found: Floats, entries: Entries, places: Ints) -> Floats:
    # `take` keeps a car's numbers side by side, so that one car alone is summed in the order of a crowd.
    total: Floats = (found.take(places, axis=1) * entries.amounts.take(places, axis=1)).sum(axis=1)
    return total
