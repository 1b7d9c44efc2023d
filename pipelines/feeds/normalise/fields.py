"""A sender's columns into the fields of `mapping.FIELDS`: still text, cleaned of padding and of words for "nothing"."""

from dataclasses import dataclass
from functools import partial

import polars as pl

from core.errors import RefusedFileError
from pipelines.feeds.mapping.schema import FIELDS, Mapping, Source
from pipelines.feeds.normalise.availability import availability_state
from pipelines.feeds.normalise.distinct import Distinct, distinct, fold
from pipelines.feeds.normalise.keys import clean_keys
from pipelines.feeds.readers.raw_table import RawTable

NOTHING = ("", "-", "--", "---", ".", "n/a", "na", "n.a.", "#n/a", "nil", "null", "none", "not given", "unknown", "?")
"""Cells that senders fill to say that they have nothing to say."""

_LONGEST_NOTHING = max(map(len, NOTHING))
_INVISIBLE = "[\u200b-\u200f\u202a-\u202e\u2060\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_BLANK = " \t\r\n\u00a0\u2007\u202f\u3000"


@dataclass(frozen=True)
class FieldTable:
    """Hold rows as text by field: `row_number`, `key`, `key_lost` (it cannot be read), then every field of FIELDS.

    Rejects show the sender's own text: `names` has the column by field, and the frame has `cell_<field>` for the key
    and for fields whose words were replaced.
    """

    frame: pl.DataFrame
    names: dict[str, str]


def _clean(column: str, *, invisible: bool = True, short: bool = True) -> pl.Expr:
    """The text without padding, or null; with a flag off where the column has nothing that it is about."""
    text = pl.col(column)
    if invisible:
        text = text.str.replace_all(_INVISIBLE, "")
    text = text.str.strip_chars(_BLANK)
    if short:
        little = pl.when(text.str.len_bytes() <= _LONGEST_NOTHING).then(text)
        text = pl.when(little.str.to_lowercase().is_in(list(NOTHING)).fill_null(False)).then(None).otherwise(text)
    return text.alias(column)


class _Cells:
    """The sender's columns, cleaned: once a word where words repeat, else once a row."""

    def __init__(self, raw: pl.DataFrame, columns: list[str]) -> None:
        found = {column: distinct(raw.select(column)) for column in columns}
        self._words = {
            column: Distinct(cells.rows.select(_clean(column)), cells.codes)
            for column, cells in found.items()
            if cells.codes is not None
        }
        whole = [column for column in columns if column not in self._words]
        self._height = raw.height
        self._whole = raw.select(self._needs(raw, whole))

    @staticmethod
    def _needs(raw: pl.DataFrame, columns: list[str]) -> list[pl.Expr]:
        """How to clean whole columns; one look at all of them saves most of the work."""
        if not columns:
            return []
        looks = raw.select(
            *(pl.col(column).str.contains(_INVISIBLE).any().alias(f"invisible {column}") for column in columns),
            *(
                (pl.col(column).str.len_bytes() <= _LONGEST_NOTHING).any().alias(f"short {column}")
                for column in columns
            ),
            *(
                pl.col(column).str.contains(f"^[{_BLANK}]|[{_BLANK}]$").any().alias(f"padded {column}")
                for column in columns
            ),
        ).row(0, named=True)
        return [
            _clean(
                column,
                invisible=bool(looks[f"invisible {column}"]),
                short=any(looks[f"{what} {column}"] for what in ("invisible", "short", "padded")),
            )
            for column in columns
        ]

    def __len__(self) -> int:
        return self._height

    def column(self, name: str) -> pl.Series:
        """One column, cleaned."""
        words = self._words.get(name)
        return self._whole[name] if words is None else words.spread(words.rows).to_series()

    def work_out(self, columns: list[str], meaning: pl.Expr) -> pl.Series:
        """An expression over cleaned columns, row by row."""
        if len(columns) == 1 and (words := self._words.get(columns[0])) is not None:
            return words.spread(words.rows.select(meaning)).to_series()
        return pl.DataFrame([self.column(column) for column in columns]).select(meaning).to_series()


def _found(source: Source | None, have: set[str]) -> list[str]:
    return [] if source is None else [column for column in source.columns if column in have]


def _text(source: Source, columns: list[str]) -> pl.Expr:
    text = pl.coalesce(columns)
    if source.every:
        text = pl.concat_str(columns, separator="\n", ignore_nulls=True)
        text = pl.when(text != "").then(text)
    return text if source.pattern is None else text.str.extract(source.pattern, 1).str.strip_chars(_BLANK)


_REPLACED = {"availability"}
"""Fields whose words are replaced under every mapping."""


