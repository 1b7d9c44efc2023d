"""Put changes of listings, leads and deposits from the outbox into the stream of events, as the server's truth.

Each has an id that follows from the change, so whatever is read from the outbox a second time is a duplicate.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.engagement.digests import SERVER_DEVICE, Digests
from core.outbox.events import LISTING, Event
from core.vocabulary import ListingStatus
from pipelines.engagement.capture.batch import Batch, Caller, SentEvent
from pipelines.engagement.capture.capturing import capture
from pipelines.engagement.capture.keys import ANY_PAYLOAD

_APP: Final = "server"
_LEADS = text("SELECT id, created_at, query_id FROM leads WHERE id = ANY(CAST(:ids AS uuid[]))")
_LEAD_TYPES: Final = {"created": "lead_created", "answered": "lead_answered"}
Facts = dict[str, Any]


def following_changes(digests: Digests) -> Callable[[Session, Sequence[Event]], None]:
    """Return the function that captures events of the outbox, in the transaction in which the follower's place moves.

    A lead's device and session, where its event names them, become the digests by which the app's own events go.
    """

    def handle(session: Session, events: Sequence[Event]) -> None:
        leads = _leads(session, events)
        batches = [
            _batch(event, type_, facts, digests) for event in events for type_, facts in happenings(event, leads)
        ]
        if batches:
            capture(session, batches)

    return handle


def happenings(event: Event, leads: dict[UUID, Any]) -> Iterator[tuple[str, Facts]]:
    """Name what an event of the outbox is in the stream, with the fields of each."""
    if event.topic == LISTING:
        yield from _of_listing(event)
    elif event.topic == "lead" and event.kind in _LEAD_TYPES:
        yield _LEAD_TYPES[event.kind], _lead_facts(event, leads.get(event.subject_id))
    elif event.topic == "deposit" and event.kind == "opened":
        yield "deposit_opened", {**_named(event), "deposit_id": event.subject_id}


def _of_listing(event: Event) -> Iterator[tuple[str, Facts]]:
    old, new = event.payload.get("old") or {}, event.payload.get("new") or {}
    state, price, before = new.get("state"), new.get("price_pkr"), old.get("price_pkr")
    facts: Facts = {"listing_id": event.subject_id, "price_pkr": price}
    if event.kind == "removed":
        yield "listing_removed", {**facts, "state": state}
    else:
        yield f"listing_{'created' if event.kind == 'created' else 'changed'}", facts
    if price is not None and before is not None and price < before:
        yield "price_drop", {**facts, "old_price_pkr": before}
    if state == ListingStatus.SOLD != old.get("state"):
        yield "listing_sold", facts


def _lead_facts(event: Event, lead: Any) -> Facts:  # noqa: ANN401  (a row, or None)
    facts = {**_named(event), "lead_id": event.subject_id}
    if lead is None:
        return facts
    facts.setdefault("query_id", lead.query_id)
    if event.kind == "answered":
        facts["response_s"] = max(0, int((event.created_at - lead.created_at).total_seconds()))
    return facts


def _named(event: Event) -> Facts:
    """Return the listing and the search that an event names, as far as they can be read."""
    found: Facts = {}
    with contextlib.suppress(ValueError):
        found["listing_id"] = UUID(str(event.payload.get("listing_id")))
    query_id = event.payload.get("query_id")
    if isinstance(query_id, str):
        found["query_id"] = query_id
    return found


def _leads(session: Session, events: Sequence[Event]) -> dict[UUID, Any]:
    ids = sorted({event.subject_id for event in events if event.topic == "lead"})
    return {row.id: row for row in session.execute(_LEADS, {"ids": ids})} if ids else {}


def _batch(event: Event, type_: str, facts: Facts, digests: Digests) -> Batch:
    device_id, session_id = event.payload.get("device_id"), event.payload.get("session_id")
    known = event.topic != LISTING and isinstance(device_id, str)
    event_id = _event_id(event, type_)
    sent = SentEvent(
        str(event_id), type=type_, event_id=event_id, key=digests.key(_APP, event_id), payload=ANY_PAYLOAD,
        sent_time=event.created_at, values={name: value for name, value in facts.items() if value is not None},
    )  # fmt: skip
    now: datetime = max(utc_now(), event.created_at)
    return Batch(
        received_at=now, sent_at=now, clock=None, person=None, caller=Caller(), app=_APP, app_version=None,
        device=digests.device(str(device_id)) if known else SERVER_DEVICE,
        session=digests.session(str(device_id), session_id) if known and isinstance(session_id, str) else None,
        channel=None, mark="none", events=[sent], server=True,
    )  # fmt: skip


def _event_id(event: Event, type_: str) -> UUID:
    """Return the id of a happening. A lead is created once and first answered once, whatever is told of it later."""
    once = event.topic == "lead"
    told = f"{event.subject_id} {type_}" if once else f"{event.subject_id} {event.sequence} {type_}"
    digest = bytearray(blake2b(told.encode(), digest_size=16).digest())
    digest[:6] = (int(event.created_at.timestamp() * 1000) if not once else 0).to_bytes(6)
    digest[6], digest[8] = digest[6] & 0x0F | 0x80, digest[8] & 0x3F | 0x80
    return UUID(bytes=bytes(digest))
