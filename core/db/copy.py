"""Copy frames into and out of tables by COPY, the fastest way, in the session's transaction."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import polars as pl
from polars.datatypes import DataType, DataTypeClass
from psycopg import Connection, sql
from sqlalchemy.orm import Session

Schema = dict[str, DataType | DataTypeClass]

_ROWS_AT_ONCE = 50_000  # bounds the memory of the encoded text, not the speed
_BYTES_AT_ONCE = 64_000_000
_WORTH_A_THREAD = 1_000_000  # bytes
_SPECIAL = r"[\\\t\n\r]"
_ARRAY_SPECIAL = r'[\\\t\n\r"]'

_Piece = tuple[list[str], str]
"""Columns, and rows in COPY's text format."""


def copy_frame(session: Session, table: str, frame: pl.DataFrame) -> None:
    """Append the frame's rows to `table`, whose columns of the same names they fill.

    Takes strings, numbers, dates, datetimes and lists of strings (as `text[]`); null is NULL, an empty string stays
    one, a binary column is sent as hex (`bytea`). Other columns of the table get their defaults.
    """
    copy_frames(session, table, [frame])


def copy_frames(session: Session, table: str, frames: Iterable[pl.DataFrame]) -> None:
    """Copy as `copy_frame` does, frames of the same columns that need not be there at the same time.

    While the server takes one, the next is made and encoded in a thread: polars works without Python's lock, and so
    does waiting for the server.
    """
    pieces = _encoded(frames)
    piece = next(pieces, None)
    if piece is None:
        return
    connection: Connection = session.connection().connection.driver_connection  # type: ignore[assignment]  # psycopg
    columns, text = piece
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for following in _ahead(pieces) if len(text) > _WORTH_A_THREAD else pieces:
            copy.write(text)
            _, text = following
        copy.write(text)


def _ahead(pieces: Iterator[_Piece]) -> Iterator[_Piece]:
    """Yield the same pieces, of which the next one is made while this one is used."""
    with ThreadPoolExecutor(1) as maker:
        coming = maker.submit(next, pieces, None)
        while (piece := coming.result()) is not None:
            coming = maker.submit(next, pieces, None)
            yield piece


def _encoded(frames: Iterable[pl.DataFrame]) -> Iterator[_Piece]:
    for frame in frames:
        for chunk in frame.iter_slices(_rows_at_once(frame)):
            if not chunk.is_empty():
                text = chunk.select(_as_text(chunk)).write_csv(
                    include_header=False, separator="\t", quote_style="never", null_value="\\N"
                )
                yield chunk.columns, text


def _rows_at_once(frame: pl.DataFrame) -> int:
    """Return a number of rows whose text stays small, also where each has some kilobytes."""
    a_row = int(frame.estimated_size()) // max(frame.height, 1)
    return max(1_000, min(_ROWS_AT_ONCE, _BYTES_AT_ONCE // max(a_row, 1)))


def _as_text(frame: pl.DataFrame) -> list[pl.Expr]:
    """Write columns in COPY's text format, a third of CSV's work: hardly a cell has a character to escape."""
    special = frame.select(
        pl.col(pl.String).str.contains(_SPECIAL).any(),
        pl.col(pl.List(pl.String)).explode().str.contains(_ARRAY_SPECIAL).any(),
    ).row(0, named=True)  # one query for all columns: in a small file each costs more than the cells
    return [_text(name, dtype, special=bool(special.get(name))) for name, dtype in frame.schema.items()]


def _text(name: str, dtype: pl.DataType, *, special: bool) -> pl.Expr:
    if isinstance(dtype, pl.List):
        literal = _array_literal(name, special=special)
        return _escaped(literal) if special else literal
    if dtype == pl.Binary:
        return pl.concat_str(pl.lit(r"\\x"), pl.col(name).bin.encode("hex")).alias(name)
    return _escaped(pl.col(name)) if special else pl.col(name)


def _escaped(text: pl.Expr) -> pl.Expr:
    for char, escape in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        text = text.str.replace_all(char, escape, literal=True)
    return text


def _array_literal(name: str, *, special: bool) -> pl.Expr:
    item = pl.element()
    if special:
        item = item.str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
    items = pl.col(name).list.eval(pl.concat_str(pl.lit('"'), item, pl.lit('"')))
    return pl.concat_str(pl.lit("{"), items.list.join(","), pl.lit("}")).alias(name)


def copy_out(session: Session, statement: str, schema: Schema) -> pl.DataFrame:
    """Read the rows of a `COPY (SELECT ...) TO STDOUT (FORMAT csv)`, in columns of the schema's names and types."""
    connection: Connection = session.connection().connection.driver_connection  # type: ignore[assignment]  # psycopg
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        data = b"".join(copy)
    if not data:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(data, has_header=False, schema=schema, quote_char='"')
