"""Fill fields that an ad leaves out with usual values: learnt once from the training cars, looked up at scoring.

A feed without a gearbox column, or a caller who names make, model and year alone, asks about the usual such car. The
usual value of an input is the most frequent one (of numbers the median) among the training cars of the same trim, else
of the powertrain (model, gearbox and engine), the model, its family, the make, the market: the first that has one. It
is the same for all years: what is usual of one year alone makes a newer year another car, and often a cheaper one.
A word that no training car has (a fuel of tomorrow) says as little as none and is filled too. An unknown trim is not
filled: it is another car than the usual one. Which inputs were filled is kept, since the band must be wider for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression  # type: ignore[import-untyped]  # it ships no types

from models.price_bands.inputs.columns import Booleans, Floats, Ints, TextColumn, combine, or_zero, positions
from models.price_bands.inputs.features import CarFeatures
from models.price_bands.inputs.group_statistics import medians, most_frequent

WORD_FIELDS = ("fuel", "transmission", "body", "assembly", "province", "city_key", "registered_key")
NUMBER_FIELDS = ("km", "cc", "kwh")
FIELDS = ("variant", *WORD_FIELDS, *NUMBER_FIELDS)
"""The inputs that may be filled, in the order of the columns of `Filled.unstated`."""

LEVELS = ("market", "make", "family", "model", "powertrain", "variant")
"""Groups of cars from the broadest to the narrowest: the narrowest that is known answers."""

_PARENTS = {
    "market": (),
    "make": ("market",),
    "family": ("market", "make"),
    "model": ("market", "make", "family"),
    "powertrain": ("market", "make", "family", "model"),
    "variant": ("market", "make", "family", "model"),
}
_OF_ONE_MODEL = ("model", "powertrain")
_WITHOUT_TRIM = ("market", "make", "family", *_OF_ONE_MODEL)
ELECTRIC = "electric"
_AGES: Floats = np.arange(0.0, 76.0)
_FEWEST_OF_AGE = 5
_USUAL_KM_A_YEAR = 1.0
"""10,000 km: what is taken where hardly any training car states a mileage."""


@dataclass(frozen=True)
class Filled:
    """Cars with nothing left out that has a usual value, and which inputs were filled: (cars, `FIELDS`)."""

    features: CarFeatures
    unstated: Booleans


@dataclass(frozen=True)
class UsualValues:
    """Usual values of each known group: a row of codes (-1: none) and a row of numbers (NaN: none) for each."""

    groups: dict[str, dict[str, int]]  # by level: the row of each group
    vocabularies: dict[str, list[str]]  # by text field
    words: Ints  # (rows, variant and WORD_FIELDS)
    numbers: Floats  # (rows, NUMBER_FIELDS); the mileage as a share of `km_by_age`
    km_by_age: Floats  # of the whole market, at `_AGES`

    @classmethod
    def fit(cls, features: CarFeatures) -> "UsualValues":
        """Learn the usual values of training cars."""
        columns = _columns(features)
        vocabularies = {name: sorted(column.used_texts()) for name, column in columns.items()}
        codes = {name: column.codes(positions(vocabularies[name])) for name, column in columns.items()}
        km_by_age = _km_by_age(features)
        numbers = _numbers(features, km_by_age)
        members = {level: _group(features, level) for level in LEVELS}
        own_words, own_numbers, groups, first = [], [], {}, {}
        start = 0
        for level in LEVELS:
            texts, group = np.unique(np.array(members[level].values(), dtype=np.str_), return_inverse=True)
            count = len(texts)
            groups[level] = {str(text): start + row for row, text in enumerate(texts)}
            own_words.append(np.column_stack([most_frequent(group, codes[name], count) for name in codes]))
            own_numbers.append(np.column_stack([medians(group, column, count) for column in numbers.T]))
            first[level] = np.unique(group, return_index=True)[1]
            start += count
        usual = cls(groups, vocabularies, np.concatenate(own_words), np.concatenate(own_numbers), km_by_age)
        return usual._resolved(members, first)

    def _resolved(self, members: dict[str, TextColumn], first: dict[str, Ints]) -> "UsualValues":
        """Fill what a group does not say itself from its parents, narrowest first; a trim never from another model."""
        words, numbers = self.words.copy(), self.numbers.copy()
        for level in LEVELS:
            rows = np.array(list(self.groups[level].values()), dtype=np.int64)
            for parent in reversed(_PARENTS[level]):
                above = members[parent].take(first[level]).codes(self.groups[parent])
                open_words, open_numbers = words[rows] < 0, np.isnan(numbers[rows])
                open_words[:, 0] &= parent in _OF_ONE_MODEL
                words[rows] = np.where(open_words, self.words[above], words[rows])
                numbers[rows] = np.where(open_numbers, self.numbers[above], numbers[rows])
            if level not in (*_OF_ONE_MODEL, "variant"):
                words[rows, 0] = -1
        return replace(self, words=words, numbers=numbers)

    def fill(self, features: CarFeatures) -> Filled:
        """Fill the trim first, then everything else as is usual for that trim."""
        unstated = np.zeros((features.height, len(FIELDS)), dtype=np.bool_)
        missing = ~features.variant.holds(bool)
        if missing.any():
            # The trim goes by gearbox and engine, so of a car without a trim these are filled before, by its model.
            rows = self._rows(features, _WITHOUT_TRIM[:-1])
            features = self._with_words(features, ("fuel", "transmission"), rows, missing, unstated)
            features = self._with_numbers(features, ("cc", "kwh"), rows, missing, unstated)
            usual = self.words[self._rows(features, _WITHOUT_TRIM), 0]
            unstated[:, 0] = missing & (usual >= 0)
            features = features.with_variant(self._filled(features.variant, unstated[:, 0], usual, "variant"))
        if self._lacks_something(features):
            everywhere = np.ones(features.height, dtype=np.bool_)
            rows = self._rows(features, LEVELS)
            features = self._with_words(features, WORD_FIELDS, rows, everywhere, unstated)
            features = self._with_numbers(features, NUMBER_FIELDS, rows, everywhere, unstated)
        return Filled(features, unstated)

    def _with_words(
        self, features: CarFeatures, names: Sequence[str], rows: Ints, where: Booleans, unstated: Booleans
    ) -> CarFeatures:
        """Fill words of the cars that are meant from their groups' `rows`, and mark them in `unstated`."""
        keys = dict(features.keys)
        for name in names:
            missing = where & (keys[name].codes(self._code_of[name]) < 0)
            if missing.any():
                place = FIELDS.index(name)
                usual = self.words[rows, place]
                missing &= usual >= 0
                keys[name] = self._filled(keys[name], missing, usual, name)
                unstated[:, place] |= missing
        return replace(features, keys=keys)

    def _with_numbers(
        self, features: CarFeatures, names: Sequence[str], rows: Ints, where: Booleans, unstated: Booleans
    ) -> CarFeatures:
        """Fill numbers as `_with_words`; an engine only of cars without a battery, a battery of cars with one."""
        usual = self.numbers[rows]
        usual[:, 0] *= np.interp(features.age, _AGES, self.km_by_age)
        usual[usual[:, 2] == 0, 2] = np.nan
        is_electric = _are_electric(features)
        meant = {"km": where, "cc": where & ~is_electric, "kwh": where & is_electric}
        numbers: dict[str, Any] = {}
        for name in names:
            stated, found = getattr(features, name), usual[:, NUMBER_FIELDS.index(name)]
            missing = meant[name] & np.isnan(stated) & ~np.isnan(found)
            numbers[name] = np.where(missing, found, stated)
            unstated[:, FIELDS.index(name)] |= missing
        return replace(features, **numbers)

    def _rows(self, features: CarFeatures, levels: tuple[str, ...]) -> Ints:
        """Find the row of the narrowest known group of each car."""
        rows = np.full(features.height, -1, dtype=np.int64)
        for level in reversed(levels):
            rows = np.where(rows < 0, _group(features, level).codes(self.groups[level]), rows)
            if (rows >= 0).all():
                break
        return rows

    def _filled(self, column: TextColumn, where: Booleans, usual: Ints, name: str) -> TextColumn:
        """Put the usual text where it is missing; only the texts that are needed join the column."""
        needed, position = np.unique(usual[where], return_inverse=True)
        index = column.index.copy()
        index[where] = len(column.texts) + position
        vocabulary = self.vocabularies[name]
        return TextColumn([*column.texts, *(vocabulary[code] for code in needed.tolist())], index)

    def _lacks_something(self, features: CarFeatures) -> bool:
        """Tell whether any car states less than all: most single cars do not, and no group need be looked for."""
        power = np.where(_are_electric(features), features.kwh, features.cc)
        words = (features.keys[name].codes(self._code_of[name]) < 0 for name in WORD_FIELDS)
        return bool(np.isnan(features.km + power).any()) or any(missing.any() for missing in words)

    @cached_property
    def _code_of(self) -> dict[str, dict[str, int]]:
        """The code of each text, by field."""
        return {name: positions(vocabulary) for name, vocabulary in self.vocabularies.items()}

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return the state as JSON values and named arrays."""
        groups = {level: sorted(rows, key=rows.__getitem__) for level, rows in self.groups.items()}
        arrays = {"usual_words": self.words, "usual_numbers": self.numbers, "usual_km_by_age": self.km_by_age}
        return {"groups": groups, "vocabularies": self.vocabularies}, arrays

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> "UsualValues":
        """Restore the usual values that `state` described."""
        groups, start = {}, 0
        for level in LEVELS:
            groups[level] = {text: start + row for row, text in enumerate(state["groups"][level])}
            start += len(groups[level])
        named = (arrays[name] for name in ("usual_words", "usual_numbers", "usual_km_by_age"))
        return cls(groups, state["vocabularies"], *named)


def _are_electric(features: CarFeatures) -> Booleans:
    return features.keys["fuel"].holds(ELECTRIC.__eq__) | ~np.isnan(features.kwh)


def _columns(features: CarFeatures) -> dict[str, TextColumn]:
    return {"variant": features.variant, **{name: features.keys[name] for name in WORD_FIELDS}}


def _group(features: CarFeatures, level: str) -> TextColumn:
    """Name the group of each car at a level."""
    if level == "market":
        return TextColumn([""], np.zeros(features.height, dtype=np.int64))
    if level == "powertrain":
        sizes, place = np.unique(or_zero(features.cc), return_inverse=True)
        engines = TextColumn([f"{size:.0f}" for size in sizes.tolist()], place)
        return combine(combine(features.keys["model_key"], engines, _at), features.keys["transmission"], _at)
    return features.keys[f"{level}_key"]


def _at(key: str, detail: str) -> str:
    return f"{key}@{detail}"


def _numbers(features: CarFeatures, km_by_age: Floats) -> Floats:
    """Prepare the numbers to learn from; 0 kWh for a car without a battery, NaN for an electric car of unknown size."""
    use = features.km / np.interp(features.age, _AGES, km_by_age)
    is_electric = features.keys["fuel"].holds(ELECTRIC.__eq__)
    kwh = np.where(np.isnan(features.kwh) & ~is_electric, 0.0, features.kwh)
    return np.column_stack([use, features.cc, kwh])


def _km_by_age(features: CarFeatures) -> Floats:
    """Compute the usual mileage at each whole age, more for older cars; ages of too few cars are interpolated."""
    age = np.clip(np.round(features.age), _AGES[0], _AGES[-1]).astype(np.int64)
    cars = np.bincount(age[~np.isnan(features.km)], minlength=len(_AGES))
    enough = cars >= _FEWEST_OF_AGE
    if not enough.any():
        return _AGES * _USUAL_KM_A_YEAR + _USUAL_KM_A_YEAR / 2
    usual = medians(age, features.km, len(_AGES))[enough]
    rising = isotonic_regression(usual, weights=cars[enough]).x  # else a newer car could be taken to have gone further
    km: Floats = np.maximum(np.interp(_AGES, _AGES[enough], rising), 0.01)
    return km
