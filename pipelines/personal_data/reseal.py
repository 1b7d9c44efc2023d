"""Seal values anew that stand under a retired data key, or were sealed when there were no data keys yet.

Rows are taken in the order of their ids, some at a time, and locked while they are sealed: who writes meanwhile waits
for a moment, or is passed over and found by the next round. A process that is killed leaves whole rows, each under the
old key or the new one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Table,
    and_,
    cast,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy import Uuid as SqlUuid
from sqlalchemy.dialects.postgresql import BIT
from sqlalchemy.orm import Session

from core.db.base import Base
from core.db.session import Transaction
from core.db.tables import register_tables
from core.db.tables.personal_data import DataKey
from core.declarations import gather_declarations
from core.personal_data.sealed_column import SealedColumn
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys
from core.security.sealing import CannotOpenError

BATCH: Final = 200
KEPT_AFTER_RETIREMENT: Final = timedelta(hours=1)
"""A retired key goes no earlier: whoever read a value before it was sealed anew can still open it."""
_log = logging.getLogger(__name__)
_FIRST = UUID(int=0)


@dataclass(frozen=True)
class ResealResult:
    """Values that were sealed anew, and those that could not be opened."""

    resealed: int = 0
    unreadable: int = 0


def sealed_columns() -> list[SealedColumn]:
    """Return the sealed columns that the domains declare."""
    columns = [column for each in gather_declarations().values() for column in each.personal_columns]
    return [column.sealing for column in columns if column.sealing is not None]


def reseal(transaction: Transaction, keys: PlatformKeys, stop: Callable[[], bool] = lambda: False) -> ResealResult:
    """Seal anew everything that waits for it, until `stop` says so."""
    resealed = unreadable = 0
    for column in sealed_columns():
        after: UUID | None = _FIRST
        while after is not None and not stop():
            with transaction() as session:
                after, done, failed = _reseal_some(session, keys, column, after)
            resealed, unreadable = resealed + done, unreadable + failed
    return ResealResult(resealed, unreadable)


def waiting(session: Session) -> int:
    """Count values that stand under a retired data key, or under none."""
    return sum(session.scalar(select(func.count()).where(*_waits(column))) or 0 for column in sealed_columns())


def drop_retired_keys(session: Session, now: datetime) -> int:
    """Delete retired versions of keys under which nothing is sealed any more; return their number."""
    old = (
        DataKey.retired_at < now - KEPT_AFTER_RETIREMENT,
        DataKey.in_trail.is_(False),
    )
    # Locked before the look: a transaction that seals under one of them has ended by then, and its row is seen.
    locked = session.execute(select(DataKey.id, DataKey.version).where(*old).with_for_update()).all()
    if not locked or waiting(session):
        return 0
    return int(session.execute(delete(DataKey).where(*old)).rowcount)  # type: ignore[attr-defined]  # of a DELETE


def _reseal_some(
    session: Session, keys: PlatformKeys, column: SealedColumn, after: UUID
) -> tuple[UUID | None, int, int]:
    table, sealer = _table(column), Sealer(session, keys)
    rows = session.execute(_some(column, table, after)).all()
    sealer.load(getattr(row, column.column) for row in rows)
    failed = 0
    for row in rows:
        try:
            sealed = column.seal(sealer, row, column.open(sealer, row))
        except CannotOpenError as error:
            failed += 1
            _log.error("%s.%s of row %s cannot be sealed anew: %s", column.table, column.column, row.id, error.detail)
            continue
        session.execute(update(table).where(table.c.id == row.id).values({column.column: sealed}))
    return (rows[-1].id if rows else None), len(rows) - failed, failed


def _some(column: SealedColumn, table: Table, after: UUID) -> Select[Any]:
    names = dict.fromkeys(("id", column.column, column.owner_column, *column.reads))
    found = select(*(table.c[name] for name in names)).where(table.c.id > after, *_waits(column))
    return found.order_by(table.c.id).limit(BATCH).with_for_update(skip_locked=True)


def _waits(column: SealedColumn) -> Iterator[ColumnElement[bool]]:
    """Match rows with a value that waits to be sealed anew; rows without an owner are passed over."""
    table = _table(column)
    value = table.c[column.column]
    key_id = cast(func.encode(func.substring(value, 2, 16), "hex"), SqlUuid)
    bits = literal_column("'x'").op("||")(func.encode(func.substring(value, 18, 4), "hex"))
    version = cast(cast(bits, BIT(32)), Integer)
    retired = exists().where(DataKey.id == key_id, DataKey.version == version, DataKey.retired_at.is_not(None))
    yield value.is_not(None)
    yield table.c[column.owner_column].is_not(None)
    yield or_(func.get_byte(value, 0) == 1, and_(func.get_byte(value, 0) == 2, retired))


def _table(column: SealedColumn) -> Table:
    register_tables()
    return Base.metadata.tables[column.table]
