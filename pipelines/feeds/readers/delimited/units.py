"""Write the unit of a column, which stands on a line below the header, beside each of its numbers."""

from collections.abc import Mapping

import polars as pl

_OF_DISTANCE = "thousand "
"""The beginning of a unit such as "thousand km": nobody means it of a number of four digits."""


def with_units(frame: pl.DataFrame, units: Mapping[str, str]) -> pl.DataFrame:
    """Return the cells with their column's unit, as a workbook's number format shows it: "52000" becomes "52000 mi"."""
    return frame.with_columns(_with_unit(pl.col(name), unit).alias(name) for name, unit in units.items())


def _with_unit(cell: pl.Expr, unit: str) -> pl.Expr:
    beside = cell + f" {unit}"
    if unit.startswith(_OF_DISTANCE):
        short = cell.str.contains(r"^\s*\d{1,3}(?:\.\d+)?\s*$")
        beside = pl.when(short).then(beside).otherwise(cell + f" {unit.removeprefix(_OF_DISTANCE)}")
    return pl.when(cell.str.contains(r"\d\s*$")).then(beside).otherwise(cell)
