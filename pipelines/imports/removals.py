"""What a person decides about a file's removals: let them happen after all, or take them back."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.tables import FeedFile
from core.errors import ConflictError
from core.storage import Storage
from pipelines.feeds.deliveries.repository import FeedActionRepository, FeedFileRepository
from pipelines.feeds.readers.limits import DEFAULT_LIMITS, FeedLimits
from pipelines.imports.precedence import standing_of
from pipelines.listings.bulk_writer import ListingRepository
from pipelines.listings.removals import RemovalRepository


@dataclass(frozen=True)
class RemovalDecision:
    """What became of the cars: `changed` were removed (or brought back), `left` stay as they are."""

    file: str
    kind: str  # approved | undone
    changed: int
    left: int


def approve_removals(
    session: Session, storage: Storage, file_id: UUID, *, actor: str, limits: FeedLimits = DEFAULT_LIMITS
) -> RemovalDecision:
    """Remove the cars that a guard held back when the file came. Cars that a newer file names stay.

    Raises:
        NotFoundError: there is no such file.
        ConflictError: code `nothing_held`.
    """
    file = _locked(session, file_id)
    removals = RemovalRepository(session, file.org_id)
    held = removals.count(file.id, "held")
    if not held:
        raise ConflictError(f"{file.name} held back no removals: there is nothing to approve.", code="nothing_held")
    standing = standing_of(session, storage, file, limits)
    changed = removals.approve(file.id, standing.rows | standing.kept)
    removals.forget_held(file.id)  # what is left has been named again by a newer file
    return _note(session, file, "approved", RemovalDecision(file.name, "approved", changed, held - changed), actor)


def undo_removals(
    session: Session, storage: Storage, file_id: UUID, *, actor: str, limits: FeedLimits = DEFAULT_LIMITS
) -> RemovalDecision:
    """Bring back the cars that a file removed. From now on its silence about a car counts for nothing.

    Cars that a newer file calls sold, or that a newer file removed again, stay removed.

    Raises:
        NotFoundError: there is no such file.
        ConflictError: code `nothing_removed`.
    """
    file = _locked(session, file_id)
    removals = RemovalRepository(session, file.org_id)
    removed = removals.count(file.id, "removed")
    if not removed:
        raise ConflictError(f"{file.name} removed no car: there is nothing to undo.", code="nothing_removed")
    changed = removals.undo(file.id, standing_of(session, storage, file, limits).sold)
    file.undone_at = utc_now()
    return _note(session, file, "undone", RemovalDecision(file.name, "undone", changed, removed - changed), actor)


def _locked(session: Session, file_id: UUID) -> FeedFile:
    files = FeedFileRepository(session)
    ListingRepository(session, files.get(file_id).org_id).lock()
    return files.get(file_id)


def _note(session: Session, file: FeedFile, kind: str, decision: RemovalDecision, actor: str) -> RemovalDecision:
    file.rows_removed = RemovalRepository(session, file.org_id).count(file.id, "removed")
    FeedActionRepository(session).add(file.id, kind, actor, {"changed": decision.changed, "left": decision.left})
    FeedFileRepository(session).refresh_held(file.org_id)
    return decision
