"""Events of the outbox as their readers get them, and as `emit` takes them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

LISTING = "listing"
"""The topic that the triggers of `listings` write, and `emit` refuses."""


@dataclass(frozen=True)
class Event:
    """One committed change of one subject.

    `sequence` counts the changes of the subject without a gap: a consumer that keeps the last one it has handled
    recognises a repetition. `payload` was fixed in the transaction of the change; of a listing it holds `old` and
    `new`, each with `price_pkr`, `state` and `visibility`, or null where there was nothing before or is nothing after.
    Of a car that was and stays on offer `old` holds, too, the searched columns that changed, as they were: one that is
    absent did not change. Consumers must not pass these on to anybody.
    """

    id: int
    place: int  # among the events of one row, from 1; 0 where the event has a row of its own
    topic: str
    subject_id: UUID
    sequence: int
    kind: str
    org_id: UUID | None
    person_id: UUID | None
    audience: tuple[str, ...]
    payload: dict[str, Any]
    created_at: datetime  # the start of the transaction


@dataclass(frozen=True)
class NewEvent:
    """A change to write an event of: its subject and kind, the owners of the subject, its audience, and a few facts."""

    subject_id: UUID
    kind: str
    org_id: UUID | None = None
    person_id: UUID | None = None
    audience: tuple[str, ...] = ()
    payload: dict[str, Any] = field(default_factory=dict)
