"""Map a sender's columns to the fields of `schema.FIELDS`: still text, without padding and words for "nothing"."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import polars as pl

from core.errors import RefusedFileError
from pipelines.feeds.mapping.schema import FIELDS, Mapping, Source
from pipelines.feeds.normalise.availability import (
    AVAILABLE,
    GONE,
    UNKNOWN,
    asks_how_many,
    availability_state,
    gone_by_header,
    state_of_filled,
)
from pipelines.feeds.normalise.cells import BLANK, ODD, SHEET_ERROR, CleanColumns, readable
from pipelines.feeds.normalise.distinct import map_distinct
from pipelines.feeds.normalise.gone_words import gone_by_key, gone_by_price, gone_by_remark, without_gone_mark
from pipelines.feeds.normalise.keys import clean_keys


@dataclass(frozen=True)
class FieldTable:
    """Hold rows as text by field: `row_number`, `key`, `key_lost` (it cannot be read), FIELDS, `gone_by`.

    Rejects show the sender's own text: `names` has the column by field, and the frame has `cell_<field>` for the key,
    for fields whose words were replaced, and for those of which a cell shows an error of a spreadsheet.
    """

    frame: pl.DataFrame
    names: dict[str, str]


def _present_columns(source: Source | None, have: set[str]) -> list[str]:
    return [] if source is None else [column for column in source.columns if column in have]


def _text(source: Source, columns: list[str]) -> pl.Expr:
    text = pl.coalesce(columns)
    if source.every:
        text = pl.concat_str(columns, separator="\n", ignore_nulls=True)
        text = pl.when(text != "").then(text)
    return text if source.pattern is None else text.str.extract(source.pattern, 1).str.strip_chars(BLANK)


_LONG = {"photos", "description"}
"""Fields in which JSON and signs of any kind are read otherwise, or are the sender's own words."""
_REPLACED = {"availability"}
"""Fields whose words are replaced under every mapping."""


def _original_cells(mapping: Mapping, have: set[str], cells: CleanColumns, failed: set[str]) -> list[pl.Series]:
    """Return the sender's own text of the key, and of the fields whose words are replaced or of which cells failed."""
    shown = _REPLACED | mapping.values.keys() | failed
    sources = {field: mapping.columns[field] for field in sorted(shown) if field in mapping.columns}
    sources["key"] = mapping.key[0]
    found = {field: _present_columns(source, have) for field, source in sources.items()}
    return [
        cells.evaluate(columns, _shown(sources[field], columns).alias(f"cell_{field}"))
        for field, columns in found.items()
        if columns
    ]


def _shown(source: Source, columns: list[str]) -> pl.Expr:
    texts = [_without_person(column) for column in columns]
    return pl.concat_str(texts, separator=" / ", ignore_nulls=True) if source.every else pl.coalesce(texts)


def _without_person(column: str) -> pl.Expr:
    """Return the cells of a column, or the column's name where they name a buyer, whom rejects do not show."""
    if state_of_filled(column) is None:
        return pl.col(column)
    return pl.when(pl.col(column).is_not_null()).then(pl.lit(f"[{column}]"))


def _matching(mapping: Mapping, fields: Iterable[str], cells: CleanColumns, pattern: str) -> set[str]:
    """Return those of the fields of which a cell matches the pattern."""
    found = {field: _present_columns(mapping.columns.get(field), cells.names) for field in fields}
    return {field for field, columns in found.items() if columns and cells.any_match(columns, pattern)}


def _field(mapping: Mapping, field: str, odd: set[str], cells: CleanColumns) -> pl.Series | pl.Expr:
    if (constant := mapping.constants.get(field)) is not None:
        return pl.lit(constant).alias(field)
    source = mapping.columns.get(field)
    columns = _present_columns(source, cells.names)
    if source is None or not columns:
        return pl.lit(mapping.defaults.get(field), pl.String).alias(field)
    text = _text(source, columns)
    if field not in _LONG and (source.pattern is not None or field in odd):
        text = readable(text)
    elif field in odd:
        text = pl.when(~text.str.contains(SHEET_ERROR)).then(text)
    if words := mapping.values.get(field):
        folded = {word.casefold(): meaning for word, meaning in words.items()}
        text = text.str.to_lowercase().replace_strict(folded, default=text, return_dtype=pl.String)
    if (default := mapping.defaults.get(field)) is not None:
        text = text.fill_null(default)
    return cells.evaluate(columns, text.alias(field))


def _key(mapping: Mapping, have: set[str], cells: CleanColumns) -> list[pl.Series]:
    """Build `key`, `key_lost` and `key_gone`; half a key would merge different cars, so it is null then."""
    parts = [(source, columns) for source in mapping.key if (columns := _present_columns(source, have))]
    if not parts:
        nothing = pl.repeat(None, len(cells), dtype=pl.String, eager=True).alias("key")
        return [nothing, *(nothing.is_not_null().alias(name) for name in ("key_lost", "key_gone"))]
    plain = [without_gone_mark(cells.evaluate(columns, _text(source, columns))) for source, columns in parts]
    cleaned = [clean_keys(text) for text, _ in plain]
    gone = pl.DataFrame([marked.alias(f"{at}") for at, (_, marked) in enumerate(plain)])
    texts = pl.DataFrame([text.alias(f"{at}") for at, (text, _) in enumerate(cleaned)])
    lost = pl.DataFrame([lost.alias(f"{at}") for at, (_, lost) in enumerate(cleaned)])
    return [
        texts.select(pl.concat_str(pl.all(), separator="-").alias("key")).to_series(),
        lost.select(pl.any_horizontal(pl.all()).alias("key_lost")).to_series(),
        gone.select(pl.any_horizontal(pl.all()).alias("key_gone")).to_series(),
    ]


