"""Smooth prices over the model years, so that the same car is not cheaper for being newer.

For each trim the model prices one usual car at every year. These prices are replaced by the nearest ones that rise with
the year (isotonic regression, where a year counts as much as it has cars), and what that adds to the usual car's price
is added to all cars of the trim and year.

Where the trim is unstated, the usual trim of the model is taken for all years alike, with the same gearbox and engine
as far as these are stated. The cars really have other trims, which may be worth more or less, by year: this difference
is averaged over the training cars of neighbouring years and added before the prices are made to rise.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression  # type: ignore[import-untyped]  # it ships no types

from models.price_bands.inputs.columns import Booleans, Floats, Ints, TextColumn
from models.price_bands.inputs.encoder import EncodedCars, Encoder
from models.price_bands.inputs.features import NEWEST_YEAR_AHEAD, OLDEST_AGE, CarFeatures
from models.price_bands.inputs.masking import leave_out
from models.price_bands.inputs.unstated import FIELDS, UsualValues

YEARS_AROUND = 8
"""Years around those of a trim's training cars that are smoothed; to further ones the same is added as to the last."""
RISE = 0.005
"""Least rise of the usual car from year to year (in log price), so that hardly any other car is cheaper when newer."""
_NEIGHBOURS = 2.0  # years up to which cars count for what the unstated trim is worth
_CARS_OF_ALL_YEARS = 0.3  # cars that the mean over all years counts as, beside those of neighbouring years
_WEIGHT_OF_NONE = 0.3  # cars that a year without any weighs
_GEARBOX, _ENGINE, _BATTERY = (FIELDS.index(name) for name in ("transmission", "cc", "kwh"))
_MADE_USUAL = ("province", "city_key", "registered_key", "km")
_LEFT_OUT = (("variant",), ("variant", "transmission"), ("variant", "cc", "kwh"),
             ("variant", "transmission", "cc", "kwh"))  # fmt: skip
_GEARBOXES, _ENGINES, _UNSTATED_TRIM, _UNKNOWN_TRIM = 1 << 8, 1 << 14, 1 << 60, 1 << 61
_NO_TRIM = "\N{REPLACEMENT CHARACTER}"  # a trim that no car has
_ARRAYS = ("keys", "first", "start", "added")


