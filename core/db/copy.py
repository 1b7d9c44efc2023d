"""Frames into and out of tables by COPY: the one fast way, columnar up to the wire, in the session's transaction."""

import polars as pl
from polars.datatypes import DataType, DataTypeClass
from psycopg import Connection, sql
from sqlalchemy.orm import Session

Schema = dict[str, DataType | DataTypeClass]

_ROWS_AT_ONCE = 50_000  # bounds the memory of the encoded text, not the speed
_SPECIAL = r"[\\\t\n\r]"
_ARRAY_SPECIAL = r'[\\\t\n\r"]'


def copy_frame(session: Session, table: str, frame: pl.DataFrame) -> None:
    """Append the frame's rows to `table`, whose columns of the same names they fill.

    Takes strings, numbers, dates, datetimes and lists of strings (as `text[]`); null is NULL, an empty string stays
    one, a binary column is sent as hex (`bytea`). Other columns of the table get their defaults.
    """
    if frame.is_empty():
        return
    connection: Connection = session.connection().connection.driver_connection  # type: ignore[assignment]  # psycopg
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, frame.columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for chunk in frame.iter_slices(_ROWS_AT_ONCE):
            text = chunk.select(_as_text(chunk)).write_csv(
                include_header=False, separator="\t", quote_style="never", null_value="\\N"
            )
            copy.write(text)


def _as_text(frame: pl.DataFrame) -> list[pl.Expr]:
    """Columns in COPY's text format, which is a third of CSV's work: hardly a cell has a character to escape."""
    special = frame.select(
        pl.col(pl.String).str.contains(_SPECIAL).any(),
        pl.col(pl.List(pl.String)).explode().str.contains(_ARRAY_SPECIAL).any(),
    ).row(0, named=True)  # one question for all columns: a small file has more columns than patience
    return [_text(name, dtype, bool(special.get(name))) for name, dtype in frame.schema.items()]


def _text(name: str, dtype: pl.DataType, special: bool) -> pl.Expr:
    if isinstance(dtype, pl.List):
        literal = _array_literal(name, special)
        return _escaped(literal) if special else literal
    if dtype == pl.Binary:
        return pl.concat_str(pl.lit(r"\\x"), pl.col(name).bin.encode("hex")).alias(name)
    return _escaped(pl.col(name)) if special else pl.col(name)


def _escaped(text: pl.Expr) -> pl.Expr:
    for char, escape in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        text = text.str.replace_all(char, escape, literal=True)
    return text


def _array_literal(name: str, special: bool) -> pl.Expr:
    item = pl.element()
    if special:
        item = item.str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
    items = pl.col(name).list.eval(pl.concat_str(pl.lit('"'), item, pl.lit('"')))
    return pl.concat_str(pl.lit("{"), items.list.join(","), pl.lit("}")).alias(name)


def copy_out(session: Session, statement: str, schema: Schema) -> pl.DataFrame:
    """The rows of a `COPY (SELECT ...) TO STDOUT (FORMAT csv)`, in columns of the schema's names and types."""
    connection: Connection = session.connection().connection.driver_connection  # type: ignore[assignment]  # psycopg
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        data = b"".join(copy)
    if not data:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(data, has_header=False, schema=schema, quote_char='"')
