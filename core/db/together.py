"""Write rows of several tables by one statement: a trip to the database costs as much as a small change does.

Within a block of `gathering`, rows that nobody reads before its end (events of the outbox, audit records, receipts)
wait, and are written by one statement: at its end, with the next ones that cannot wait, or once they are many. Outside
such a block, and within a savepoint, which may be taken back by itself, each is written at once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy.orm import Session

_WAITING: Final = "rows that are written together"
_MOST_ROWS: Final = 500
"""Rows of one kind that wait at most: the server takes 65,535 values in a statement, and a record has over ten."""


@dataclass(frozen=True)
class Part:
    """A change: an INSERT, for the driver, with the values of its named parameters."""

    sql: str
    given: Mapping[str, Any]


PartOf = Callable[[Sequence[Any]], Part]
"""Makes the part of a statement that adds all rows of one kind; the same function for each call that adds such rows."""


@contextmanager
def gathering(session: Session) -> Iterator[None]:
    """Let rows wait within the block. Its caller writes them at the end by `write_with_waiting`, or they are lost."""
    outer = session.info.get(_WAITING)
    session.info[_WAITING] = {}
    try:
        yield
    finally:
        session.info[_WAITING] = outer


def add_rows(session: Session, part_of: PartOf, rows: Sequence[Any]) -> None:
    """Add rows of one kind, now or with others; see the top of this module."""
    waiting: dict[PartOf, list[Any]] | None = session.info.get(_WAITING)
    if waiting is None or session.in_nested_transaction():
        session.flush()
        _write(session, [part_of(rows)])
    else:
        held = waiting.setdefault(part_of, [])
        held.extend(rows)
        if len(held) >= _MOST_ROWS:
            write_with_waiting(session)


def write_with_waiting(session: Session, *parts: Part) -> None:
    """Make changes, and those that wait, by one statement.

    No change sees the rows of another one; triggers and foreign keys are run when all are made.
    """
    waiting: dict[PartOf, list[Any]] = session.info.get(_WAITING) or {}
    session.flush()
    gathered = [part_of(rows) for part_of, rows in waiting.items()]
    waiting.clear()
    _write(session, [*parts, *gathered])


def _write(session: Session, parts: Sequence[Part]) -> None:
    if parts:
        given = {f"p{n}_{name}": value for n, part in enumerate(parts) for name, value in part.given.items()}
        session.connection().exec_driver_sql(_joined(tuple(part.sql for part in parts)), given)


@lru_cache(maxsize=256)
def _joined(parts: tuple[str, ...]) -> str:
    """Return one statement without columns, which the driver answers soonest."""
    named = [f"part{n} AS ({sql.replace('%(', f'%(p{n}_')})" for n, sql in enumerate(parts)]
    return f"WITH {', '.join(named)} SELECT"
