"""Batches as capture carries them: who sent them, and each event with what became of it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal
from uuid import UUID

from core.engagement.hours import hour_of

Status = Literal["accepted", "duplicate", "rejected"]
Place = Literal["hour", "supplement", "late", "future", "sealed"]
"""The partition of its hour, the supplement of a closed one, or apart: why it counts in no hour."""


@dataclass(frozen=True)
class Caller:
    """The facts that the server knows of the sender of a batch.

    `orgs`: the organisations that they belong to. `follow` is false for those who ask not to be followed.
    """

    person: UUID | None = None
    orgs: frozenset[UUID] = frozenset()
    is_staff: bool = False
    is_dealer: bool = False
    agent: str = ""
    prefetched: bool = False
    follow: bool = True


_NO_HOUR: Final = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class SentEvent:
    """An event of a batch. `values` are its fields by name, checked; `code` says why it is rejected."""

    id: str | None  # as it was sent, for the answer
    type: str | None = None
    version: int = 1
    event_id: UUID | None = None
    key: UUID | None = None
    payload: int = 0
    sent_time: datetime | None = None  # by the client's clock
    at: datetime | None = None
    hour: datetime = _NO_HOUR  # of `at`
    values: dict[str, Any] = field(default_factory=dict)
    first_mark: str = "none"  # by its sender
    unreadable: str | None = None  # the code of its rejection, whatever is known otherwise
    mark: str = "none"
    status: Status = "accepted"
    code: str | None = None
    place: Place = "hour"
    supplement: int = 0
    after_close: bool = False
    counted_in: datetime | None = None  # of a duplicate: the hour of the first
    stamp: Any = None  # where its listing stood
    nameless: bool = False  # it was erased: its rejection names nobody

    def reset(self) -> None:
        """Forget what an attempt to write it found: the attempt may have been rolled back."""
        self.status, self.code = ("accepted", None) if self.unreadable is None else ("rejected", self.unreadable)
        self.mark, self.place, self.supplement, self.after_close = self.first_mark, "hour", 0, False
        self.counted_in, self.stamp, self.nameless = None, None, False

    def reject(self, code: str) -> None:
        """Answer it with `rejected`."""
        self.status, self.code = "rejected", code

    def happened(self, at: datetime) -> None:
        """Set the corrected time, and with it the hour in which it counts."""
        self.at, self.hour = at, hour_of(at)


@dataclass(slots=True)
class Batch:
    """A batch that was read. `clock` is the device whose clock it tells of; None where none may be remembered."""

    received_at: datetime
    sent_at: datetime
    device: int
    clock: int | None
    session: int | None
    person: int | None
    caller: Caller
    app: str | None
    app_version: str | None
    channel: str | None
    mark: str
    events: list[SentEvent]
    server: bool = False  # told by the platform: no clock, cap or payload is compared

    @property
    def is_erased(self) -> bool:
        """Whether all of it is of before an erasure: nothing of its device is kept then."""
        return bool(self.events) and all(event.nameless for event in self.events)

    def open_events(self) -> list[SentEvent]:
        """Return the events that are not answered otherwise yet."""
        return [event for event in self.events if event.status == "accepted"]
