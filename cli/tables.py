"""Print tables and text on a terminal: dealers' own text is shown, never interpreted."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

_UNFOLDED = 10_000
"""Columns of a file or a pipe: each row stands on one line."""


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    """Print a table on stdout; numbers stand right, None is empty, control characters become spaces."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    body = [list(row) for row in rows]
    for at, heading in enumerate(headings):
        numeric = bool(body) and all(isinstance(row[at], int) for row in body)
        table.add_column(heading, justify="right" if numeric else "left", overflow="fold")
    for row in body:
        table.add_row(*(_cell(value) for value in row))
    out = Console(highlight=False)
    if not out.is_terminal:  # names that are cut in two cannot be found by grep
        out.width = _UNFOLDED
    out.print(table)


def _cell(value: object) -> Text:
    shown = f"{value:,}" if isinstance(value, int) else "" if value is None else str(value)
    return Text(printable(shown))


def percent(share: object) -> str:
    """Write a share as per cent; empty where it is not known."""
    return f"{share:.1%}" if isinstance(share, float) else ""


def printable(text: str) -> str:
    """Replace characters that would steer a terminal, and half characters that cannot be printed, by spaces."""
    return "".join(each if each.isprintable() else " " for each in text)