def _needed(mapping: Mapping, *, require_price: bool) -> list[tuple[str, tuple[Source | None, ...]]]:
    """List what a file must have: a label for people, and the sources of which one must be there."""
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
    for label, sources in _needed(mapping, require_price=require_price):
        columns = [column for source in sources if source is not None for column in source.columns]
        if not have.intersection(columns):
            missing.append(f"{label} ({' or '.join(columns)})")
    if missing:
        raise RefusedFileError(
            f"The file lacks columns that the mapping {mapping.name!r} needs: {', '.join(missing)}."
            " Add them, or choose another mapping.",
            code="missing_columns",
        )


def first_columns(mapping: Mapping, have: set[str]) -> dict[str, str | None]:
    """Return the column by which a field (or `key`) is shown to people, or None where the file has none for it."""
    sources = mapping.columns | {"key": mapping.key[0]}
    return {field: next(iter(_present_columns(source, have)), None) for field, source in sources.items()}


def _counting(mapping: Mapping) -> list[str]:
    """Return the columns that tell availability alone, by how many such cars are there."""
    said = mapping.columns.get("availability")
    others = (*mapping.key, *(source for field, source in mapping.columns.items() if field != "availability"))
    elsewhere = {column for source in others for column in source.columns}
    return [] if said is None else [name for name in said.columns if name not in elsewhere and asks_how_many(name)]


def field_table(frame: pl.DataFrame, mapping: Mapping) -> FieldTable:
    """Map to fields a frame of `row_number` and cells, which may be a part of the file."""
    have = set(frame.columns)
    sources = mapping.columns | {"key": mapping.key[0]}
    names = {field: name or sources[field].columns[0] for field, name in first_columns(mapping, have).items()}
    columns = [column for column in mapping.source_columns() if column in have]
    cells = CleanColumns(frame, columns, _counting(mapping))
    odd = _matching(mapping, mapping.columns, cells, ODD)
    fields = [_field(mapping, field, odd, cells) for field in FIELDS]
    own = _original_cells(mapping, have, cells, _matching(mapping, sorted(odd), cells, SHEET_ERROR))
    table = frame.select("row_number", *_key(mapping, have, cells), *fields, *own)
    table = table.with_columns(_states(mapping, table["availability"], cells))
    return FieldTable(gone_by_remark(gone_by_price(gone_by_key(table))), names)


def _states(mapping: Mapping, texts: pl.Series, cells: CleanColumns) -> list[pl.Series]:
    """Return the state of each row, and `gone_by`: the column by whose header alone its car is gone.

    Of several columns (`every`) one that says "gone" decides, then an unknown word.
    """
    source = mapping.columns.get("availability")
    columns = _present_columns(source, cells.names)
    if source is None or not source.every or len(columns) < 2:
        column = columns[0] if columns else source.columns[0] if source is not None else ""
        state = map_distinct(texts, partial(availability_state, column=column))
        return [state, _gone_by({column: texts}, {column: state})]
    said = {column: _said(mapping, column, cells) for column in columns}
    states = {column: map_distinct(said[column], partial(availability_state, column=column)) for column in columns}
    every = pl.DataFrame([state.alias(str(at)) for at, state in enumerate(states.values())])
    order = (*GONE, UNKNOWN, AVAILABLE)
    found = pl.coalesce(
        pl.when(pl.any_horizontal((pl.all() == state).fill_null(value=False))).then(pl.lit(state)) for state in order
    )
    return [every.select(found.alias("availability")).to_series(), _gone_by(said, states)]


def _gone_by(texts: dict[str, pl.Series], states: dict[str, pl.Series]) -> pl.Series:
    """Return the first column by whose header alone a car is gone, null where a cell says so itself."""
    length = len(next(iter(texts.values())))
    found = pl.repeat(None, length, dtype=pl.String, eager=True).alias("gone_by")
    told = pl.repeat(False, length, dtype=pl.Boolean, eager=True)
    for column, state in states.items():
        gone = state.is_in(GONE).fill_null(value=False)
        if not gone.any():
            continue
        by_header = map_distinct(texts[column], partial(gone_by_header, column=column), pl.Boolean)
        by_header = by_header.fill_null(value=False)
        told |= gone & ~by_header
        name = pl.when(by_header).then(pl.lit(column))
        found = pl.select(pl.coalesce(found, name).alias("gone_by")).to_series()
    return pl.select(pl.when(~told).then(found).alias("gone_by")).to_series()


def _said(mapping: Mapping, column: str, cells: CleanColumns) -> pl.Series:
    """Return the words of one of several columns, with those of the mapping in their place."""
    alone = mapping.model_copy(update={"columns": {"availability": Source(columns=(column,))}, "constants": {}})
    texts = pl.DataFrame([cells.column(column)]).select(_field(alone, "availability", {"availability"}, cells))
    return texts.to_series()
