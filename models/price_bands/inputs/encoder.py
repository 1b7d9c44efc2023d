"""From feature rows to numbers: vocabularies and per-model facts, learnt once from the training cars.

A key that training never saw gets code -1 and so no weight anywhere: such a car falls back to its model's, family's
and make's weights. An engine size far from what the model comes with (a Bolan of 10,000 cc) is a typing slip and is
replaced by the model's median.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

KEY_COLUMNS = ("make_key", "model_key", "family_key", "variant_key", "fuel", "transmission", "body", "assembly",
               "province", "city_key", "registered_key")  # fmt: skip
COUNTED_KEYS = ("make_key", "model_key", "variant_key")
_TABLES = ("model_cc", "family_cc", "first_year", "last_year", "variant_year")
UNREGISTERED = "unregistered"
_SLIP_BELOW, _SLIP_ABOVE = 0.55, 1.8  # of the median cc of the model


@dataclass(frozen=True)
class EncodedCars:
    """Cars as arrays; `tokens` pairs each variant word's code with the row it stands in."""

    height: int
    codes: dict[str, Ints]
    token_rows: Ints
    tokens: Ints
    age: Floats
    km: Floats  # 10,000 km; NaN where unknown
    cc: Floats  # repaired; NaN for electric cars and where nothing is known
    kwh: Floats  # 0 where the car has no stated battery
    counts: dict[str, Floats]  # training cars of the same make, model, variant
    variant_year: Floats  # median model year of the variant's training cars; NaN where unknown


@dataclass(frozen=True)
class Encoder:
    """Vocabularies (sorted, so that the codes are stable) and what is known of each model."""

    vocabularies: dict[str, list[str]]
    counts: dict[str, Floats]
    model_cc: Floats
    family_cc: Floats
    first_year: Floats  # of each model
    last_year: Floats
    variant_year: Floats  # median of each variant

    @classmethod
    def fit(cls, features: pl.DataFrame) -> "Encoder":
        """Learn the vocabularies, counts and median engine sizes of `features`."""
        vocabularies = {name: _vocabulary(features[name]) for name in KEY_COLUMNS}
        vocabularies["token"] = _vocabulary(features["tokens"].explode().drop_nulls())
        return cls(
            vocabularies=vocabularies,
            counts={name: _by_key(features, name, vocabularies[name], pl.len()) for name in COUNTED_KEYS},
            model_cc=_by_key(features, "model_key", vocabularies["model_key"], pl.col("cc").median()),
            family_cc=_by_key(features, "family_key", vocabularies["family_key"], pl.col("cc").median()),
            first_year=_by_key(features, "model_key", vocabularies["model_key"], pl.col("model_year").min()),
            last_year=_by_key(features, "model_key", vocabularies["model_key"], pl.col("model_year").max()),
            variant_year=_by_key(features, "variant_key", vocabularies["variant_key"], pl.col("model_year").median()),
        )

    def encode(self, features: pl.DataFrame) -> EncodedCars:
        """Codes and numbers of `features`; nothing is learnt."""
        codes = {name: self._codes(name, features[name].to_list()) for name in KEY_COLUMNS}
        words = features.select(row=pl.int_range(pl.len()), word="tokens").explode("word").drop_nulls()
        cc = self._repaired_cc(features, codes)
        codes["cc"] = np.nan_to_num(cc, nan=0.0).round().astype(np.int64)
        codes["year"] = features["model_year"].fill_null(0).to_numpy().astype(np.int64)
        codes["unregistered"] = (features["registered_key"] == UNREGISTERED).to_numpy().astype(np.int64)
        return EncodedCars(
            height=features.height,
            codes=codes,
            token_rows=words["row"].to_numpy().astype(np.int64),
            tokens=self._codes("token", words["word"].to_list()),
            age=_floats(features["age"], 0.0),
            km=_floats(features["km"], np.nan),
            cc=cc,
            kwh=_floats(features["kwh"], 0.0),
            counts={name: _look_up(self.counts[name], codes[name], 0.0) for name in COUNTED_KEYS},
            variant_year=_look_up(self.variant_year, codes["variant_key"], np.nan),
        )

    def years_of_model(self, features: pl.DataFrame) -> tuple[Floats, Floats, Floats]:
        """First and last model year, and number, of the training cars of each car's model; NaN and 0 if none."""
        codes = self._codes("model_key", features["model_key"].to_list())
        count = _look_up(self.counts["model_key"], codes, 0.0)
        return _look_up(self.first_year, codes, np.nan), _look_up(self.last_year, codes, np.nan), count

    def _codes(self, name: str, values: list[str]) -> Ints:
        index = self._index[name]
        return np.array([index.get(value, -1) for value in values], dtype=np.int64)

    @cached_property
    def _index(self) -> dict[str, dict[str, int]]:
        """The code of each value: made once, since a quote for one car asks for every vocabulary."""
        return {name: {value: code for code, value in enumerate(known)} for name, known in self.vocabularies.items()}

    def _repaired_cc(self, features: pl.DataFrame, codes: dict[str, Ints]) -> Floats:
        stated = _floats(features["cc"], np.nan)
        usual = _look_up(self.model_cc, codes["model_key"], np.nan)
        usual = np.where(np.isnan(usual), _look_up(self.family_cc, codes["family_key"], np.nan), usual)
        believable = np.isnan(usual) | within_slip(stated, usual)
        repaired = np.where(believable, stated, usual)
        has_battery = features["kwh"].is_not_null().to_numpy() | (features["fuel"] == "electric").to_numpy()
        return np.where(has_battery, np.nan, repaired)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Everything, as a JSON part and named arrays."""
        arrays = {f"count_{name}": values for name, values in self.counts.items()}
        arrays |= {name: getattr(self, name) for name in _TABLES}
        return {"vocabularies": self.vocabularies}, arrays

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> "Encoder":
        """The encoder that `state` described."""
        counts = {name: arrays[f"count_{name}"] for name in COUNTED_KEYS}
        return cls(state["vocabularies"], counts, **{name: arrays[name] for name in _TABLES})


def within_slip(stated: Any, usual: Any) -> Any:
    """Whether an engine size is near enough to the usual one to be no typing slip (not, where it is NaN)."""
    return (stated >= _SLIP_BELOW * usual) & (stated <= _SLIP_ABOVE * usual)


def _vocabulary(values: pl.Series) -> list[str]:
    return sorted(set(values.drop_nulls().to_list()) - {""})


def _by_key(features: pl.DataFrame, name: str, vocabulary: list[str], value: pl.Expr) -> Floats:
    """An aggregate of each key's cars, in the vocabulary's order; NaN where it is null."""
    known = dict(features.group_by(name).agg(value.cast(pl.Float64).alias("_value")).iter_rows())
    return np.array([np.nan if known[key] is None else known[key] for key in vocabulary], dtype=np.float64)


def _look_up(table: Floats, codes: Ints, otherwise: float) -> Floats:
    if not len(table):
        return np.full(len(codes), otherwise)
    return np.where(codes >= 0, table[np.maximum(codes, 0)], otherwise)


def _floats(values: pl.Series, null: float) -> Floats:
    return values.cast(pl.Float64).fill_null(null).to_numpy().astype(np.float64)
