"""Count the cells of a file that were not understood, by column, with the words that come most often."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from pipelines.feeds.normalise.gone_headers import is_mostly_gone, may_say_gone
from pipelines.feeds.normalise.unread_cells import GONE_BY_HEADER, KEPT, NOTED_FIELDS, CellNotes
from pipelines.feeds.refusal_codes import refusal
from pipelines.feeds.reject_codes import shown_value
from pipelines.feeds.unread_columns import UnreadColumn, unread_gone_column, worst_first

MOST_WORDS: Final = 5
_MOST_KEPT: Final = 10_000
"""Distinct words of a column that are counted: free text in the wrong column must not fill the memory."""
_MARK: Final = "\t"
NOTES_SCHEMA: Final = pl.Schema({"row_number": pl.Int32(), "filled": pl.UInt32(), "unread": pl.List(pl.String())})
"""The notes that the row cache keeps of a row: see `row_notes`."""


@dataclass
class UnreadCounter:
    """Adds up the notes of a file's chunks."""

    filled: Counter[str] = field(default_factory=Counter)
    words: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, notes: CellNotes) -> None:
        """Add the notes of rows that were normalised."""
        self.add_filled(filled_counts(notes.filled))
        self.add_words(notes.unread)

    def add_recognised(self, rows: pl.DataFrame) -> None:
        """Add the notes of rows whose outcome a cache knew: columns `filled` and `unread` of NOTES_SCHEMA."""
        if rows.is_empty():
            return
        self.add_filled(filled_counts(rows))
        parts = rows.select(pl.col("unread").drop_nulls().explode().str.split_exact(_MARK, 1)).unnest("unread")
        self.add_words(parts.rename({"field_0": "field", "field_1": "word"}))

    def add_filled(self, counts: Mapping[str, int]) -> None:
        """Add numbers of filled cells by field."""
        self.filled.update(counts)

    def add_words(self, unread: pl.DataFrame) -> None:
        """Add the words of cells that were not understood, by field."""
        if unread.is_empty():
            return
        counted = unread.group_by("field", "word").len().sort("len", "word", descending=[True, False])
        for name, word, cells in counted.iter_rows():
            words = self.words.setdefault(name, Counter())
            words["" if len(words) >= _MOST_KEPT and word not in words else word] += cells

    def columns(self, names: Mapping[str, str | None]) -> tuple[UnreadColumn, ...]:
        """Return the columns of which cells were not understood, by the sender's names of the fields."""
        return worst_first(
            UnreadColumn(names.get(name) or name, name, self.filled[name], words.total(), name in KEPT, _most(words))
            for name, words in self.words.items()
            if name != GONE_BY_HEADER
        )

    def refuse_mostly_gone(self, rows: int) -> None:
        """Raise where one column would take most of a file's rows off by its header alone.

        Raises:
            RefusedFileError: `mostly_gone`.
        """
        for column, cars in self.words.get(GONE_BY_HEADER, Counter()).most_common(1):
            if is_mostly_gone(cars, rows):
                shown = pl.select(shown_value(pl.lit(column))).item()
                raise refusal("mostly_gone", cars=f"{cars:,} of {rows:,} rows", column=repr(shown))


def unread_gone(others: Iterable[str]) -> tuple[UnreadColumn, ...]:
    """Return those of the columns that the mapping does not read whose header is one of cars that are gone.

    Of `buyer` and `buyer.name`, which is inside it, the first is told.
    """
    told: list[str] = []
    for name in others:
        if may_say_gone(name) and not name.startswith(tuple(f"{above}{mark}" for above in told for mark in "/.")):
            told.append(name)
    return tuple(map(unread_gone_column, told))


def _most(words: Counter[str]) -> tuple[tuple[str, int], ...]:
    ordered = sorted(((word, cells) for word, cells in words.items() if word), key=lambda each: (-each[1], each[0]))
    return tuple(ordered[:MOST_WORDS])


def filled_counts(rows: pl.DataFrame) -> dict[str, int]:
    """Count the filled cells of rows by field."""
    return rows.select(_bits()).row(0, named=True)


def filled_counts_by_file(rows: pl.DataFrame) -> dict[int, dict[str, int]]:
    """Count the filled cells by field for each `file`."""
    counted = rows.group_by("file").agg(_bits())
    return {row.pop("file"): row for row in counted.iter_rows(named=True)}


def _bits() -> list[pl.Expr]:
    return [((pl.col("filled") & (1 << at)) > 0).sum().alias(name) for at, name in enumerate(NOTED_FIELDS)]


def row_notes(notes: CellNotes) -> pl.DataFrame:
    """Return one row for each car (NOTES_SCHEMA): the words that were not understood, after their fields, or null.

    Cars with a date that was not understood are left out, so that they are read again: a date to come will be one.
    """
    marked = notes.unread.select("row_number", unread=pl.concat_str("field", "word", separator=_MARK))
    by_row = marked.group_by("row_number").agg("unread")
    undated = notes.unread.filter(pl.col("field") == "listed_on")
    dated = notes.filled.join(undated, on="row_number", how="anti", maintain_order="left")
    return dated.join(by_row, on="row_number", how="left").cast(NOTES_SCHEMA)
