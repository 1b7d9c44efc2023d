"""Keep the bytes of files that are previewed under keys that tell their age, and delete those that no request has."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.ids import new_id
from core.db.tables.feed_requests import FeedRequest
from core.storage import Storage

_FOLDER: Final = "previews"
_OLD: Final = timedelta(hours=1)
"""The longest between putting the bytes and committing the request, with much to spare."""


def preview_key() -> str:
    """Make a key of storage; its id holds the time."""
    return f"{_FOLDER}/{new_id()}"


def sweep_previews(session: Session, storage: Storage, now: datetime) -> int:
    """Delete the bytes that a process left which died before it committed the request; return their number."""
    old = [key for key in storage.keys(_FOLDER) if now - _made_at(key) > _OLD]
    if not old:
        return 0
    kept = set(session.scalars(select(FeedRequest.storage_key).where(FeedRequest.storage_key.is_not(None))))
    left = [key for key in old if key not in kept]
    for key in left:
        storage.delete(key)
    return len(left)


def _made_at(key: str) -> datetime:
    """Return the time of a key; the first ones had none and count as old."""
    try:
        made = UUID(key.rpartition("/")[2])
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return datetime.fromtimestamp((made.int >> 80) / 1000 if made.version == 7 else 0, UTC)
