"""Find the cells of accepted columns that were not understood, so that no word of a dealer is lost silently.

A cell of price, year, status and the like that cannot be read rejects its row, which is told by its code. A cell of
any other column costs the car this one fact, or is kept though the catalogue does not know it: these are found here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.normalise.catalogue import is_known_make, is_known_model
from pipelines.feeds.normalise.cells import SHEET_ERROR
from pipelines.feeds.normalise.distinct import apply_distinct
from pipelines.feeds.normalise.fields import FieldTable
from pipelines.feeds.normalise.places import is_known_place
from pipelines.feeds.reject_codes import shown_value

_HAS_VALUE: Final = {
    "mileage": pl.col("mileage_km").is_not_null() | pl.col("mileage_problem").is_not_null(),
    "engine": pl.col("engine_cc").is_not_null() | pl.col("battery_kwh").is_not_null(),
    "photos": pl.col("photos").list.len() > 0,
} | {
    name: pl.col(name).is_not_null()
    for name in ("fuel", "transmission", "body", "assembly", "color", "listed_on", "url", "province", "chassis_number")
}
KEPT: Final = ("make", "model", "city", "location")
"""Fields whose unknown words are kept as they are written."""
_ERRORS_ALONE: Final = ("price", "variant", "area", "registered_in", "description")
"""Fields of which any word is understood, or else rejects its row, but not an error of a spreadsheet."""
_PRIVATE: Final = ("chassis_number",)
"""Fields of whose words the form alone is told, as `#.##E+##`: a number with one wrong sign is nearly the number."""
NOTED_FIELDS: Final = (*_HAS_VALUE, *KEPT, *_ERRORS_ALONE)
"""The place of a field in this tuple is its bit in `filled`."""
GONE_BY_HEADER: Final = "gone_by_header"
"""Stands where a field does for cars that are gone by their column's header alone; its word is that column."""
UNREAD_SCHEMA: Final = pl.Schema({"row_number": pl.Int32, "field": pl.String, "word": pl.String})
LONGEST_WORD: Final = 60
_NO_CAR: Final = "other"


@dataclass(frozen=True)
class CellNotes:
    """State which cells of each row hold anything, and which of these were not understood."""

    filled: pl.DataFrame
    """`row_number` and `filled`: bits of NOTED_FIELDS."""
    unread: pl.DataFrame
    """UNREAD_SCHEMA: one row for each cell that was not understood, contacts in its word masked."""


def note_cells(table: FieldTable, cars: pl.DataFrame, mapping: Mapping) -> CellNotes:
    """Compare the cells of a frame with what became of them; rows that are no cars have nothing to say."""
    noted = [name for name in NOTED_FIELDS if name in mapping.columns and name not in mapping.constants]
    cells, car = table.frame, table.frame["kind"].ne_missing(_NO_CAR)
    errors = _errors(cells, noted)
    filled_in = {name: cells[name].is_not_null() | errors.get(name, pl.Series([False])) for name in noted}
    has_cell = {name: rows & car for name, rows in filled_in.items() if rows.any()}
    bits = [filled.cast(pl.UInt32) * (1 << NOTED_FIELDS.index(name)) for name, filled in has_cell.items()]
    filled = pl.select(pl.sum_horizontal(pl.repeat(0, cells.height, dtype=pl.UInt32), *bits).alias("filled"))
    missed = _missed(has_cell, cars, errors)
    parts = [_words(table, name, rows) for name, rows in missed.items()]
    gone = cells.filter(pl.col("gone_by").is_not_null() & car)
    by_header = gone.select("row_number", field=pl.lit(GONE_BY_HEADER), word="gone_by")
    unread = pl.concat([pl.DataFrame(schema=UNREAD_SCHEMA), *parts, by_header])
    return CellNotes(pl.DataFrame([cells["row_number"], filled["filled"].cast(pl.UInt32)]), unread)


def _errors(cells: pl.DataFrame, noted: list[str]) -> dict[str, pl.Series]:
    """Return, for each field that may have any, which of its cells show an error of a spreadsheet."""
    own = {name: f"cell_{name}" for name in noted}
    return {
        name: cells[column].str.contains(SHEET_ERROR).fill_null(value=False)
        for name, column in own.items()
        if column in cells.columns
    }


def _missed(has_cell: dict[str, pl.Series], cars: pl.DataFrame, errors: dict[str, pl.Series]) -> dict[str, pl.Series]:
    """Return, for each field of which a cell was not understood, which rows these are."""
    values = cars.select(_HAS_VALUE[name].alias(name) for name in has_cell if name in _HAS_VALUE)
    known = {name: values[name] for name in values.columns}
    for name, columns, is_known in _CATALOGUES:
        if name in has_cell:
            known[name] = _look_up(cars.select(columns), is_known)
    missed = {name: has_cell[name] & ~known[name] for name in known}
    for name in errors.keys() & has_cell.keys():
        missed[name] = (missed[name] | errors[name] if name in missed else errors[name]) & has_cell[name]
    return {name: rows for name, rows in missed.items() if rows.any()}


def _look_up(words: pl.DataFrame, is_known: Callable[..., bool]) -> pl.Series:
    def judged(rows: pl.DataFrame) -> pl.DataFrame:
        return pl.DataFrame({"known": [is_known(*row) for row in rows.iter_rows()]}, schema={"known": pl.Boolean})

    return apply_distinct(words, judged)["known"]


_CATALOGUES: Final[tuple[tuple[str, tuple[str, ...], Callable[..., bool]], ...]] = (
    ("make", ("make",), is_known_make),
    ("model", ("make", "model"), is_known_model),
    ("city", ("city", "province"), is_known_place),
    ("location", ("city", "province"), is_known_place),
)


def _words(table: FieldTable, field: str, rows: pl.Series) -> pl.DataFrame:
    own = f"cell_{field}"
    text = table.frame[own if own in table.frame.columns else field].filter(rows).alias("word")
    if field in _PRIVATE:
        text = text.str.replace_all(r"\p{N}", "#")
    shown = apply_distinct(text.to_frame(), lambda words: words.select(shown_value(pl.col("word"))))
    return shown.select(
        table.frame["row_number"].filter(rows),
        pl.lit(field).alias("field"),
        pl.col("word").str.slice(0, LONGEST_WORD).fill_null("").alias("word"),
    )
