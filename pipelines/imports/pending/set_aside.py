"""Refuse pending files that must not be published, and leave all other files to the import."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from core.db.tables import FeedFile
from core.storage import Storage
from pipelines.feeds.deliveries.repository import FeedFileRepository
from pipelines.imports.apply import refuse
from pipelines.imports.parsed.staging import drop_parsed
from pipelines.listings.bulk_writer import lock_listings


def set_files_aside(
    session: Session, storage: Storage, reasons: Mapping[UUID, str], *, run_id: str | None
) -> list[FeedFile]:
    """Record each of these files as refused, with its reason, and return those that were still pending.

    Nothing of such a file is applied. Once the cause is mended, `automart feeds replay` reads it again.
    """
    files = FeedFileRepository(session)
    found = files.still_pending(list(reasons))
    if not found:
        return []
    lock_listings(session, *{file.org_id for file in found})
    aside = files.still_pending(list(reasons))  # an import that held the lock may have decided some of them
    for file in aside:
        file.run_id = run_id
        refuse(session, file, reasons[file.id])
        drop_parsed(storage, file)
    return aside
