"""A request about a feed, as its asker sees it."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.feeds.problems import EXAMPLE_FILE_ID
from core.db.tables.feed_requests import FeedRequest

_EXAMPLE: dict[str, Any] = {
    "request_id": "0198c1f2-6a3e-7c4d-9b1a-2f6d1c0e8a78",
    "file_id": str(EXAMPLE_FILE_ID),
    "kind": "approve",
    "state": "done",
    "asked_at": "2026-03-02T04:30:00Z",
    "done_at": "2026-03-02T04:30:02Z",
    "answer": {"file": "stock.csv", "kind": "approved", "changed": 14, "left": 0},
    "refusal": None,
}


class FeedRequestRead(BaseModel):
    """A request, and its result."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    request_id: UUID = Field(description="Ask for it again under this id.")
    file_id: UUID | None = Field(description="The file in question; null for a preview.")
    kind: Literal["replay", "approve", "undo", "preview"]
    state: Literal["waiting", "done", "refused"]
    asked_at: datetime = Field(description="When it was asked, UTC.")
    done_at: datetime | None = Field(description="When it was done or refused, UTC.")
    answer: dict[str, Any] = Field(
        description="Once done. `replay`: the counts of the reading. `approve` and `undo`: `changed` cars and those"
        " `left`. `preview`: the counts, reasons and `changes` of the cars, at most 100 of each kind."
    )
    refusal: str | None = Field(description="Why it was not done.")

    @classmethod
    def of(cls, request: FeedRequest) -> Self:
        """Make the asker's view of a row of `feed_requests`."""
        return cls.model_validate(
            {name: getattr(request, name) for name in ("file_id", "kind", "state", "done_at", "refusal")}
            | {"request_id": request.id, "asked_at": request.created_at, "answer": request.answer or {}}
        )
