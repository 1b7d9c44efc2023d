"""Encode features as numbers, by vocabularies and facts of each model that are learnt from the training cars.

A text that training never saw gets code -1 and so no weight anywhere: such a car falls back to its model's, family's
and make's weights. An engine size far from what the model comes with (a Bolan of 10,000 cc) is a typing slip and is
replaced by the model's median.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.price_bands.inputs.columns import Booleans, Floats, Ints, TextColumn, columns_of, or_zero, positions
from models.price_bands.inputs.features import KEY_COLUMNS, MAX_CC, OLDEST_AGE, CarFeatures
from models.price_bands.inputs.group_statistics import medians
from models.price_bands.inputs.unstated import ELECTRIC

COUNTED_KEYS = ("make_key", "model_key", "variant_key")
CODES = (*KEY_COLUMNS, "cc", "year", "unregistered", "generation")
"""Columns of `EncodedCars.codes`: texts, the rounded engine size, the model year, whether the car was never registered,
and the age in steps of `GENERATION_YEARS`."""
GENERATION_YEARS = 3
UNREGISTERED = "unregistered"
_TABLES = ("model_cc", "family_cc", "first_year", "last_year", "variant_year")
_PER_CAR = ("codes", "age", "km", "cc", "kwh", "counts", "variant_year")
_SLIP_BELOW, _SLIP_ABOVE = 0.55, 1.8  # of the median cc of the model
_MOST_YEARS = 2_200
_NUMBER_SIZES = {"cc": MAX_CC + 1, "year": _MOST_YEARS, "unregistered": 2,
                 "generation": round(OLDEST_AGE / GENERATION_YEARS) + 1}  # fmt: skip


@dataclass(frozen=True)
class EncodedCars:
    """Cars as arrays; `tokens` pairs each variant word's code with the row that it belongs to."""

    codes: Ints  # (cars, CODES)
    token_rows: Ints
    tokens: Ints
    age: Floats
    km: Floats  # 10,000 km; NaN where unknown
    cc: Floats  # repaired; NaN for electric cars and where nothing is known
    kwh: Floats  # 0 where the car has no known battery
    counts: Floats  # (cars, COUNTED_KEYS): training cars of the same make, model, variant
    variant_year: Floats  # median model year of the variant's training cars; NaN where unknown

    @property
    def height(self) -> int:
        """The number of cars."""
        return len(self.codes)

    def part(self, start: int, stop: int) -> "EncodedCars":
        """Select the cars of a range of rows."""
        words = slice(*np.searchsorted(self.token_rows, [start, stop]))
        arrays = {name: getattr(self, name)[start:stop] for name in _PER_CAR}
        return EncodedCars(token_rows=self.token_rows[words] - start, tokens=self.tokens[words], **arrays)

    def twice(self) -> "EncodedCars":
        """Copy the cars, all of them one after the other and then again."""
        arrays = {name: np.concatenate([getattr(self, name)] * 2) for name in _PER_CAR}
        rows = np.concatenate([self.token_rows, self.token_rows + self.height])
        return EncodedCars(token_rows=rows, tokens=np.concatenate([self.tokens] * 2), **arrays)

    def code(self, name: str) -> Ints:
        """One column of `CODES`."""
        return self.codes[:, CODES.index(name)]