@dataclass(frozen=True)
class SmoothYears:
    """Additions for each group of cars and year: `added[start[group] + year - first[group]]`.

    A group is a trim, or the cars of a model whose trim is unstated or unknown, with the same gearbox and engine (of
    unstated trims also with either unstated).
    """

    keys: Ints  # of the groups, sorted
    first: Ints
    start: Ints  # one more than groups: the last is the length
    added: Floats

    def of(self, cars: EncodedCars, years: Ints, unstated: Booleans) -> Floats:
        """Look up what is added; 0 for models that training has not seen.

        Args:
            cars: encoded, with unstated inputs filled.
            years: their model years.
            unstated: which inputs were filled: (cars, `FIELDS`).
        """
        keys = _keys(cars, unstated)
        group = self._group(keys)
        if (group < 0).any():  # another gearbox or engine than training has seen of the model
            group = np.where(group < 0, self._group(keys - keys % (_GEARBOXES * _ENGINES)), group)
        size = self.start[group + 1] - self.start[group]
        place = self.start[group] + np.minimum(np.maximum(years - self.first[group], 0), size - 1)
        return np.where(group < 0, 0.0, self.added[place])

    def _group(self, keys: Ints) -> Ints:
        place = np.minimum(self.keys.searchsorted(keys), len(self.keys) - 1)
        return np.where(self.keys[place] == keys, place, -1)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the state as named arrays."""
        return {f"smooth_years_{name}": getattr(self, name) for name in _ARRAYS}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> "SmoothYears":
        """Restore what `arrays` described."""
        return cls(*(arrays[f"smooth_years_{name}"] for name in _ARRAYS))


def _keys(cars: EncodedCars, unstated: Booleans) -> Ints:
    """Pack what names the group of each car: its trim, else model, gearbox and engine, of which unstated ones are 0."""
    without, trim = unstated[:, 0], cars.code("variant_key")
    gearbox = np.where(without & unstated[:, _GEARBOX], 0, cars.code("transmission") + 2)
    engine = np.where(without & (unstated[:, _ENGINE] | unstated[:, _BATTERY]), 0, cars.code("cc") + 1)
    others = (cars.code("model_key") * _GEARBOXES + gearbox) * _ENGINES + engine
    return np.where(without, _UNSTATED_TRIM + others, np.where(trim < 0, _UNKNOWN_TRIM + others, trim))


@dataclass(frozen=True)
class _Sample:
    """Training cars with inputs left out, and their groups.

    `worth_more` is how much more (in log price) a car is worth as it was stated than with usual values in place of what
    is left out.
    """

    cars: CarFeatures
    keys: Ints
    worth_more: Floats

    def by_group(self) -> tuple[Ints, Ints, Ints]:
        """Return the keys, the rows of cars by group and year, and where each group starts among these."""
        keys, group = np.unique(self.keys, return_inverse=True)
        rows = np.lexsort((self.cars.year, group))
        return keys, rows, np.searchsorted(group[rows], np.arange(len(keys) + 1))


def fit_smooth_years(
    cars: CarFeatures, usual: UsualValues, encoder: Encoder, price: Callable[[CarFeatures], Floats]
) -> SmoothYears:
    """Smooth the prices of a fitted model.

    Args:
        cars: the training cars.
        usual: fitted to them.
        encoder: fitted to them with unstated inputs filled.
        price: the log prices of cars that are filled.
    """
    newest_day = float((cars.age + cars.year).max(initial=0.0))  # quotes are asked on it

    def price_at(asked: CarFeatures, times: Ints, years: Ints) -> Floats:
        """Price each car at some years, with usual place and mileage."""
        plain = usual.fill(leave_out(asked, _mask(asked.height, _MADE_USUAL))).features
        of_years = plain.take(np.repeat(np.arange(asked.height), times))
        return price(replace(of_years, year=years, age=np.clip(newest_day - years, 0.0, OLDEST_AGE)))

    newest_year = int(newest_day) + NEWEST_YEAR_AHEAD
    found = [_smoothed(sample, newest_year, price_at) for sample in _samples(cars, usual, encoder, price)]
    groups = sorted((group for part in found for group in part), key=lambda group: group[0])
    start = np.cumsum([0, *(len(added) for _, _, added in groups)], dtype=np.int64)
    keys, first = (np.array([group[place] for group in groups], dtype=np.int64) for place in (0, 1))
    return SmoothYears(keys, first, start, np.concatenate([added for _, _, added in groups]))


def _samples(
    cars: CarFeatures, usual: UsualValues, encoder: Encoder, price: Callable[[CarFeatures], Floats]
) -> Iterator[_Sample]:
    """Yield the training cars as they are, with an unknown trim, and with trim, gearbox and engine left out."""
    filled = usual.fill(cars)
    rows = np.flatnonzero(~filled.unstated[:, 0])
    cars, known = cars.take(rows), filled.features.take(rows)
    yield _Sample(cars, encoder.encode(known).code("variant_key"), np.zeros(len(rows)))
    unknown = cars.with_variant(TextColumn([_NO_TRIM], np.zeros(len(rows), dtype=np.int64)))
    filled = usual.fill(unknown)
    yield _Sample(unknown, _keys(encoder.encode(filled.features), filled.unstated), np.zeros(len(rows)))
    full = price(known)
    for names in _LEFT_OUT:
        asked = leave_out(cars, _mask(cars.height, names))
        filled = usual.fill(asked)
        keys, worth_more = _keys(encoder.encode(filled.features), filled.unstated), full - price(filled.features)
        guessed = np.flatnonzero(filled.unstated[:, 0])  # other models have no trims at all
        yield _Sample(asked.take(guessed), keys[guessed], worth_more[guessed])


def _mask(height: int, names: tuple[str, ...]) -> Booleans:
    return np.tile(np.isin(FIELDS, names), (height, 1))


def _smoothed(
    sample: _Sample, newest_year: int, price_at: Callable[[CarFeatures, Ints, Ints], Floats]
) -> list[tuple[int, int, Floats]]:
    """Compute key, first year and additions of each group."""
    keys, rows, start = sample.by_group()
    if not len(keys):
        return []
    year = sample.cars.year[rows]
    first = year[start[:-1]] - YEARS_AROUND
    size = np.maximum(np.minimum(year[start[1:] - 1] + YEARS_AROUND, newest_year) - first + 1, 1)
    end = np.cumsum(size)
    years = np.arange(end[-1]) - np.repeat(end - size - first, size)
    one = rows[(start[:-1] + start[1:]) // 2]  # a car of the group's middle year
    prices = price_at(sample.cars.take(one), size, years)
    found = []
    for number, key in enumerate(keys.tolist()):
        members = rows[start[number] : start[number + 1]]
        places = np.minimum(sample.cars.year[members] - first[number], size[number] - 1)
        own = prices[end[number] - size[number] : end[number]]
        found.append((key, int(first[number]), _added(own, places, sample.worth_more[members])))
    return found


def _added(prices: Floats, places: Ints, worth_more: Floats) -> Floats:
    """Compute the additions to the prices of one group, year by year, from the years of its cars."""
    count = np.arange(len(prices))
    cars = np.bincount(places, minlength=len(prices))
    near = np.maximum(1 - np.abs(count[:, None] - count) / (_NEIGHBOURS + 1), 0.0)
    total = near @ np.bincount(places, weights=worth_more, minlength=len(prices))
    mean = (total + _CARS_OF_ALL_YEARS * worth_more.mean()) / (near @ cars + _CARS_OF_ALL_YEARS)
    line = RISE * count
    rising: Floats = isotonic_regression(prices + mean - line, weights=cars + _WEIGHT_OF_NONE).x + line
    return rising - prices
