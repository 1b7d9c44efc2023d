"""Clean cells as text: padding, invisible characters, words for "nothing", entities, errors of spreadsheets, JSON."""

import html
import re
from collections.abc import Collection

import numpy as np
import polars as pl

from pipelines.feeds.normalise.distinct import Distinct, distinct

EMPTY_WORDS = (
    "",
    "-",
    "--",
    "---",
    ".",
    "n/a",
    "na",
    "n.a.",
    "nil",
    "null",
    "none",
    "not given",
    "unknown",
    "?",
)
"""Cells that senders fill to say that they have nothing to say."""
NONE_LEFT = ("-", "--", "---", "nil", "none")
"""Those of EMPTY_WORDS that mean 0 in a column which counts cars: programs of accounts show 0 as a dash."""

_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]\w{1,30});", re.IGNORECASE)
SHEET_ERROR = r"(?i)^#(?:[A-Z/0]+[!?]|N/?A|#+)$"
"""A cell in which a spreadsheet shows that it has no value, but should have one."""
_NAME_IN_JSON = r"""^\{.*?["']?\b(?:name|title|label|text|value|city)["']?\s*:\s*["']?([^"',}]*)"""
_LONGEST_EMPTY_WORD = max(map(len, EMPTY_WORDS))
_INVISIBLE = "[\u200b-\u200f\u202a-\u202e\u2060\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_DELETE = 0x7F
BLANK = " \t\r\n\u00a0\u2007\u202f\u3000"


def _clean(column: str, kept: Collection[str], *, invisible: bool = True, short: bool = True) -> pl.Expr:
    """Build the text without padding, or null unless it is one of the empty words to be kept.

    A flag that is off skips a step that the column does not need.
    """
    text = pl.col(column)
    if invisible:
        text = text.str.replace_all(_INVISIBLE, "")
    text = text.str.strip_chars(BLANK)
    if short:
        little = pl.when(text.str.len_bytes() <= _LONGEST_EMPTY_WORD).then(text)
        empty = [word for word in EMPTY_WORDS if word not in kept]
        text = pl.when(little.str.to_lowercase().is_in(empty).fill_null(value=False)).then(None).otherwise(text)
    return text.alias(column)


def without_entities(cells: pl.Series) -> pl.Series:
    """Write "Land&nbsp;Rover" and "V8 &amp; Sport" as they are read; only what ends with a semicolon is an entity."""
    if not cells.str.contains("&", literal=True).any():
        return cells
    places = cells.str.contains("(?i)" + _ENTITY.pattern).arg_true()
    plain = [_ENTITY.sub(lambda entity: html.unescape(entity[0]), cell) for cell in cells.gather(places)]
    return cells.scatter(places, plain)


ODD = r"^[#{\[]"
"""The beginnings of the cells that `readable` rewrites."""


def readable(text: pl.Expr) -> pl.Expr:
    """Return null for an error of a spreadsheet, and the name in a JSON object where one word was meant."""
    odd = text.str.contains(ODD)
    inside = pl.coalesce(text.str.extract(_NAME_IN_JSON, 1), text.str.extract(r"""^\[\s*["']([^"']*)["']\s*\]$""", 1))
    known = pl.when(text.str.contains(r"^[{\[]")).then(inside).when(~text.str.contains(SHEET_ERROR)).then(text)
    return pl.when(odd).then(known).otherwise(text)


def _may_hold_invisible(cells: pl.Series) -> bool:
    """Tell whether to look for invisible characters: plain ASCII, found at a tenth of the cost, has but a few."""
    text = cells.to_arrow(compat_level=pl.CompatLevel.oldest()).buffers()[2]
    octets = np.frombuffer(text or b"", np.uint8)
    if octets.max(initial=0) >= _DELETE:
        return True
    return bool(np.count_nonzero(octets < ord(" ")) > sum(np.count_nonzero(octets == sign) for sign in b"\t\n\r"))


class CleanColumns:
    """Clean the sender's columns: each distinct word once where words repeat, else each row.

    In the columns of `counts` the words of NONE_LEFT are kept.
    """

    def __init__(self, raw: pl.DataFrame, columns: list[str], counts: Collection[str] = ()) -> None:
        self.names = set(columns)
        self._kept = dict.fromkeys(counts, NONE_LEFT)
        found = {column: distinct(raw.select(column)) for column in columns}
        readable = {column: without_entities(cells.rows.to_series()).to_frame() for column, cells in found.items()}
        self._words = {
            column: Distinct(readable[column].select(_clean(column, self._kept.get(column, ()))), cells.codes)
            for column, cells in found.items()
            if cells.codes is not None
        }
        whole = [column for column in columns if column not in self._words]
        texts = pl.DataFrame([readable[column].to_series() for column in whole])
        self._height = raw.height
        self._whole = texts.select(self._needs(texts, whole))

    def _needs(self, raw: pl.DataFrame, columns: list[str]) -> list[pl.Expr]:
        """Build the expressions that clean whole columns; looking for odd characters first saves most of the work."""
        if not columns:
            return []
        looks = raw.select(
            *(
                pl.col(column).str.contains(_INVISIBLE).any().alias(f"invisible {column}")
                if _may_hold_invisible(raw[column])
                else pl.lit(value=False).alias(f"invisible {column}")
                for column in columns
            ),
            *(
                (pl.col(column).str.len_bytes() <= _LONGEST_EMPTY_WORD).any().alias(f"short {column}")
                for column in columns
            ),
            *(
                (pl.col(column).str.strip_chars(BLANK) != pl.col(column)).any().alias(f"padded {column}")
                for column in columns
            ),
        ).row(0, named=True)
        return [
            _clean(
                column,
                self._kept.get(column, ()),
                invisible=bool(looks[f"invisible {column}"]),
                short=any(looks[f"{what} {column}"] for what in ("invisible", "short", "padded")),
            )
            for column in columns
        ]

    def any_match(self, columns: list[str], pattern: str) -> bool:
        """Tell whether a cell of one of these columns matches the pattern."""
        cells = (self._words[name].rows[name] if name in self._words else self._whole[name] for name in columns)
        return any(each.str.contains(pattern).any() for each in cells)

    def __len__(self) -> int:
        return self._height

    def column(self, name: str) -> pl.Series:
        """Return one column, cleaned."""
        words = self._words.get(name)
        return self._whole[name] if words is None else words.spread(words.rows).to_series()

    def evaluate(self, columns: list[str], meaning: pl.Expr) -> pl.Series:
        """Evaluate an expression over cleaned columns, row by row."""
        if len(columns) == 1 and (words := self._words.get(columns[0])) is not None:
            return words.spread(words.rows.select(meaning)).to_series()
        return pl.DataFrame([self.column(column) for column in columns]).select(meaning).to_series()