@dataclass(frozen=True)
class Encoder:
    """Vocabularies (sorted, so that the codes are stable) and facts of each model and variant."""

    vocabularies: dict[str, list[str]]
    counts: dict[str, Floats]
    model_cc: Floats
    family_cc: Floats
    first_year: Floats  # of each model
    last_year: Floats
    variant_year: Floats  # median of each variant

    @classmethod
    def fit(cls, features: CarFeatures) -> "Encoder":
        """Learn the vocabularies, counts and median engine sizes of training cars."""
        vocabularies = {name: sorted(features.keys[name].used_texts()) for name in KEY_COLUMNS}
        vocabularies["token"] = sorted({word for text in features.variant.used_texts() for word in text.split()})
        codes = {name: features.keys[name].codes(positions(vocabularies[name])) for name in KEY_COLUMNS}
        counts = {name: np.bincount(codes[name], minlength=len(vocabularies[name])).astype(np.float64)
                  for name in COUNTED_KEYS}  # fmt: skip
        year = features.year.astype(np.float64)
        model, family, variant = codes["model_key"], codes["family_key"], codes["variant_key"]
        first, last = np.full((2, len(vocabularies["model_key"])), np.nan)
        np.fmin.at(first, model, year)
        np.fmax.at(last, model, year)
        return cls(
            vocabularies,
            counts,
            model_cc=medians(model, features.cc, len(first)),
            family_cc=medians(family, features.cc, len(vocabularies["family_key"])),
            first_year=first,
            last_year=last,
            variant_year=medians(variant, year, len(vocabularies["variant_key"])),
        )

    def encode(self, features: CarFeatures) -> EncodedCars:
        """Look up the codes and numbers of cars; nothing is learnt."""
        index = self._index
        columns = [features.keys[name].codes(index[name]) for name in KEY_COLUMNS]
        by_name = dict(zip(KEY_COLUMNS, columns, strict=True))
        registered = features.keys["registered_key"]
        has_battery = ~np.isnan(features.kwh) | features.keys["fuel"].holds(ELECTRIC.__eq__)
        cc = self._repaired_cc(features.cc, by_name, has_battery)
        rounded_cc = np.rint(or_zero(cc)).astype(np.int64)
        unregistered = registered.holds(UNREGISTERED.__eq__).astype(np.int64)
        age = or_zero(features.age)
        generation = np.rint(age / GENERATION_YEARS).astype(np.int64)
        year = np.minimum(np.maximum(features.year, 0), _MOST_YEARS - 1)
        token_rows, tokens = self._tokens(features)
        return EncodedCars(
            codes=columns_of((*columns, rounded_cc, year, unregistered, generation), np.int64),
            token_rows=token_rows,
            tokens=tokens,
            age=age,
            km=features.km,
            cc=cc,
            kwh=or_zero(features.kwh),
            counts=columns_of([self._facts[f"count_{name}"][by_name[name]] for name in COUNTED_KEYS]),
            variant_year=self._facts["variant_year"][by_name["variant_key"]],
        )

    @cached_property
    def sizes(self) -> Ints:
        """One more than the largest code of each of `CODES` and, last, of tokens."""
        sizes = [_NUMBER_SIZES[name] if name in _NUMBER_SIZES else len(self.vocabularies[name]) for name in CODES]
        return np.maximum(np.array([*sizes, len(self.vocabularies["token"])], dtype=np.int64), 1)

    def years_of_model(self, models: TextColumn) -> tuple[Floats, Floats, Floats]:
        """Look up first and last model year, and number, of each model's training cars; NaN and 0 if there are none.

        Args:
            models: of each car, as the training cars' `model_key`.
        """
        codes = models.codes(self._index["model_key"])
        facts = self._facts
        return facts["first_year"][codes], facts["last_year"][codes], facts["count_model_key"][codes]

    def knows(self, name: str, features: CarFeatures) -> Booleans:
        """Tell whether training saw each car's text of a key column."""
        return features.keys[name].codes(self._index[name]) >= 0

    @cached_property
    def _index(self) -> dict[str, dict[str, int]]:
        """The code of each text: made once, since a quote for one car asks for every vocabulary."""
        return {name: positions(known) for name, known in self.vocabularies.items()}

    @cached_property
    def _facts(self) -> dict[str, Floats]:
        """Facts by code, each with one more for code -1, which reads the last: NaN, and 0 of counts."""
        facts = {name: np.append(getattr(self, name), np.nan) for name in _TABLES}
        return facts | {f"count_{name}": np.append(values, 0.0) for name, values in self.counts.items()}

    def _tokens(self, features: CarFeatures) -> tuple[Ints, Ints]:
        """Codes of the distinct words of each car's variant, known or not, and the rows that they belong to."""
        code_of = self._index["token"]
        lists = [[code_of.get(word, -1) for word in dict.fromkeys(text.split())] for text in features.variant.texts]
        lengths = np.array([len(codes) for codes in lists], dtype=np.int64)
        flat = np.array([code for codes in lists for code in codes], dtype=np.int64)
        starts = np.cumsum(lengths) - lengths
        index = features.variant.index
        count = lengths[index]
        rows = np.repeat(np.arange(features.height, dtype=np.int64), count)
        within = np.arange(len(rows), dtype=np.int64) - np.repeat(np.cumsum(count) - count, count)
        return rows, flat[starts[index][rows] + within]

    def _repaired_cc(self, stated: Floats, codes: dict[str, Ints], has_battery: Booleans) -> Floats:
        usual = self._facts["model_cc"][codes["model_key"]]
        usual = np.where(np.isnan(usual), self._facts["family_cc"][codes["family_key"]], usual)
        believable = np.isnan(usual) | ((stated >= _SLIP_BELOW * usual) & (stated <= _SLIP_ABOVE * usual))
        return np.where(has_battery, np.nan, np.where(believable, stated, usual))

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return the state as JSON values and named arrays."""
        arrays = {f"count_{name}": values for name, values in self.counts.items()}
        arrays |= {name: getattr(self, name) for name in _TABLES}
        return {"vocabularies": self.vocabularies}, arrays

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> "Encoder":
        """Restore the encoder that `state` described."""
        counts = {name: arrays[f"count_{name}"] for name in COUNTED_KEYS}
        return cls(state["vocabularies"], counts, **{name: arrays[name] for name in _TABLES})
