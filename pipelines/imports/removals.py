"""Apply a person's decision about a file's removals: approve them, or undo them."""

from dataclasses import dataclass
from uuid import UUID

from core.clock import utc_now
from core.db.tables import FeedFile
from core.errors import ConflictError
from pipelines.feeds.deliveries.repository import FeedActionRepository, FeedFileRepository
from pipelines.imports.context import ImportContext
from pipelines.imports.precedence import newer_files_of
from pipelines.listings.bulk_writer import lock_listings
from pipelines.listings.removals import RemovalRepository


@dataclass(frozen=True)
class RemovalDecision:
    """The effect of a decision: `changed` cars were removed (or brought back), `left` stay as they are."""

    file: str
    kind: str  # approved | undone
    changed: int
    left: int


def approve_removals(context: ImportContext, file_id: UUID, *, actor: str) -> RemovalDecision:
    """Remove the cars that a guard held back when the file came. Cars that a newer file names stay.

    Raises:
        NotFoundError: there is no such file.
        ConflictError: code `nothing_held`.
    """
    file = _locked(context, file_id)
    removals = RemovalRepository(context.session, file.org_id)
    held = removals.count(file.id, "held")
    if not held:
        raise ConflictError(f"{file.name} held back no removals: there is nothing to approve.", code="nothing_held")
    newer = newer_files_of(context, file)
    changed = removals.approve(file.id, newer.rows | newer.kept)
    removals.forget_held(file.id)  # the others have been named again by a newer file
    return _record(context, file, RemovalDecision(file.name, "approved", changed, held - changed), actor)


def undo_removals(context: ImportContext, file_id: UUID, *, actor: str) -> RemovalDecision:
    """Bring back the cars that a file removed. From now on the file removes none by lacking it.

    Cars that a newer file calls sold, or that a newer file removed again, stay removed.

    Raises:
        NotFoundError: there is no such file.
        ConflictError: code `nothing_removed`.
    """
    file = _locked(context, file_id)
    removals = RemovalRepository(context.session, file.org_id)
    removed = removals.count(file.id, "removed")
    if not removed:
        raise ConflictError(f"{file.name} removed no car: there is nothing to undo.", code="nothing_removed")
    changed = removals.undo(file.id, newer_files_of(context, file).sold)
    file.undone_at = utc_now()
    return _record(context, file, RemovalDecision(file.name, "undone", changed, removed - changed), actor)


def _locked(context: ImportContext, file_id: UUID) -> FeedFile:
    files = FeedFileRepository(context.session)
    lock_listings(context.session, files.get(file_id).org_id)
    return files.get(file_id)


def _record(context: ImportContext, file: FeedFile, decision: RemovalDecision, actor: str) -> RemovalDecision:
    file.rows_removed = RemovalRepository(context.session, file.org_id).count(file.id, "removed")
    counts = {"changed": decision.changed, "left": decision.left}
    FeedActionRepository(context.session).add(file, decision.kind, actor, counts)
    FeedFileRepository(context.session).refresh_held(file.org_id)
    return decision
