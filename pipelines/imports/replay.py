"""Read a stored file again with the present mapping: after a mapping was mended, without asking the dealer."""

from functools import partial
from typing import Any
from uuid import UUID

from core.db.tables import FeedFile
from core.errors import RefusedFileError
from pipelines.feeds.deliveries.repository import FeedActionRepository, FeedFileRepository, FeedRejectRepository
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.store import load_mapping
from pipelines.imports.apply import ParsedFile, apply_file
from pipelines.imports.context import ImportContext
from pipelines.imports.import_file import import_file
from pipelines.imports.parsed.staging import drop_parsed, read_stored
from pipelines.imports.result import ImportResult, result_of
from pipelines.listings.bulk_writer import lock_listings
from pipelines.listings.removals import RemovalRepository


def replay_file(context: ImportContext, file_id: UUID, *, actor: str, mapping: Mapping | None = None) -> ImportResult:
    """Decide a file again, in its old place among the snapshots: cars that newer files have decided stay.

    Rows that read as before write nothing. The file's counts, rejects and mapping version become those of this
    reading; the former ones are kept in the list of actions. A file that cannot be read now stays as it was, and the
    result says `refused`. A file that is not decided yet is simply imported.

    Raises:
        NotFoundError: there is no such file, or its mapping is gone.
    """
    files = FeedFileRepository(context.session)
    lock_listings(context.session, files.get(file_id).org_id)
    file = files.get(file_id)
    if file.status == "registered":
        return import_file(context, file)
    before = _counts(file)
    result = _apply_again(context, file, mapping or load_mapping(file.mapping, context.storage, file.org_id))
    if result.status != "refused":
        counts = {"before": before, "after": _counts(file)}
        FeedActionRepository(context.session).add(file, "replayed", actor, counts)
    if not context.dry_run:
        drop_parsed(context.storage, file)
    return result


def _apply_again(context: ImportContext, file: FeedFile, mapping: Mapping) -> ImportResult:
    try:
        parsed = read_stored(context, file, mapping)
    except RefusedFileError as error:
        return ImportResult(status="refused", message=error.detail, file_id=file.id)
    if file.status == "duplicate" and file.mapping_version == mapping.version:
        return result_of(file)
    FeedRejectRepository(context.session).drop(file.id)
    RemovalRepository(context.session, file.org_id).forget_held(file.id)
    file.run_id = context.run_id
    return apply_file(context, ParsedFile(file, mapping, parsed, partial(read_stored, context, file)))


def _counts(file: FeedFile) -> dict[str, Any]:
    return {
        "status": file.status,
        "mapping_version": file.mapping_version,
        "run_id": file.run_id,
    } | file.row_counts
