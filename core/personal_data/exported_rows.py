"""Read rows for an export: the columns that are asked for, with sealed ones opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import DeclarativeBase

from core.personal_data.sealed_column import SealedColumn
from core.personal_data.subject import Exporting
from core.security.sealing import CannotOpenError

UNREADABLE = "[sealed under a key that does not exist any more]"


def exported_rows(
    work: Exporting,
    table: type[DeclarativeBase],
    condition: ColumnElement[bool],
    *,
    sealed: Sequence[SealedColumn] = (),
    leave_out: Sequence[str] = (),
) -> Iterator[Mapping[str, Any]]:
    """Return every column of the rows that match, but for secrets (`leave_out`), which no export may give away."""
    rows = work.session.scalars(select(table).where(condition).order_by(*table.__mapper__.primary_key)).all()
    work.sealer.load(getattr(row, column.column) for row in rows for column in sealed)
    names = [column.key for column in table.__mapper__.columns if column.key not in leave_out]
    by_name = {column.column: column for column in sealed}
    for row in rows:
        yield {name: _opened(work, by_name[name], row) if name in by_name else getattr(row, name) for name in names}


def _opened(work: Exporting, column: SealedColumn, row: Any) -> str | None:
    if getattr(row, column.column) is None:
        return None
    try:
        return column.open(work.sealer, row)
    except CannotOpenError:
        return UNREADABLE
