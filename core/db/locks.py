"""Locks by name, by which transactions take turns at something that is no row."""

from sqlalchemy import text
from sqlalchemy.orm import Session

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


def lock_name(session: Session, name: str) -> None:
    """Wait until no other transaction holds the lock of this name, and hold it until the own one ends."""
    session.execute(_LOCK, {"name": name})
