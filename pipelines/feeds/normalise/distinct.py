"""Fold a column's words by a plain function that is called once per distinct spelling, not once per row."""

from collections.abc import Callable
from typing import Any

import polars as pl
from polars.datatypes import DataType, DataTypeClass


def fold(column: pl.Series, function: Callable[[str], Any], dtype: DataType | DataTypeClass | None = None) -> pl.Series:
    """`function` of every value; nulls stay null. `dtype` is String unless given."""
    words = column.unique().drop_nulls()
    meanings = pl.Series([function(word) for word in words], dtype=dtype or pl.String)
    return column.replace_strict(words, meanings, default=None, return_dtype=dtype or pl.String)
