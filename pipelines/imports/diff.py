"""What a file would change, car by car: it is done for real inside a savepoint, looked at, and rolled back."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.db.tables import Org
from core.storage import Storage
from pipelines.feeds.deliveries.repository import FeedFileRepository
from pipelines.feeds.deliveries.spool import FileData
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.readers.limits import DEFAULT_LIMITS, FeedLimits
from pipelines.imports.import_file import import_file, previewed
from pipelines.imports.replay import reread
from pipelines.imports.result import ImportResult
from pipelines.listings.bulk_writer import ListingRepository
from pipelines.listings.content_snapshot import Content, contents_from, contents_of

Changes = dict[str, tuple[Any, Any]]
"""Column -> (old, new)."""


@dataclass(frozen=True)
class FeedDiff:
    """The result that an import would have, and the cars that it would touch, by source key."""

    result: ImportResult
    created: dict[str, str] = field(default_factory=dict)  # key -> title
    updated: dict[str, Changes] = field(default_factory=dict)
    removed: dict[str, str] = field(default_factory=dict)  # key -> title

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return self.result.as_json() | {
            "file_id": None,
            "removals_held": self.result.removals_held,
            "changes": {
                "created": [{"key": key, "title": title} for key, title in self.created.items()],
                "updated": [
                    {"key": key, "columns": {name: {"old": old, "new": new} for name, (old, new) in columns.items()}}
                    for key, columns in self.updated.items()
                ],
                "removed": [{"key": key, "title": title} for key, title in self.removed.items()],
            },
        }


def diff_delivery(
    session: Session,
    storage: Storage,
    org: Org,
    data: FileData,
    mapping: Mapping,
    *,
    name: str,
    snapshot_at: datetime | None = None,
    limits: FeedLimits = DEFAULT_LIMITS,
) -> FeedDiff:
    """What importing these bytes would change now."""
    said = partial(previewed, session, storage, org, data, mapping, name=name)
    with said(snapshot_at=snapshot_at, limits=limits) as result:
        after = {} if result.file_id is None else contents_from(session, result.file_id)
    return _compare(replace(result, file_id=None), contents_of(session, org.id, after), after)


def diff_replay(
    session: Session,
    storage: Storage,
    file_id: UUID,
    *,
    mapping: Mapping | None = None,
    limits: FeedLimits = DEFAULT_LIMITS,
) -> FeedDiff:
    """What replaying a stored file would change now.

    Raises:
        NotFoundError: there is no such file, or its mapping is gone.
    """
    files = FeedFileRepository(session)
    with session.begin_nested() as savepoint:
        org_id = files.get(file_id).org_id
        ListingRepository(session, org_id).lock()
        file = files.get(file_id)
        if file.status == "registered":
            result = import_file(session, storage, file, run_id=None, limits=limits)
        else:
            mapping = mapping or load_mapping(file.mapping, storage)
            result = reread(session, storage, file, mapping, run_id=None, limits=limits)
        after = contents_from(session, file_id)
        savepoint.rollback()
    return _compare(result, contents_of(session, org_id, after), after)


def _compare(result: ImportResult, before: dict[str, Content], after: dict[str, Content]) -> FeedDiff:
    diff = FeedDiff(result)
    for key, new in sorted(after.items()):
        old = before.get(key)
        if old is None:
            diff.created[key] = new["title"]
        elif new["status"] == "removed":
            if old["status"] == "live":
                diff.removed[key] = new["title"]
        elif changes := {name: (old[name], value) for name, value in new.items() if old[name] != value}:
            diff.updated[key] = changes
    return diff
