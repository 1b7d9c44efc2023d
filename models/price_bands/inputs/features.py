"""Compute the features of cars: one function for training and for scoring.

Nothing is fitted here and nothing is read from the price, so a listing without a price gets the same features as an
equal one that has a price. Spelling is folded ("Toyota", "toyota " and "TOYOTA" are one make); numbers that cannot be
true (a mileage of two billion) become unknown rather than extremes.
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl

from core.listing_frame import EARLIEST_MODEL_YEAR
from models.price_bands.inputs.columns import Booleans, CarColumns, Floats, Ints, TextColumn, combine, decimal_year

KEY_COLUMNS = ("make_key", "model_key", "family_key", "variant_key", "fuel", "transmission", "body", "assembly",
               "province", "city_key", "registered_key")  # fmt: skip
FEATURE_COLUMNS = (
    "make_key", "model_key", "family_key", "variant_key", "model_words", "tokens", "model_year", "age", "km",
    "cc", "kwh", "fuel", "transmission", "body", "assembly", "province", "city_key", "registered_key", "is_named",
    "year_is_possible",
)  # fmt: skip
"""Columns of `build`: keys are folded text, `age` is in years, `km` in 10,000 km, `cc` in cm³, `kwh` in kWh.

Only rows that are named (make and model) and whose year is possible can be priced; `CAN_BE_PRICED` says both.
"""

CAN_BE_PRICED = pl.col("is_named") & pl.col("year_is_possible")

MAX_KM = 100.0
MAX_CC = 12_000
MAX_KWH = 250.0
OLDEST_AGE = 75.0
NEWEST_YEAR_AHEAD = 1
_PLAIN_TEXTS = {"fuel": "fuel", "transmission": "transmission", "body": "body", "assembly": "assembly",
                "province": "province", "city_key": "city", "registered_key": "registered_in"}  # fmt: skip
_WORD = re.compile(r"(?:[^\W_]|\.)+")
_REMEMBERED_TEXTS = 65_536


@dataclass(frozen=True)
class CarFeatures:
    """Features of cars as columns.

    `variant` and `model_rest` (the words of the model after the first) are folded words with a blank between them.
    """

    keys: dict[str, TextColumn]  # by `KEY_COLUMNS`
    variant: TextColumn
    model_rest: TextColumn
    year: Ints  # 0 where unknown
    age: Floats  # NaN where the year is unknown
    km: Floats  # 10,000 km; NaN where unknown, as the next two
    cc: Floats
    kwh: Floats
    is_named: Booleans
    year_is_possible: Booleans

    @property
    def height(self) -> int:
        """The number of cars."""
        return len(self.year)

    @property
    def can_be_priced(self) -> Booleans:
        """Whether each car has a make, a model and a possible year."""
        return self.is_named & self.year_is_possible

    def take(self, rows: Ints | Booleans) -> "CarFeatures":
        """Select cars by row numbers or by a mask."""
        return CarFeatures(
            {name: column.take(rows) for name, column in self.keys.items()},
            self.variant.take(rows), self.model_rest.take(rows),
            *(getattr(self, name)[rows] for name in _ARRAYS),
        )  # fmt: skip

    def with_variant(self, variant: TextColumn) -> "CarFeatures":
        """Replace the variants, and the keys that follow from them."""
        return replace(self, variant=variant, keys=self.keys | {"variant_key": _variant_key(self.keys, variant)})

    def to_frame(self) -> pl.DataFrame:
        """Convert to a frame of `FEATURE_COLUMNS`."""
        columns: dict[str, Any] = {name: pl.Series(column.values(), dtype=pl.String)
                                   for name, column in self.keys.items()}  # fmt: skip
        columns["model_words"] = _split(self.model_rest)
        columns["tokens"] = _split(self.variant)
        columns["model_year"] = pl.Series(self.year).replace(0, None).cast(pl.Int16)
        columns |= {name: pl.Series(getattr(self, name)).fill_nan(None) for name in ("age", "km", "cc", "kwh")}
        columns |= {"is_named": self.is_named, "year_is_possible": self.year_is_possible}
        return pl.DataFrame({name: columns[name] for name in FEATURE_COLUMNS})


_ARRAYS = ("year", "age", "km", "cc", "kwh", "is_named", "year_is_possible")


def read_features(columns: CarColumns, *, as_of: date) -> CarFeatures:
    """Compute the features of each car, in order.

    Args:
        columns: the cars.
        as_of: the day on which a car without `listed_on` is looked at.
    """
    texts, numbers = columns.texts, columns.numbers
    make, model = texts["make"].map(fold_text), texts["model"].map(fold_text)
    model_rest = texts["model"].map(_rest)
    keys = {name: texts[column].map(fold_text) for name, column in _PLAIN_TEXTS.items()}
    keys["make_key"] = make
    keys["model_key"] = combine(make, model, _joined)
    keys["family_key"] = combine(make, texts["model"].map(_first_word), _joined)
    variant = texts["variant"].map(_spaced_words)
    keys["variant_key"] = _variant_key(keys, variant)
    listed = np.where(np.isnan(columns.listed_on), decimal_year(as_of), columns.listed_on)
    year = numbers["model_year"]
    known = ~np.isnan(year)
    newest = np.floor(listed) + NEWEST_YEAR_AHEAD
    return CarFeatures(
        keys, variant, model_rest,
        np.where(known, year, 0).astype(np.int64),
        np.clip(listed - year, 0.0, OLDEST_AGE),
        _within(numbers["mileage_km"], 0, MAX_KM * 10_000) / 10_000,
        _within(numbers["engine_cc"], 1, MAX_CC),
        _within(numbers["battery_kwh"], 1, MAX_KWH),
        make.holds(bool) & model.holds(bool),
        known & (year >= EARLIEST_MODEL_YEAR) & (year <= newest),
    )  # fmt: skip


def build(frame: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    """Compute the features of each car as a frame of the same order and height.

    Args:
        frame: canonical listing columns; all but make, model and model_year may be missing.
        as_of: the day on which a car without `listed_on` is looked at.
    """
    return read_features(CarColumns.from_frame(frame), as_of=as_of).to_frame()


def fold(column: str) -> pl.Expr:
    """Fold a column's text as an expression: lower case, letters, digits and dots (of any script) only; "" if null."""
    return pl.col(column).fill_null("").str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}.]+", "")


@lru_cache(_REMEMBERED_TEXTS)
def words(text: str) -> tuple[str, ...]:
    """Split a text into lower-case words of letters, digits and dots (of any script)."""
    return tuple(_WORD.findall(text.lower()))


def fold_text(text: str) -> str:
    """Fold a text as `fold` does."""
    return "".join(words(text))


def _first_word(text: str) -> str:
    return words(text)[0] if words(text) else ""


def _rest(text: str) -> str:
    return " ".join(words(text)[1:])


def _spaced_words(text: str) -> str:
    return " ".join(words(text))


def _joined(first: str, second: str) -> str:
    return f"{first}|{second}"


def _variant_key(keys: dict[str, TextColumn], variant: TextColumn) -> TextColumn:
    return combine(keys["model_key"], variant, lambda model, trim: f"{model}|{trim.replace(' ', '')}")


def _split(column: TextColumn) -> pl.Series:
    lists = pl.Series([list(dict.fromkeys(text.split())) for text in column.texts], dtype=pl.List(pl.String))
    return lists.gather(column.index) if len(column.texts) else lists


def _within(values: Floats, low: float, high: float) -> Floats:
    """Keep the numbers within the bounds (inclusive); others become NaN."""
    return np.where((values >= low) & (values <= high), values, np.nan)
