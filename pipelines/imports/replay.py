"""Read a stored file again with the present mapping: after a mapping was mended, without asking the dealer."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.db.tables import FeedFile
from core.errors import RefusedFileError
from core.storage import Storage
from pipelines.feeds.deliveries.repository import FeedActionRepository, FeedFileRepository, FeedRejectRepository
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.readers.limits import DEFAULT_LIMITS, FeedLimits
from pipelines.imports.apply import decide
from pipelines.imports.import_file import import_file
from pipelines.imports.result import ImportResult, recorded
from pipelines.imports.staging import drop_staged, read_stored
from pipelines.listings.bulk_writer import ListingRepository
from pipelines.listings.removals import RemovalRepository


def replay_file(
    session: Session,
    storage: Storage,
    file_id: UUID,
    *,
    actor: str,
    run_id: str | None,
    mapping: Mapping | None = None,
    limits: FeedLimits = DEFAULT_LIMITS,
) -> ImportResult:
    """Decide a file again, in its old place among the snapshots: what newer files have decided stays.

    Rows that read as before write nothing. The file's counts, rejects and mapping version become those of this
    reading; what they were is kept in the list of actions. A file that cannot be read now stays as it was, and the
    result says `refused`. A file that nobody has decided yet is simply imported.

    Raises:
        NotFoundError: there is no such file, or its mapping is gone.
    """
    files = FeedFileRepository(session)
    ListingRepository(session, files.get(file_id).org_id).lock()
    file = files.get(file_id)
    if file.status == "registered":
        return import_file(session, storage, file, run_id=run_id, limits=limits)
    before = _counts(file)
    mapping = mapping or load_mapping(file.mapping, storage)
    result = reread(session, storage, file, mapping, run_id=run_id, limits=limits)
    if result.status != "refused":
        FeedActionRepository(session).add(file.id, "replayed", actor, {"before": before, "after": _counts(file)})
    drop_staged(storage, file)
    return result


def reread(
    session: Session,
    storage: Storage,
    file: FeedFile,
    mapping: Mapping,
    *,
    run_id: str | None,
    limits: FeedLimits = DEFAULT_LIMITS,
) -> ImportResult:
    """Apply a decided file anew; storage is only read."""
    try:
        parsed = read_stored(storage, file, mapping, limits)
    except RefusedFileError as error:
        return ImportResult(status="refused", message=error.detail, file_id=file.id)
    if file.status == "duplicate" and file.mapping_version == mapping.version:
        return recorded(file)
    FeedRejectRepository(session).drop(file.id)
    RemovalRepository(session, file.org_id).forget_held(file.id)
    file.run_id = run_id
    return decide(session, storage, file, mapping, parsed, feed_limits=limits)


def _counts(file: FeedFile) -> dict[str, Any]:
    return {
        "status": file.status,
        "mapping_version": file.mapping_version,
        "run_id": file.run_id,
        "read": file.rows_read,
        "created": file.rows_created,
        "updated": file.rows_updated,
        "unchanged": file.rows_unchanged,
        "rejected": file.rows_rejected,
        "removed": file.rows_removed,
    }
