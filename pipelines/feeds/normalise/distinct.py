"""Compute once for each distinct value instead of once a row: most columns of a stock list hold few different words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars.datatypes import DataType, DataTypeClass

_FEWEST_ROWS = 4_000
"""Below this looking for repetitions costs more than it saves."""
_SAMPLE = 1_000
_ROWS_PER_WORD = 4
"""At fewer rows to a distinct word, finding the words costs more than it saves."""

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Distinct:
    """Hold the distinct rows of a frame, and for each original row the index of its distinct row.

    Where repetitions are too few to be worth it, `rows` is the whole and `codes` None: code that works on `rows` and
    calls `spread` gets the same result.
    """

    rows: pl.DataFrame
    codes: Codes | None = None

    def spread(self, meanings: pl.DataFrame) -> pl.DataFrame:
        """Return one row of `meanings` for each original row; `meanings` has one for each of `rows`."""
        return meanings if self.codes is None else meanings[self.codes]


def distinct(frame: pl.DataFrame) -> Distinct:
    """Find the distinct rows of a frame of text."""
    if frame.height < _FEWEST_ROWS:
        return Distinct(frame)
    encoded = [_encoded(column) for column in frame]
    columns = [each for each in encoded if each is not None]
    combinations = int(np.prod([len(words) for _, words in columns]))
    if len(columns) < len(encoded) or combinations > 10 * frame.height:
        return Distinct(frame)
    codes: Codes = np.zeros(frame.height, np.int64)
    for places, words in columns:
        codes = codes * len(words) + places
    found = np.zeros(combinations, np.bool_)
    found[codes] = True
    used = np.flatnonzero(found)
    texts, rest = [], used
    for _, words in reversed(columns):
        texts.append(words.gather(rest % len(words)))
        rest = rest // len(words)
    return Distinct(pl.DataFrame(texts[::-1]), (np.cumsum(found) - 1)[codes])


def _encoded(column: pl.Series) -> tuple[Codes, pl.Series] | None:
    """Return the index of every value among the distinct ones, and these (with null); None where most differ."""
    if column.null_count() == column.len():
        return np.zeros(column.len(), np.int64), column.head(1)
    few, most = column.head(_SAMPLE), column.len() // _ROWS_PER_WORD
    # A thousand rows can show that words repeat, but not that they do not: prices may occur forty times in the file.
    if few.n_unique() > few.len() // _ROWS_PER_WORD and _count_distinct(column) > most:
        return None
    large = column.to_arrow(compat_level=pl.CompatLevel.oldest())  # Arrow cannot encode views
    encoded = large.dictionary_encode(null_encoding="encode")
    words = pl.Series(column.name, encoded.dictionary, dtype=pl.String)
    return pl.Series(encoded.indices).to_numpy().astype(np.int64), words  # Arrow's own way would import pandas


def _count_distinct(column: pl.Series) -> int:
    return int(column.to_frame().select(pl.all().approx_n_unique()).item())


def apply_distinct(frame: pl.DataFrame, function: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
    """Apply a function that works row by row, to the distinct rows alone."""
    rows = distinct(frame)
    return rows.spread(function(rows.rows))


def map_distinct(
    column: pl.Series, function: Callable[[str], Any], dtype: DataType | DataTypeClass = pl.String
) -> pl.Series:
    """Apply a function to every distinct value; nulls stay null."""
    rows = distinct(column.to_frame())
    words = rows.rows.to_series().to_list()
    meanings = {word: None if word is None else function(word) for word in set(words)}
    folded = pl.Series(column.name, [meanings[word] for word in words], dtype=dtype)
    return rows.spread(folded.to_frame()).to_series()
