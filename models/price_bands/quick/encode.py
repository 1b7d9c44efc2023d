"""The encoder of `models.price_bands.inputs.encoder` for one car: dictionaries instead of arrays."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.price_bands.inputs.encoder import COUNTED_KEYS, KEY_COLUMNS, UNREGISTERED, Encoder, Floats, within_slip
from models.price_bands.quick.car import Car


@dataclass(slots=True)
class Codes:
    """An encoded car: codes by key, codes of its known words, and its repaired engine size (NaN: none)."""

    by_key: dict[str, int]
    tokens: list[int]
    cc: float


class QuickEncoder:
    """Vocabularies, counts and model facts by value."""

    def __init__(self, encoder: Encoder) -> None:
        self._index = {
            name: {value: code for code, value in enumerate(known)} for name, known in encoder.vocabularies.items()
        }
        self._columns = [(name, self._index[name]) for name in KEY_COLUMNS]
        self._tokens = self._index["token"]
        self._model_cc, self._family_cc = encoder.model_cc.tolist(), encoder.family_cc.tolist()
        models = encoder.vocabularies["model_key"]
        counts, first, last = encoder.counts["model_key"], encoder.first_year, encoder.last_year
        self.models: dict[str, tuple[float, float, float]] = dict(
            zip(models, zip(first.tolist(), last.tolist(), counts.tolist(), strict=True), strict=True)
        )
        """First and last model year, and number, of each model's training cars."""
        self._log_counts = [_with_unknown(np.log1p(encoder.counts[name]), 0.0) for name in COUNTED_KEYS]
        self._variant_year = _with_unknown(encoder.variant_year, math.nan)

    def encode(self, car: Car, year: int, tokens: Sequence[str]) -> Codes:
        """The codes of a car, as of another model year and with other trim words where they differ from its own."""
        keys = car.keys
        codes = {name: index.get(keys[name], -1) for name, index in self._columns}
        cc = self._repaired_cc(car, codes)
        codes["cc"] = 0 if math.isnan(cc) else round(cc)
        codes["year"] = year
        codes["unregistered"] = int(keys["registered_key"] == UNREGISTERED)
        known = self._tokens
        return Codes(codes, [known[word] for word in tokens if word in known], cc)

    def log_counts(self, codes: Codes) -> list[float]:
        """Log(1 + training cars of the same make, model, variant)."""
        return [
            table[codes.by_key[name]]  # -1 is the last: none
            for name, table in zip(COUNTED_KEYS, self._log_counts, strict=True)
        ]

    def variant_year(self, codes: Codes) -> float:
        """Median model year of the variant's training cars; NaN where unknown."""
        return self._variant_year[codes.by_key["variant_key"]]

    def _repaired_cc(self, car: Car, codes: dict[str, int]) -> float:
        if car.kwh is not None or car.keys["fuel"] == "electric":
            return math.nan
        model, family = codes["model_key"], codes["family_key"]
        usual = self._model_cc[model] if model >= 0 else math.nan
        if math.isnan(usual) and family >= 0:
            usual = self._family_cc[family]
        return car.cc if math.isnan(usual) or within_slip(car.cc, usual) else usual


def _with_unknown(table: Floats, otherwise: float) -> list[float]:
    """A list whose last element, which code -1 finds, is for what is unknown."""
    return [*table.tolist(), otherwise]
