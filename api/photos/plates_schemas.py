"""Requests and answers about the plates of a photo."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.parameters import JSON_NUMBER
from api.photos.schemas import EXAMPLE_PHOTO_ID
from core.db.tables.photo_verdicts import PhotoAppeal
from serving.photos.judgement.plates import Box

_Side = Annotated[int, Field(ge=0, le=100_000), JSON_NUMBER]
_Area = Annotated[list[_Side], Field(min_length=4, max_length=4)]
AppealKind = Literal["unblur", "missed_plate"]


class AppealCreate(BaseModel):
    """An appeal about the plates of a photo."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"kind": "unblur"}]})

    kind: AppealKind = Field(description="`unblur`: what is covered is no plate. `missed_plate`: a plate is not.")


class AppealDecision(BaseModel):
    """A moderator's answer."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"decision": "grant"}]})

    decision: Literal["grant", "refuse"]


class AppealRead(BaseModel):
    """An appeal about the plates of a photo."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "appeal_id": EXAMPLE_PHOTO_ID,
                    "photo_id": EXAMPLE_PHOTO_ID,
                    "kind": "unblur",
                    "state": "open",
                    "created_at": "2026-12-01T10:00:00Z",
                }
            ]
        }
    )

    appeal_id: UUID
    photo_id: UUID
    kind: AppealKind
    state: Literal["open", "granted", "refused"]
    created_at: datetime

    @classmethod
    def of(cls, row: PhotoAppeal) -> Self:
        """Make it from the row."""
        return cls.model_validate(
            {"appeal_id": row.id, "photo_id": row.photo_id, "kind": row.kind, "state": row.state,
             "created_at": row.created_at}
        )  # fmt: skip


class PhotoBoxes(BaseModel):
    """Areas to cover, each as left, top, right, bottom."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"boxes": [[410, 620, 590, 665]]}]})

    boxes: list[_Area] = Field(
        min_length=1,
        max_length=20,
        description="In pixels of the upright original, whose `width` and `height` stand in `judgement`. They are"
        " covered besides those that stand there.",
    )

    def areas(self) -> list[Box]:
        """Return them as the service takes them."""
        return [(left, top, right, bottom) for left, top, right, bottom in self.boxes]
