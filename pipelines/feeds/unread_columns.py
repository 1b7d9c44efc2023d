"""Describe the columns of a file of which cells were not understood, and sheets of a workbook that were left out."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import polars as pl

from pipelines.feeds.reject_codes import shown_value

_SHEET, _LIST, _GONE, _ROWS = "sheet", "list", "gone", "hidden_rows"
SHEET_REASONS = {
    "hidden": "it is hidden",
    "named": "its name says that it is no stock",
    "other_columns": "it has no columns of a stock list",
    "like_stock": "it looks like stock, but its header differs from the list's",
}
"""The reasons for which a sheet is left out, by the code that the reader of workbooks gives."""
_MAY_BE_GONE = "may say that cars are gone, and the mapping does not read it"
NO_STOCK = "it has no columns of a stock list."
"""The reason for which a file beside the lists of a zip is left out without a doubt about missing cars."""


@dataclass(frozen=True)
class UnreadColumn:
    """A column of which cells were not understood. `kept`: their words were published as they are, else left out.

    A sheet of a workbook that was left out is told as a column whose `field` is `sheet`, its rows counted as cells, and
    the reason as its word.
    """

    column: str
    field: str
    filled: int
    not_understood: int
    kept: bool
    words: tuple[tuple[str, int], ...]
    """The commonest words, each with the number of its cells."""

    @property
    def whole(self) -> bool:
        """Whether no cell of the column was understood: then the mapping, rather than a cell, is wrong."""
        return self.not_understood == self.filled

    @property
    def is_like_stock(self) -> bool:
        """Whether it is a sheet whose cars may be stock, so that no car counts as gone because it is not named."""
        if self.field == _LIST:
            return self.words[0][0] != NO_STOCK
        return self.field == _SHEET and any(why == SHEET_REASONS["like_stock"] for why, _ in self.words)

    @property
    def sentence(self) -> str:
        """Say it to a person."""
        if self.field == _LIST:
            return f"List {self.column!r} of the .zip was left out: {self.words[0][0]}"
        if self.field == _SHEET:
            return self._sheet_sentence
        if self.field == _GONE:
            return f"Column {self.column!r} {_MAY_BE_GONE}: cars that it alone takes off are listed."
        if self.field == _ROWS:
            return (
                f"Sheet {self.column!r} has {self.filled:,} hidden rows, which were read like the others: delete those"
                " of cars that are sold, or give them a status."
            )
        words = ", ".join(f"{word!r} {cells:,}×" for word, cells in self.words)
        fate = "kept as written, but no list of ours knows them" if self.kept else "left out"
        share = f"none of its {self.filled:,}" if self.whole else f"{self.not_understood:,} of its {self.filled:,}"
        verb = "filled cells was understood" if self.whole else "filled cells were not understood"
        mend = " Correct the mapping or the column." if self.whole else ""
        return f"Column {self.column!r} ({self.field}): {share} {verb}; {fate}: {words}.{mend}"

    @property
    def _sheet_sentence(self) -> str:
        told = f"Sheet {self.column!r} was left out with its {self.filled:,} rows: {self.words[0][0]}."
        if not self.is_like_stock:
            return told
        return f"{told} No car is taken off for want of it: give it the header of the list, or send it alone."

    def as_json(self) -> dict[str, Any]:
        """Return what scripts and the database get."""
        words = [{"word": word, "cells": cells} for word, cells in self.words]
        return asdict(self) | {"words": words, "whole": self.whole}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `as_json` returned."""
        words = tuple((each["word"], each["cells"]) for each in values["words"])
        names = ("column", "field", "filled", "not_understood", "kept")
        return cls(**{name: values[name] for name in names}, words=words)


def left_out_sheet(name: str, rows: int, why: str) -> UnreadColumn:
    """Describe a sheet that is no part of the list, though it has rows."""
    shown = pl.select(shown_value(pl.lit(name))).item()
    return UnreadColumn(shown, _SHEET, rows, rows, kept=False, words=((SHEET_REASONS[why], rows),))


def read_hidden_rows(name: str, rows: int) -> UnreadColumn:
    """Describe the rows of a sheet that its dealer does not see, though they are read."""
    shown = pl.select(shown_value(pl.lit(name))).item()
    return UnreadColumn(shown, _ROWS, rows, rows, kept=True, words=(("hidden rows", rows),))


def left_out_list(name: str, why: str) -> UnreadColumn:
    """Describe a list of a zip that is not read; `why` is the sentence of its refusal, or NO_STOCK."""
    shown = pl.select(shown_value(pl.lit(name))).item()
    return UnreadColumn(shown, _LIST, 1, 1, kept=False, words=((why, 1),))


def unread_gone_column(name: str) -> UnreadColumn:
    """Describe a column that the mapping does not read, though its header is one of cars that are gone."""
    shown = pl.select(shown_value(pl.lit(name))).item()
    return UnreadColumn(shown, _GONE, 1, 1, kept=False, words=((_MAY_BE_GONE, 1),))


def worst_first(columns: Iterable[UnreadColumn]) -> tuple[UnreadColumn, ...]:
    """Sort: columns of which nothing was understood first, then by the number of cells."""
    return tuple(sorted(columns, key=lambda each: (not each.whole, -each.not_understood, each.column, each.field)))


def unread_row(dealer: str, file: str, column: UnreadColumn) -> dict[str, str | int]:
    """Return a column of a dealer's file as a row of a table for people."""
    words = ", ".join(f"{word} {cells}" for word, cells in column.words)
    return {
        "dealer": dealer, "file": file, "column": column.column, "field": column.field,
        "not_understood": column.not_understood, "filled": column.filled, "whole": str(column.whole), "words": words,
    }  # fmt: skip


def unread_of(stored: Iterable[Mapping[str, Any]]) -> tuple[UnreadColumn, ...]:
    """Read columns as the database and staged files keep them."""
    return tuple(map(UnreadColumn.from_json, stored))
