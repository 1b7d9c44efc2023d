"""Write the unit of a column, which stands on a line below the header, beside each of its numbers."""

from collections.abc import Mapping

import polars as pl


def with_units(frame: pl.DataFrame, units: Mapping[str, str]) -> pl.DataFrame:
    """Return the cells with their column's unit, as a workbook's number format shows it: "52000" becomes "52000 mi"."""
    return frame.with_columns(
        pl.when(pl.col(name).str.contains(r"\d\s*$"))
        .then(pl.col(name) + f" {unit}")
        .otherwise(pl.col(name))
        .alias(name)
        for name, unit in units.items()
    )
