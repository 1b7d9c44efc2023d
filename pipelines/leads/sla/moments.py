"""The events that a clock knows."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MomentKind(StrEnum):
    """Kinds of events; only pause, resume and answer change anything."""

    PAUSE = "pause"
    RESUME = "resume"
    ANSWER = "answer"  # by a person: a sent reply or a logged call
    AUTO_REPLY = "auto_reply"
    REASSIGNED = "reassigned"


@dataclass(frozen=True, slots=True)
class Moment:
    """One event, at the time at which it happened, whenever it was recorded."""

    at: datetime
    kind: MomentKind


def recorded_at(now: datetime, newest: datetime | None) -> datetime:
    """Give the time to record for an event that happens now, which is never before the lead's newest event.

    A server's clock that is set back would otherwise end a pause before it began. An event that a person dates
    himself, such as a call logged the day after, keeps that date.
    """
    return now if newest is None else max(now, newest)
