"""Turn cells into listings and rejects: the step that whole files, chunks of large ones and batches share."""

from dataclasses import dataclass

import polars as pl

from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.normalise.cars import ignore_price_problems, normalise
from pipelines.feeds.normalise.fields import field_table
from pipelines.feeds.normalise.row_rules import apply_rules
from pipelines.feeds.normalise.unread_cells import CellNotes, note_cells
from pipelines.feeds.reject_codes import reject_frame


@dataclass(frozen=True)
class ReadRows:
    """The listings and the rejects of a frame, both in the file's order, and which of its cells were understood."""

    listings: pl.DataFrame
    rejects: pl.DataFrame
    notes: CellNotes


@dataclass(frozen=True)
class RowReader:
    """The settings by which rows are read, the same for all rows of a file."""

    mapping: Mapping
    latest_year: int
    """The newest model year that is accepted."""
    require_price: bool = True
    """Otherwise a price that cannot be used becomes null and is no reason to reject its row."""

    def read(self, frame: pl.DataFrame, unreadable: pl.DataFrame, file_of_row: pl.Expr | None = None) -> ReadRows:
        """Judge the rows of a frame of cells.

        Args:
            frame: `row_number` and the columns that the file has.
            unreadable: rows that the reader could not split into cells (`raw_rejects`); they become rejects.
            file_of_row: for a frame of several files, the number of a row's file, to be named `file`: keys are
                compared within a file, and the listings have that column.
        """
        table = field_table(frame, self.mapping)
        cars = normalise(table.frame, self.mapping)
        notes = note_cells(table, cars, self.mapping)
        if not self.require_price:
            cars = ignore_price_problems(cars)
        if file_of_row is not None:
            cars = cars.with_columns(file_of_row.alias("file"))
        listings, rejects = apply_rules(cars, table, split_title=self.mapping.split_title, latest_year=self.latest_year)
        return ReadRows(listings, pl.concat([rejects, reject_frame(unreadable)]).sort("row_number"), notes)
