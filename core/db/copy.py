"""Frames into tables by COPY: the one fast way in, columnar up to the wire and inside the session's transaction."""

import polars as pl
from psycopg import Connection, sql
from sqlalchemy.orm import Session

_ROWS_AT_ONCE = 50_000  # bounds the memory of the encoded text, not the speed


def copy_frame(session: Session, table: str, frame: pl.DataFrame) -> None:
    """Append the frame's rows to `table`, whose columns of the same names they fill.

    Takes strings, numbers, dates, datetimes and lists of strings (as `text[]`); null is NULL, an empty string stays
    one, a binary column is sent as hex (`bytea`). Other columns of the table get their defaults.
    """
    connection: Connection = session.connection().connection.driver_connection  # type: ignore[assignment]  # psycopg
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, frame.columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for chunk in frame.iter_slices(_ROWS_AT_ONCE):
            # Strings are always quoted, so that CSV tells an empty one from NULL.
            text = chunk.select(_as_text(chunk)).write_csv(include_header=False, quote_style="non_numeric")
            copy.write(text)


def _as_text(frame: pl.DataFrame) -> list[pl.Expr]:
    return [
        _array_literal(name)
        if isinstance(dtype, pl.List)
        else _bytea_literal(name)
        if dtype == pl.Binary
        else pl.col(name)
        for name, dtype in frame.schema.items()
    ]


def _array_literal(name: str) -> pl.Expr:
    quoted = pl.element().str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
    items = pl.col(name).list.eval(pl.concat_str(pl.lit('"'), quoted, pl.lit('"')))
    return pl.concat_str(pl.lit("{"), items.list.join(","), pl.lit("}")).alias(name)


def _bytea_literal(name: str) -> pl.Expr:
    return pl.concat_str(pl.lit("\\x"), pl.col(name).bin.encode("hex")).alias(name)
