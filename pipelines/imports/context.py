"""The surroundings of an import: everything that its steps need besides the file."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session

from core.platform import Platform
from core.security.platform_keys import PlatformKeys, open_keys
from core.storage import Storage
from pipelines.feeds.readers.limits import DEFAULT_LIMITS, FeedLimits, limits_of


@dataclass(frozen=True)
class ImportContext:
    """The session and the storage that an import works with, its limits, and the run that it belongs to."""

    session: Session
    storage: Storage
    limits: FeedLimits = DEFAULT_LIMITS
    run_id: str | None = None
    dry_run: bool = False
    """Storage is read, never written; the caller rolls the session back."""
    open_keys: Callable[[], PlatformKeys] | None = None
    """Opens the keys under which chassis numbers are sealed; called for files that hold any."""


def context_of(platform: Platform, session: Session, run_id: str | None = None) -> ImportContext:
    """Return the context of an import on an opened platform."""
    settings = platform.settings
    return ImportContext(session, platform.storage, limits_of(settings), run_id, open_keys=partial(open_keys, settings))
