"""Requests and answers about deliveries of webhooks."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from api.identity.org_parameters import EXAMPLE_ID
from api.parameters import JSON_TIME, SOUND_TEXT, WHOLE, OptionalParam
from serving.webhooks.deliveries import DeliveryQuery, DeliveryView
from serving.webhooks.replay import ReplayRequest

_Time = Annotated[AwareDatetime, JSON_TIME]
Outcome = Literal["waiting", "delivered", "failed", "skipped"]
_ATTEMPT: dict[str, JsonValue] = {
    "number": 1,
    "at": "2026-05-02T08:15:00Z",
    "milliseconds": 84,
    "http_status": 204,
    "code": "ok",
    "body": None,
}
_DELIVERY: dict[str, JsonValue] = {
    "id": EXAMPLE_ID,
    "webhook_id": "msg_019a2b3c4d5e7f608a9b0c1d2e3f4a5b",
    "event": "listing.price_changed",
    "subject_id": EXAMPLE_ID,
    "sequence": 7,
    "outcome": "delivered",
    "reason": None,
    "due_at": "2026-05-02T08:15:00Z",
    "created_at": "2026-05-02T08:15:00Z",
    "delivered_at": "2026-05-02T08:15:00Z",
    "payload": {
        "type": "listing.price_changed",
        "version": 1,
        "timestamp": "2026-05-02T08:15:00+00:00",
        "sequence": 7,
        "data": {"listing_id": EXAMPLE_ID, "old_price_pkr": 4_600_000, "new_price_pkr": 4_500_000},
    },
    "attempts": [_ATTEMPT],
}


class AttemptRead(BaseModel):
    """One request, and how it was answered."""

    number: int
    at: datetime
    milliseconds: int
    http_status: int | None
    code: str = Field(description="`ok`, or why it does not count: `timeout`, `redirect`, `address_not_allowed`, …")
    body: str | None = Field(description="The first 4,000 bytes of the answer, contacts masked.")


class DeliveryRead(BaseModel):
    """One message for the webhook."""

    id: UUID
    webhook_id: str = Field(description="The header of this name, the same at every attempt.")
    event: str
    subject_id: UUID
    sequence: int = Field(description="The number of the change among those of its subject.")
    outcome: Outcome
    reason: str | None
    due_at: datetime
    created_at: datetime
    delivered_at: datetime | None
    payload: dict[str, Any]
    attempts: list[AttemptRead]

    @classmethod
    def of(cls, view: DeliveryView) -> Self:
        """Describe a delivery, from the service's view."""
        row, message = view.delivery, view.message
        return cls(
            id=row.id,
            webhook_id=f"msg_{message.id.hex}",
            event=message.type,
            subject_id=row.subject_id,
            sequence=row.sequence,
            outcome=row.outcome,  # type: ignore[arg-type]  # the table's own constraint holds the words
            reason=row.outcome_reason,
            due_at=row.due_at,
            created_at=row.created_at,
            delivered_at=row.delivered_at,
            payload=message.payload,
            attempts=[AttemptRead.model_validate(each, from_attributes=True) for each in view.attempts],
        )


class DeliveryList(BaseModel):
    """Deliveries, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_DELIVERY], "next_cursor": None}]})

    items: list[DeliveryRead]
    next_cursor: UUID | None = Field(description="Pass it as `cursor` for the next page; null on the last one.")


class DeliveryParams(BaseModel):
    """Filters and page of a list of deliveries."""

    model_config = ConfigDict(extra="forbid")

    outcome: OptionalParam[Outcome] = Field(default=None, description="Only deliveries with this outcome.")
    event: OptionalParam[Annotated[str, Field(max_length=100), SOUND_TEXT]] = Field(
        default=None, description="Only deliveries of this event."
    )
    subject_id: OptionalParam[UUID] = Field(default=None, description="Only about this car, lead or deposit.")
    since: OptionalParam[_Time] = Field(default=None, description="Made at this time or later.")
    until: OptionalParam[_Time] = Field(default=None, description="Made before this time.")
    cursor: OptionalParam[UUID] = Field(default=None, description="`next_cursor` of the page before.")
    limit: Annotated[int, Field(ge=1, le=100), WHOLE] = Field(default=50, description="Deliveries on a page.")

    def query(self) -> DeliveryQuery:
        """Return the query for the service."""
        return DeliveryQuery(**self.model_dump())


class TestCreate(BaseModel):
    """The event whose example is sent."""

    __test__ = False
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"event": "listing.price_changed"}]})

    event: Annotated[str, Field(min_length=1, max_length=100), SOUND_TEXT]


class QueuedRead(BaseModel):
    """The delivery that was queued."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"delivery_id": EXAMPLE_ID}]})

    delivery_id: UUID


class ReplayCreate(BaseModel):
    """Deliveries to send again: by id, all not acknowledged in a range of time, or all that failed since a time."""

    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
        json_schema_extra={"examples": [{"from": "2026-05-02T00:00:00Z", "to": "2026-05-03T00:00:00Z"}]},
    )

    since: _Time | None = Field(default=None, alias="from", description="This time included.")
    until: _Time | None = Field(default=None, alias="to", description="This time excluded; left out: now.")
    failed_since: _Time | None = Field(
        default=None,
        description="What failed at this time or later and was not acknowledged, also where it is waiting"
        " for its next attempt.",
    )
    delivery_ids: Annotated[list[UUID], Field(min_length=1, max_length=1_000)] | None = Field(
        default=None, description="Ids of deliveries, also of acknowledged ones."
    )

    def asked(self) -> ReplayRequest:
        """Return the request for the service."""
        return ReplayRequest(**self.model_dump())


class ReplayRead(BaseModel):
    """The number of deliveries that are sent again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"deliveries": 12}]})

    deliveries: int
