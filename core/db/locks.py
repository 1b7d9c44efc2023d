"""Locks by name, by which transactions take turns at something that is no row. They last until the transaction ends."""

from sqlalchemy import text
from sqlalchemy.orm import Session

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_SHARE = text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:name, 0))")
_TRY = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))")


def lock_name(session: Session, name: str) -> None:
    """Wait until no other transaction holds the lock of this name, and hold it."""
    session.execute(_LOCK, {"name": name})


def share_name(session: Session, name: str) -> None:
    """Wait until no other transaction holds the lock of this name alone, and hold it together with others."""
    session.execute(_SHARE, {"name": name})


def try_name(session: Session, name: str) -> bool:
    """Hold the lock of this name, unless another transaction does; tell whether it is held."""
    return session.scalar(_TRY, {"name": name}) is True
