"""Describe the columns of a file of which cells were not understood."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True)
class UnreadColumn:
    """A column of which cells were not understood. `kept`: their words were published as they are, else left out."""

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
    def sentence(self) -> str:
        """Say it to a person."""
        words = ", ".join(f"{word!r} {cells:,}×" for word, cells in self.words)
        fate = "kept as written, but no list of ours knows them" if self.kept else "left out"
        share = f"none of its {self.filled:,}" if self.whole else f"{self.not_understood:,} of its {self.filled:,}"
        verb = "filled cells was understood" if self.whole else "filled cells were not understood"
        return f"Column {self.column!r} ({self.field}): {share} {verb}; {fate}: {words}."

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
