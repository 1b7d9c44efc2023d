"""A delivered file, as its sender sees it."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.feeds.problems import EXAMPLE_FILE_ID
from core.db.tables import FeedFile

_TOP_REASONS = 10
_EXAMPLE: dict[str, Any] = {
    "file_id": str(EXAMPLE_FILE_ID),
    "name": "stock.csv",
    "status": "applied",
    "known": False,
    "received_at": "2026-03-02T04:30:00Z",
    "applied_at": "2026-03-02T04:31:12Z",
    "read": 120,
    "created": 3,
    "updated": 7,
    "unchanged": 108,
    "rejected": 2,
    "removed": 1,
    "removals_held": 0,
    "reasons": [{"code": "price_too_low", "rows": 2}],
    "refusal": None,
}


class RejectReason(BaseModel):
    """Rows of the file that did not become listings for one reason."""

    code: str = Field(description="Stable, machine-readable.")
    rows: int = Field(description="How many rows.")


class FeedFileRead(BaseModel):
    """The state of a delivery. While `status` is `registered` nothing is decided and the counts are 0."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    file_id: UUID = Field(description="Ask for it again under this id.")
    name: str = Field(description="The file's name as it was sent.")
    status: str = Field(description="`registered`: waiting. Decided: `applied`, `duplicate`, `stale`, `refused`.")
    known: bool = Field(description="The dealer's last delivery had the same bytes: this is that delivery.")
    received_at: datetime = Field(description="When it came, UTC.")
    applied_at: datetime | None = Field(description="When its cars were published, UTC.")
    read: int = Field(description="Rows read: created + updated + unchanged + rejected.")
    created: int = Field(description="Cars that are new.")
    updated: int = Field(description="Cars that changed.")
    unchanged: int = Field(description="Cars that are as they were.")
    rejected: int = Field(description="Rows that did not become cars; `reasons` says why.")
    removed: int = Field(description="Cars taken off because the file no longer has them.")
    removals_held: int = Field(description="Cars kept although missing, because suspiciously many are.")
    reasons: list[RejectReason] = Field(description="The most frequent reasons, at most 10.")
    refusal: str | None = Field(description="Why the whole file was refused.")

    @classmethod
    def of(cls, file: FeedFile, *, known: bool = False) -> Self:
        """Make the sender's view of a row of `feed_files`."""
        counts = ("read", "created", "updated", "unchanged", "rejected", "removed")
        reasons = sorted(file.reasons.items(), key=lambda item: (-item[1], item[0]))[:_TOP_REASONS]
        return cls(
            file_id=file.id,
            known=known,
            reasons=[RejectReason(code=code, rows=rows) for code, rows in reasons],
            **{name: getattr(file, name) for name in ("name", "status", "received_at", "applied_at")},
            **{name: getattr(file, f"rows_{name}") for name in counts},
            removals_held=file.removals_held,
            refusal=file.refusal,
        )
