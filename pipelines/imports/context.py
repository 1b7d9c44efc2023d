"""The surroundings of an import: everything that its steps need besides the file."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.storage import Storage
from pipelines.feeds.readers.limits import DEFAULT_LIMITS, FeedLimits


@dataclass(frozen=True)
class ImportContext:
    """The session and the storage that an import works with, its limits, and the run that it belongs to."""

    session: Session
    storage: Storage
    limits: FeedLimits = DEFAULT_LIMITS
    run_id: str | None = None
    dry_run: bool = False
    """Storage is read, never written; the caller rolls the session back."""
