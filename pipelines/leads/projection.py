"""Derive state, owner, tags and next action of a lead from its events, one after the other."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from core.states.leads import CLOSING, LeadState

NEW_REASON: Final = "new"
"""Why a lead that has just come has no owner: nobody has looked for one yet."""


@dataclass(frozen=True)
class Happening:
    """An event as far as the projection reads it."""

    kind: str
    state: str | None = None
    reason: str | None = None
    owner_id: UUID | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Projection:
    """A lead as its events so far have left it; the columns of the same names repeat it. It begins without an owner."""

    state: str = LeadState.NEW
    state_reason: str | None = None
    owner_id: UUID | None = None
    waiting_reason: str | None = NEW_REASON
    tags: tuple[str, ...] = ()
    next_action: str | None = None
    next_action_at: datetime | None = None


def after(before: Projection, event: Happening) -> Projection:
    """Return the lead after one more event.

    A buyer's message reopens what was closed; an answer makes it contacted; a lead without an owner is new again.
    """
    match event.kind:
        case "buyer_message" | "joined":
            return _opened(before) if before.state in CLOSING - {LeadState.MERGED} else before
        case "reply" | "call":
            answered = before.state in (LeadState.NEW, LeadState.ASSIGNED)
            return replace(before, state=LeadState.CONTACTED) if answered else before
        case "state":
            return replace(before, state=LeadState(event.state or before.state), state_reason=event.reason)
        case "assigned":
            taken = LeadState.ASSIGNED if before.state == LeadState.NEW else before.state
            return replace(before, state=taken, owner_id=event.owner_id, waiting_reason=None)
        case "waiting":
            left = LeadState.NEW if before.state == LeadState.ASSIGNED else before.state
            return replace(before, state=left, owner_id=None, waiting_reason=event.reason)
        case "tags":
            return replace(before, tags=tuple(event.details["tags"]))
        case "next_action":
            at = event.details.get("at")
            return replace(
                before,
                next_action=event.details.get("action"),
                next_action_at=None if at is None else datetime.fromisoformat(at),
            )
        case _:
            return before


def folded(events: Iterable[Happening]) -> Projection:
    """Return the lead that all its events have made, in the order of recording."""
    found = Projection()
    for event in events:
        found = after(found, event)
    return found


def _opened(before: Projection) -> Projection:
    state = LeadState.NEW if before.owner_id is None else LeadState.ASSIGNED
    return replace(before, state=state, state_reason=None)