def _shown(mapping: Mapping, have: set[str], cells: _Cells) -> list[pl.Series]:
    """The sender's text of the key, and of fields whose words the mapping replaces, before it does."""
    sources = {field: mapping.columns[field] for field in _REPLACED | mapping.values.keys() if field in mapping.columns}
    sources["key"] = mapping.key[0]
    found = {field: _found(source, have) for field, source in sources.items()}
    return [
        cells.work_out(columns, pl.coalesce(columns).alias(f"cell_{field}"))
        for field, columns in found.items()
        if columns
    ]


def _field(mapping: Mapping, field: str, have: set[str], cells: _Cells) -> pl.Series | pl.Expr:
    if (constant := mapping.constants.get(field)) is not None:
        return pl.lit(constant).alias(field)
    source = mapping.columns.get(field)
    columns = _found(source, have)
    if source is None or not columns:
        return pl.lit(mapping.defaults.get(field), pl.String).alias(field)
    text = _text(source, columns)
    if words := mapping.values.get(field):
        folded = {word.casefold(): meaning for word, meaning in words.items()}
        text = text.str.to_lowercase().replace_strict(folded, default=text, return_dtype=pl.String)
    if (default := mapping.defaults.get(field)) is not None:
        text = text.fill_null(default)
    return cells.work_out(columns, text.alias(field))


def _key(mapping: Mapping, have: set[str], cells: _Cells) -> list[pl.Series]:
    """Build `key`, null where any part is missing or lost (half a key would merge different cars), and `key_lost`."""
    parts = [(source, columns) for source in mapping.key if (columns := _found(source, have))]
    if not parts:
        nothing = pl.repeat(None, len(cells), dtype=pl.String, eager=True).alias("key")
        return [nothing, nothing.is_not_null().alias("key_lost")]
    cleaned = [clean_keys(cells.work_out(columns, _text(source, columns))) for source, columns in parts]
    texts = pl.DataFrame([text.alias(f"{at}") for at, (text, _) in enumerate(cleaned)])
    lost = pl.DataFrame([lost.alias(f"{at}") for at, (_, lost) in enumerate(cleaned)])
    return [
        texts.select(pl.concat_str(pl.all(), separator="-").alias("key")).to_series(),
        lost.select(pl.any_horizontal(pl.all()).alias("key_lost")).to_series(),
    ]


def _needed(mapping: Mapping, require_price: bool) -> list[tuple[str, tuple[Source | None, ...]]]:
    """What a file must have to be read: a name for people, and the sources of which one must be there."""
    fields = mapping.columns.get
    needed: list[tuple[str, tuple[Source | None, ...]]] = [("key", (source,)) for source in mapping.key]
    if mapping.split_title:
        needed.append(("title", (fields("title"), fields("url"))))
    else:
        needed += [(field, (fields(field),)) for field in ("make", "model", "model_year")]
    if require_price:
        needed.append(("price", (fields("price"),)))
    return [item for item in needed if item[0] not in mapping.constants]


def refuse_missing_columns(mapping: Mapping, have: set[str], *, require_price: bool) -> None:
    """Raise where a file lacks the columns without which no row of it can become a listing.

    Raises:
        RefusedFileError: `missing_columns`; the sentence names what is missing and how it may be spelled.
    """
    missing = []
    for label, sources in _needed(mapping, require_price):
        columns = [column for source in sources if source is not None for column in source.columns]
        if not have.intersection(columns):
            missing.append(f"{label} ({' or '.join(columns)})")
    if missing:
        raise RefusedFileError(
            f"The file lacks columns that the mapping {mapping.name!r} needs: {', '.join(missing)}."
            " Add them, or choose another mapping.",
            code="missing_columns",
        )


def map_columns(raw: RawTable, mapping: Mapping, *, require_price: bool = True) -> FieldTable:
    """Rows by field, as the mapping says.

    Raises:
        RefusedFileError: `missing_columns`.
    """
    refuse_missing_columns(mapping, set(raw.frame.columns), require_price=require_price)
    return field_table(raw.frame, mapping)


def first_columns(mapping: Mapping, have: set[str]) -> dict[str, str | None]:
    """The column by which a field (or `key`) is shown to people, or None where the file has none for it."""
    sources = mapping.columns | {"key": mapping.key[0]}
    return {field: next(iter(_found(source, have)), None) for field, source in sources.items()}


def field_table(frame: pl.DataFrame, mapping: Mapping) -> FieldTable:
    """Rows by field, from a frame of `row_number` and cells that may be a part of the file."""
    have = set(frame.columns)
    sources = mapping.columns | {"key": mapping.key[0]}
    names = {field: name or sources[field].columns[0] for field, name in first_columns(mapping, have).items()}
    cells = _Cells(frame, [column for column in mapping.source_columns() if column in have])
    fields = [_field(mapping, field, have, cells) for field in FIELDS]
    table = frame.select("row_number", *_key(mapping, have, cells), *fields, *_shown(mapping, have, cells))
    state = partial(availability_state, column=names.get("availability", ""))
    return FieldTable(table.with_columns(fold(table["availability"], state)), names)
