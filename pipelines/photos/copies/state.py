"""Count how far the copies of feeds' photos are."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.db.tables.photos import PhotoAddress

_LATE = timedelta(days=1)


@dataclass(frozen=True)
class CopiesState:
    """Addresses by state, and how many of them should have been read a day ago."""

    waiting: int
    copied: int
    failed: int
    late: int


def copies_state(session: Session, now: datetime) -> CopiesState:
    """Count the addresses."""
    rows = session.execute(select(PhotoAddress.state, func.count()).group_by(PhotoAddress.state))
    found: dict[str, int] = {row[0]: row[1] for row in rows}
    late = select(func.count()).where(PhotoAddress.due_at < now - _LATE)
    return CopiesState(
        found.get("waiting", 0), found.get("copied", 0), found.get("failed", 0), session.scalar(late) or 0
    )
