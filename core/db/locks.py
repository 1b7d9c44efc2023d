"""Locks by name, by which transactions take turns at something that is no row. They last until the transaction ends."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

_ALONE, _SHARED = "pg_advisory_xact_lock", "pg_advisory_xact_lock_shared"
_KEY = "hashtextextended({}, 0)"
_LOCK = text(f"SELECT {_ALONE}({_KEY.format(':name')})")
_SHARE = text(f"SELECT {_SHARED}({_KEY.format(':name')})")
_TRY = text(f"SELECT pg_try_advisory_xact_lock({_KEY.format(':name')})")
LOCKS_SQL = (
    f"(SELECT count({_ALONE}({_KEY.format('n')})) FROM unnest(%(alone)s::text[]) n),"  # noqa: S608
    f" (SELECT count({_SHARED}({_KEY.format('n')})) FROM unnest(%(shared)s::text[]) n)"
)
"""Columns of a statement for the driver that takes `Locks`, names in the order in which they are given."""


@dataclass(frozen=True)
class Locks:
    """Names to lock at once, alone or together with others."""

    alone: Sequence[str] = ()
    shared: Sequence[str] = ()


def lock_name(session: Session, name: str) -> None:
    """Wait until no other transaction holds the lock of this name, and hold it."""
    session.execute(_LOCK, {"name": name})


def share_name(session: Session, name: str) -> None:
    """Wait until no other transaction holds the lock of this name alone, and hold it together with others."""
    session.execute(_SHARE, {"name": name})


def try_name(session: Session, name: str) -> bool:
    """Hold the lock of this name, unless another transaction does; tell whether it is held."""
    return session.scalar(_TRY, {"name": name}) is True
