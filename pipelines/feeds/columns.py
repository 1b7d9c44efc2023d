"""A sender's columns into the fields of `mapping.FIELDS`: still text, cleaned of padding and of words for "nothing"."""

from dataclasses import dataclass

import polars as pl

from core.errors import RefusedFileError
from pipelines.feeds.mapping import FIELDS, Mapping, Source
from pipelines.feeds.raw import RawTable

NOTHING = ("", "-", "--", "---", ".", "n/a", "na", "n.a.", "#n/a", "nil", "null", "none", "not given", "unknown", "?")
"""Cells that senders fill to say that they have nothing to say."""

_LONGEST_NOTHING = max(map(len, NOTHING))
_INVISIBLE = "[\u200b-\u200f\u202a-\u202e\u2060\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_BLANK = " \t\r\n\u00a0\u2007\u202f\u3000"


@dataclass(frozen=True)
class FieldTable:
    """Rows as text by field: `row_number`, `key`, then every field of FIELDS.

    What rejects show is the sender's own: `names` has the column by field, and the frame has `cell_<field>` for key
    and for fields whose words were replaced.
    """

    frame: pl.DataFrame
    names: dict[str, str]


def _clean(column: str) -> pl.Expr:
    text = pl.col(column).str.replace_all(_INVISIBLE, "").str.strip_chars(_BLANK)
    short = pl.when(text.str.len_bytes() <= _LONGEST_NOTHING).then(text)
    return pl.when(short.str.to_lowercase().is_in(list(NOTHING)).fill_null(False)).then(None).otherwise(text)


def _source(source: Source, have: set[str]) -> pl.Expr | None:
    found = [_clean(column) for column in source.columns if column in have]
    if not found:
        return None
    text = pl.coalesce(found)
    if source.every:
        text = pl.concat_str(found, separator="\n", ignore_nulls=True)
        text = pl.when(text != "").then(text)
    return text if source.pattern is None else text.str.extract(source.pattern, 1).str.strip_chars(_BLANK)


def _cells(mapping: Mapping, have: set[str]) -> list[pl.Expr]:
    """The sender's text of the key, and of fields whose words the mapping replaces, before it does."""
    sources = {field: mapping.columns[field] for field in mapping.values if field in mapping.columns}
    sources["key"] = mapping.key[0]
    found = {
        field: [_clean(column) for column in source.columns if column in have] for field, source in sources.items()
    }
    return [pl.coalesce(cells).alias(f"cell_{field}") for field, cells in found.items() if cells]


def _field(mapping: Mapping, field: str, have: set[str]) -> pl.Expr:
    if (constant := mapping.constants.get(field)) is not None:
        return pl.lit(constant).alias(field)
    source = mapping.columns.get(field)
    text = None if source is None else _source(source, have)
    if text is None:
        return pl.lit(mapping.defaults.get(field), pl.String).alias(field)
    if words := mapping.values.get(field):
        folded = {word.casefold(): meaning for word, meaning in words.items()}
        text = text.str.to_lowercase().replace_strict(folded, default=text, return_dtype=pl.String)
    if (default := mapping.defaults.get(field)) is not None:
        text = text.fill_null(default)
    return text.alias(field)


def _key(mapping: Mapping, have: set[str]) -> pl.Expr:
    """Null where any part is missing: half a key would merge different cars."""
    parts = [_source(source, have) for source in mapping.key]
    found = [part for part in parts if part is not None]
    return pl.concat_str(found, separator="-").alias("key")


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
    have = set(raw.frame.columns)
    refuse_missing_columns(mapping, have, require_price=require_price)
    names = {
        field: next((column for column in source.columns if column in have), source.columns[0])
        for field, source in mapping.columns.items()
    }
    names["key"] = next(column for column in mapping.key[0].columns if column in have)
    fields = [_field(mapping, field, have) for field in FIELDS]
    return FieldTable(raw.frame.select("row_number", _key(mapping, have), *fields, *_cells(mapping, have)), names)
