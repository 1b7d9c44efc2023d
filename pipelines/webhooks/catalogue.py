"""The events that partners can subscribe to, gathered from the domains, and the messages made of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter

from core.access.permissions import Permission
from core.declarations import WebhookEvent, gather_declarations
from core.errors import InvalidInputError
from core.outbox.events import Event

PING: Final = "webhook.ping"
"""The event that confirms an endpoint; nobody subscribes to it."""
SCHEMA_VERSION: Final = 1


class UnknownEventError(InvalidInputError):
    """There is no event of this name to subscribe to."""

    code = "unknown_event"

    def __init__(self, name: str) -> None:
        known = ", ".join(sorted(event_types()))
        super().__init__(f"There is no event {name!r}; there are {known}.")


@dataclass(frozen=True)
class Message:
    """A message made of an event: for everybody who subscribed to it and may know of the subject.

    `listing_id` is the car that it is about, whose branch it belongs to where the event names none.
    """

    type: str
    org_id: UUID | None
    branch_id: UUID | None
    listing_id: UUID
    subject_id: UUID
    sequence: int
    is_public: bool
    payload: dict[str, Any]


@cache
def event_types() -> dict[str, WebhookEvent]:
    """Return the declared events by name."""
    declared = gather_declarations().values()
    return {event.name: event for each in declared for event in each.webhook_events}


def topics() -> tuple[str, ...]:
    """Return the topics of the outbox that the events are made of."""
    return tuple(sorted({event.topic for event in event_types().values()}))


def require_events(names: Iterable[str]) -> list[str]:
    """Return names of events, each once, in order.

    Raises:
        UnknownEventError: one of them does not exist.
    """
    found = sorted(set(names))
    for name in found:
        if name not in event_types():
            raise UnknownEventError(name)
    return found


def tells_of_car(name: str) -> bool:
    """Tell whether an event is about a car: its data name one."""
    return "listing_id" in {each.name for each in fields(event_types()[name].model)}


def needed_permissions(names: Iterable[str]) -> list[Permission]:
    """Return the permissions that whoever subscribes to these events must hold, by name."""
    declared = {each.name: each for domain in gather_declarations().values() for each in domain.permissions}
    needed = {event_types()[name].needs for name in names} - {""}
    return [declared[name] for name in sorted(needed)]


def messages_of(event: Event, wanted: Sequence[WebhookEvent]) -> list[Message]:
    """Make the messages of one event of the outbox, from what was fixed in the transaction of the change alone."""
    made = []
    for kind in wanted:
        data = kind.data(event) if kind.topic == event.topic else None
        if data is not None:
            given = _json(kind, data)
            branch = event.payload.get("branch_id")
            made.append(
                Message(
                    kind.name,
                    event.org_id,
                    UUID(branch) if branch else None,
                    UUID(event.payload.get("listing_id") or str(event.subject_id)),
                    event.subject_id,
                    event.sequence,
                    "automart:public" in event.audience,
                    payload_of(kind.name, event.created_at, event.sequence, given),
                )
            )
    return made


def payload_of(name: str, at: datetime, sequence: int, data: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a message: type, time of the change, its number among the subject's changes, and data."""
    return {"type": name, "version": SCHEMA_VERSION, "timestamp": at.isoformat(), "sequence": sequence, "data": data}


def example_of(kind: WebhookEvent, at: datetime) -> dict[str, Any]:
    """Return a body as a test event sends it."""
    return payload_of(kind.name, at, 1, _json(kind, kind.example))


def schema_of(kind: WebhookEvent) -> dict[str, Any]:
    """Return the JSON schema of an event's body."""
    data = _adapter(kind).json_schema(mode="serialization")
    return {
        "type": "object",
        "description": kind.says,
        "required": ["type", "version", "timestamp", "sequence", "data"],
        "properties": {
            "type": {"const": kind.name},
            "version": {"const": SCHEMA_VERSION},
            "timestamp": {"type": "string", "format": "date-time", "description": "When the change was made."},
            "sequence": {"type": "integer", "description": "The number of the change among those of its subject."},
            "data": data,
        },
    }


def _json(kind: WebhookEvent, data: object) -> dict[str, Any]:
    dumped: dict[str, Any] = _adapter(kind).dump_python(data, mode="json")
    return dumped


@cache
def _adapter(kind: WebhookEvent) -> TypeAdapter[Any]:
    """Make the writer of an event's data once: that costs far more than writing the data of a message."""
    return TypeAdapter(kind.model)
