"""Bodies and answers of the engagement operations."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.parameters import EXAMPLE_LISTING_ID

_EVENT_ID: Final = "01935f2a-6c00-7aaa-8bbb-0123456789ab"
EXAMPLE_BATCH: Final[dict[str, Any]] = {
    "sent_at": "2026-11-27T10:00:05.000Z",
    "device_id": "a3f0c2d1",
    "session_id": "s-81",
    "app": "web",
    "app_version": "4.2.0",
    "channel": "automart",
    "consent": "granted",
    "events": [
        {
            "id": _EVENT_ID,
            "type": "listing_view",
            "at": "2026-11-27T10:00:01.250Z",
            "listing_id": str(EXAMPLE_LISTING_ID),
            "query_id": "q-17",
            "position": 3,
        }
    ],
}
_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": 100}
_TEXT_OR_NULL: Final = {**_TEXT, "type": ["string", "null"]}
BATCH_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "description": "Events of one device. Fields that are not named here are ignored.",
    "required": ["sent_at", "device_id", "events"],
    "properties": {
        "sent_at": {
            "type": "string",
            "format": "date-time",
            "description": "The time by the device's clock at this attempt to send, with an offset. Stamp it anew at"
            " each attempt.",
        },
        "device_id": {**_TEXT, "description": "The app's own id of the device. A digest of it is kept."},
        "session_id": {**_TEXT_OR_NULL, "description": "The app's own id of the session."},
        "app": {
            "type": ["string", "object", "null"],
            "description": "The app; or an object with its `name` and `version`.",
        },
        "app_version": {"type": ["string", "null"], "description": "Its version."},
        "channel": {
            "type": ["string", "null"],
            "enum": ["automart", "autotrader", None],
            "description": "The product.",
        },
        "consent": {
            "type": ["string", "null"],
            "enum": ["granted", "unknown", "denied", None],
            "description": "With `denied`, as with the headers `DNT: 1` and `Sec-GPC: 1`, events are counted and nobody"
            " is followed: no session, person or words of searches, and another number of the device each day.",
        },
        "webdriver": {
            "type": ["boolean", "null"],
            "description": "`navigator.webdriver`: a program drives the browser.",
        },
        "events": {
            "type": "array",
            "maxItems": 500,
            "description": "Events by the schemas of `GET /v1/event-schemas`. One that fits none is `rejected`,"
            " whatever it is, and does not hold up the others.",
            "items": {},
        },
    },
}
EVENTS_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": "At most 500 events and 512 KiB, packed with gzip or not. `text/plain` holds the same JSON, for"
        " `navigator.sendBeacon`.",
        "content": {
            "application/json": {"schema": BATCH_SCHEMA, "example": EXAMPLE_BATCH},
            "text/plain": {"schema": {"type": "string"}, "example": '{"sent_at": "2026-11-27T10:00:05.000Z", …}'},
        },
    }
}


class EventResultRead(BaseModel):
    """The outcome of one event."""

    id: str | None = Field(description="The event's id as it was sent; null where it cannot be written here.")
    status: Literal["accepted", "duplicate", "rejected"] = Field(
        description="`accepted`: it is kept. `duplicate`: it was accepted before. `rejected`: see `code`; sending it"
        " again changes nothing."
    )
    code: str | None = Field(
        description="Why it was rejected: invalid_event, invalid_id, unknown_type, missing_field, invalid_field,"
        " invalid_text, invalid_number, invalid_time, time_without_offset, listing_unknown, id_reused, erased."
    )


class EventsRead(BaseModel):
    """The outcome of each event, in the order in which they were sent."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"results": [{"id": _EVENT_ID, "status": "accepted", "code": None}]}]}
    )

    results: list[EventResultRead] = Field(description="One for each event.")
