"""Cars as columns: each text column by its distinct texts, numbers as NumPy arrays.

Frames and single cars are converted here, at the door; whatever follows is the same code for one car and a million.
Texts are worked on once for each distinct text, not for each car.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.listing_frame import LISTING_SCHEMA

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

REQUIRED_COLUMNS = ("make", "model", "model_year")
TEXT_COLUMNS = ("make", "model", "variant", "fuel", "transmission", "body", "assembly", "province", "city",
                "registered_in")  # fmt: skip
NUMBER_COLUMNS = ("model_year", "mileage_km", "engine_cc", "battery_kwh")
DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class CarDescription:
    """One car in names, units and types of the canonical listing; without a day, so it is valued on the market day."""

    make: str
    model: str
    model_year: int
    variant: str | None = None
    mileage_km: int | None = None
    fuel: str | None = None
    transmission: str | None = None
    body: str | None = None
    assembly: str | None = None
    engine_cc: int | None = None
    battery_kwh: float | None = None
    city: str | None = None
    province: str | None = None
    registered_in: str | None = None


@dataclass(frozen=True)
class TextColumn:
    """The texts of a column, and for each car the position of its text; a text may stand there more than once."""

    texts: list[str]
    index: Ints

    def map(self, change: Callable[[str], str]) -> "TextColumn":
        """Apply a function to every text."""
        return TextColumn([change(text) for text in self.texts], self.index)

    def take(self, rows: Ints | Booleans) -> "TextColumn":
        """Select cars by row numbers or by a mask."""
        return TextColumn(self.texts, self.index[rows])

    def holds(self, accept: Callable[[str], bool]) -> Booleans:
        """Apply a condition to the text of each car."""
        return np.array([accept(text) for text in self.texts], dtype=np.bool_)[self.index]

    def codes(self, code_of: dict[str, int]) -> Ints:
        """Look up the code of each car's text; -1 where it has none."""
        return np.array([code_of.get(text, -1) for text in self.texts], dtype=np.int64)[self.index]

    def used_texts(self) -> set[str]:
        """Collect the texts that cars have, without ""."""
        return {self.texts[position] for position in np.unique(self.index).tolist()} - {""}

    def values(self) -> list[str]:
        """List the text of each car."""
        return [self.texts[position] for position in self.index.tolist()]


def columns_of(arrays: Sequence[Any], kind: type = np.float64) -> NDArray[Any]:
    """Put arrays side by side as the columns of a matrix; for few rows faster than NumPy's own."""
    matrix: NDArray[Any] = np.empty((len(arrays[0]), len(arrays)), dtype=kind)
    for place, array in enumerate(arrays):
        matrix[:, place] = array
    return matrix


def or_zero(values: Floats) -> Floats:
    """Replace NaN by 0."""
    return np.where(np.isnan(values), 0.0, values)


def decimal_year(day: date) -> float:
    """Convert a day to years: the first of July 2026 is 2026.496."""
    return day.year + (day.timetuple().tm_yday - 1) / DAYS_PER_YEAR


def positions(vocabulary: Sequence[str]) -> dict[str, int]:
    """Map each text of a vocabulary to its position."""
    return {text: code for code, text in enumerate(vocabulary)}


_FIRST = np.zeros(1, dtype=np.int64)


def combine(first: TextColumn, second: TextColumn, join: Callable[[str, str], str]) -> TextColumn:
    """Join two columns, once for each distinct pair of texts."""
    if len(first.index) == 1:
        return TextColumn([join(first.texts[first.index[0]], second.texts[second.index[0]])], _FIRST)
    width = len(second.texts)
    pairs, index = np.unique(first.index * width + second.index, return_inverse=True)
    texts = [join(first.texts[pair // width], second.texts[pair % width]) for pair in pairs.tolist()]
    return TextColumn(texts, index.astype(np.int64))


@dataclass(frozen=True)
class CarColumns:
    """Canonical columns of cars: "" for an absent text, NaN for an absent number."""

    texts: dict[str, TextColumn]
    numbers: dict[str, Floats]
    listed_on: Floats
    """The day of the ad in years (2026.25); NaN where it has none."""

    @property
    def height(self) -> int:
        """The number of cars."""
        return len(self.listed_on)

    @classmethod
    def from_frame(cls, frame: pl.DataFrame) -> "CarColumns":
        """Convert a frame of canonical listing columns, of which all but make, model and model_year may be missing.

        Raises:
            ValueError: make, model or model_year is missing altogether.
        """
        missing = set(REQUIRED_COLUMNS) - set(frame.columns)
        if missing:
            raise ValueError(f"a frame of cars needs the columns {sorted(missing)}")
        texts = {name: _text_column(_column(frame, name)) for name in TEXT_COLUMNS}
        numbers = {name: _number_column(_column(frame, name)) for name in NUMBER_COLUMNS}
        days = _column(frame, "listed_on")
        listed = days.dt.year() + (days.dt.ordinal_day() - 1) / DAYS_PER_YEAR
        return cls(texts, numbers, _number_column(listed))

    @classmethod
    def from_cars(cls, cars: Sequence[CarDescription]) -> "CarColumns":
        """Convert single cars without a frame engine."""
        order = np.arange(len(cars), dtype=np.int64)
        texts = {name: TextColumn([getattr(car, name) or "" for car in cars], order) for name in TEXT_COLUMNS}
        numbers = {
            name: np.array([_or_nan(getattr(car, name)) for car in cars], dtype=np.float64) for name in NUMBER_COLUMNS
        }
        numbers["battery_kwh"] = numbers["battery_kwh"].astype(np.float32).astype(np.float64)  # as a listing stores it
        return cls(texts, numbers, np.full(len(cars), np.nan))


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def _column(frame: pl.DataFrame, name: str) -> pl.Series:
    """One column in its canonical type, null throughout where it is missing."""
    kind = LISTING_SCHEMA[name]
    if name not in frame.columns:
        return pl.Series(name, [None], dtype=kind).new_from_index(0, frame.height)
    return frame[name].cast(kind, strict=False)


def _text_column(column: pl.Series) -> TextColumn:
    encoded = column.fill_null("").to_arrow(compat_level=pl.CompatLevel.oldest()).dictionary_encode()
    return TextColumn(encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64))


def _number_column(column: pl.Series) -> Floats:
    return column.cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64)
