"""Show what a file would change, car by car: it is imported inside a savepoint, compared, and rolled back."""

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from core.states.listings import is_in
from pipelines.feeds.deliveries.delivery import Delivery
from pipelines.feeds.mapping.schema import Mapping
from pipelines.imports.context import ImportContext
from pipelines.imports.import_file import previewed
from pipelines.imports.replay import replay_file
from pipelines.imports.result import ImportResult
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
        """Return the result and the changes for scripts."""
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


def diff_delivery(context: ImportContext, delivery: Delivery) -> FeedDiff:
    """Compare the listings before and after an import of these bytes, and change nothing."""
    with previewed(context, delivery) as result:
        after = {} if result.file_id is None else contents_from(context.session, result.file_id)
    before = contents_of(context.session, after)
    return _compare(replace(result, file_id=None), before, after)


def diff_replay(context: ImportContext, file_id: UUID, *, mapping: Mapping | None = None) -> FeedDiff:
    """Compare the listings before and after a replay of a stored file, and change nothing.

    Raises:
        NotFoundError: there is no such file, or its mapping is gone.
    """
    with context.session.begin_nested() as savepoint:
        result = replay_file(replace(context, dry_run=True), file_id, actor="diff", mapping=mapping)
        after = contents_from(context.session, file_id)
        savepoint.rollback()
    return _compare(result, contents_of(context.session, after), after)


def _compare(result: ImportResult, before: dict[UUID, Content], after: dict[UUID, Content]) -> FeedDiff:
    diff = FeedDiff(result)
    for listing_id, new in sorted(after.items(), key=lambda each: str(each[1]["source_key"])):
        key, old = new["source_key"], before.get(listing_id)
        if old is None:
            diff.created[key] = new["title"]
        elif not is_in(new["status"], "searched"):
            if is_in(old["status"], "searched"):
                diff.removed[key] = new["title"]
        elif changes := {name: (old[name], value) for name, value in new.items() if old[name] != value}:
            diff.updated[key] = changes
    return diff
