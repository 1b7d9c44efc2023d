"""The result of an import as a value: for scripts, for people and for the UI."""

from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from core.db.tables import FeedFile
from pipelines.feeds.file_warnings import FileWarning, warnings_of
from pipelines.feeds.reject_codes import most_frequent_first
from pipelines.feeds.unread_columns import UnreadColumn, unread_of

_JSON_KEYS = ("status", "read", "created", "updated", "unchanged", "rejected", "removed", "reasons", "file_id")


@dataclass(frozen=True)
class ImportResult:
    """The decision about a file: created + updated + unchanged + rejected = read, all zero unless it was applied."""

    status: str  # applied | duplicate | stale | refused
    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0  # the listing shows the same, or a newer snapshot has decided it
    rejected: int = 0
    removed: int = 0
    reasons: dict[str, int] = field(default_factory=dict)  # reject code -> rows, most frequent first
    not_understood: tuple[UnreadColumn, ...] = ()  # columns of which cells were not understood, the worst first
    warnings: tuple[FileWarning, ...] = ()  # cars to look at, of which no row was rejected
    prices: dict[str, Any] = field(default_factory=dict)  # implausible_prices.PriceSpread; empty: none was judged
    file_id: UUID | None = None  # None: nothing was recorded
    message: str | None = None  # why it was refused, or which newer file makes it stale
    removals_held: int = 0  # missing cars that stay live because too many are missing
    unknown_branches: int = 0  # rows whose branch code the dealer does not have

    def as_json(self) -> dict[str, Any]:
        """Select the agreed keys for scripts.

        `message` is among them when the file was refused or is stale, `not_understood` when cells were not understood,
        `warnings` when there are any, `prices` when some are implausible.
        """
        values = asdict(self) | {"file_id": None if self.file_id is None else str(self.file_id)}
        told = {key: values[key] for key in _JSON_KEYS}
        if self.not_understood:
            told["not_understood"] = [each.as_json() for each in self.not_understood]
        if self.warnings:
            told["warnings"] = [each.as_json() | {"sentence": each.sentence()} for each in self.warnings]
        if self.prices.get("implausible"):
            told["prices"] = self.prices
        return told if self.message is None else told | {"message": self.message}


def result_of(file: FeedFile, unknown_branches: int = 0) -> ImportResult:
    """Make the result that the file's row records."""
    return ImportResult(
        status=file.status,
        **file.row_counts,
        reasons=most_frequent_first(file.reasons),
        prices=dict(file.prices),
        not_understood=unread_of(file.not_understood),
        warnings=warnings_of(file.warnings),
        file_id=file.id,
        message=file.refusal,
        removals_held=file.removals_held,
        unknown_branches=unknown_branches,
    )
