"""Decide whose streams an event goes to, and which facts of it each may know. Pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from core.outbox.events import LISTING, Event

Role = Literal["org", "seller", "buyer"]
FACTS: Final[Mapping[tuple[str, Role], tuple[str, ...]]] = {
    ("lead", "org"): (
        "listing_id", "branch_id", "type", "state", "number", "event", "reason", "owner_id", "left_owner_id", "clock",
        "to",
    ),
    ("lead", "seller"): ("listing_id", "type", "state", "number", "event", "reason"),
    ("lead", "buyer"): ("listing_id", "type", "state", "number"),
    ("deposit", "org"): ("listing_id", "branch_id", "state", "reason", "amount_pkr"),
    ("deposit", "seller"): ("listing_id", "state", "reason", "amount_pkr"),
    ("deposit", "buyer"): ("listing_id", "state", "reason", "amount_pkr"),
}  # fmt: skip
"""The facts that each may know. Whatever else a payload holds goes to nobody."""
BUYERS_KINDS: Final = frozenset({"created", "joined", "message", "answered", "state", "attached"})
"""Kinds of lead events that a buyer may know of: the rest is the seller's own work."""


@dataclass(frozen=True)
class Copy:
    """An event as it stands in one stream."""

    stream_id: UUID
    role: Role
    kind: str
    payload: Mapping[str, Any]
    event: Event


def copies_of(event: Event, shared_orgs: Collection[UUID]) -> Iterator[Copy]:
    """Give the copies of an event, one for each stream that it goes to.

    `shared_orgs` are the marketplaces in whose name private ads stand: their events are their sellers' own. In all
    others an event belongs to the organisation; the person whom it names there works for it, and reads its stream.
    """
    kind, said = ("state", _state_of(event)) if event.topic == LISTING else (event.kind, event.payload)
    if said is None:
        return
    seen: set[UUID] = set()
    for stream_id, role in _readers(event, shared_orgs):
        if stream_id not in seen:
            seen.add(stream_id)
            facts = ("old", "new") if event.topic == LISTING else FACTS.get((event.topic, role), ())
            yield Copy(stream_id, role, kind, {name: said[name] for name in facts if name in said}, event)


def _readers(event: Event, shared_orgs: Collection[UUID]) -> Iterator[tuple[UUID, Role]]:
    private = event.org_id is None or event.org_id in shared_orgs
    if event.org_id is not None and not private:
        yield event.org_id, "org"
    seller = _id(event.payload.get("seller_id")) or (event.person_id if event.topic != "deposit" else None)
    if private and seller is not None:
        yield seller, "seller"
    buyer = _id(event.payload.get("buyer_id"))
    if buyer is None and event.topic == "deposit":
        buyer = event.person_id
    if buyer is not None and (event.topic == "deposit" or event.kind in BUYERS_KINDS):
        yield buyer, "buyer"


def _state_of(event: Event) -> dict[str, Any] | None:
    """Return the change of a listing's state; None where something else of it has changed."""
    old, new = ((event.payload.get(name) or {}).get("state") for name in ("old", "new"))
    return None if old == new else {"old": old, "new": new}


def _id(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
