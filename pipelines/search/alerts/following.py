"""Read changed cars from the outbox, as they are by now, and keep what owners of saved searches are to be told."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.tables import Listing
from core.outbox.events import LISTING, Event
from core.search.document import ListingDocument
from core.states.listings import is_in, reservation_ended
from pipelines.search.alerts.canonical import seen_by
from pipelines.search.alerts.matching import ChangedCar, keep_matches
from pipelines.search.repository import ListingDocumentRepository

_log = logging.getLogger(__name__)
OLDEST: Final = timedelta(days=1)
"""Changes that were read later than this are told to nobody: a consumer that starts reads old ones too."""
Before = Mapping[str, Any] | None
"""The values before a change, as `old` of an event has them: of the columns that changed. None: there was no car."""
UNCHANGED: Final[Mapping[str, Any]] = {}
FORMER: Final = (
    "channels", "title", "make", "model", "variant", "model_year", "mileage_km", "fuel", "transmission", "body",
    "assembly", "color", "color_raw", "engine_cc", "registered_in", "city", "area", "province", "photo_count",
    "has_good_photos", "price_pkr", "visibility",
)  # fmt: skip
"""The columns of a document that `old` may hold."""


def keeping_matches(clock: Callable[[], datetime] = utc_now) -> Callable[[Session, Sequence[Event]], None]:
    """Make the handler of changes."""

    def handle(session: Session, events: Sequence[Event]) -> None:
        now = clock()
        before: dict[UUID, Before] = {}
        for event in events:
            if now - event.created_at > OLDEST:
                continue
            known = before.get(event.subject_id, UNCHANGED)
            # An event of another topic says nothing of before.
            old = event.payload.get("old") if event.topic == LISTING else UNCHANGED
            before[event.subject_id] = earliest(known, old)
        result = keep_matches(session, changed_cars(session, before), now)
        if result.new or result.price_drops:
            _log.info("%d cars: %d matches and %d price drops wait", result.cars, result.new, result.price_drops)

    return handle


def earliest(known: Before, later: Before) -> Before:
    """Join the values before two changes: the earlier ones count, except that a car which was off offer came anew."""
    if not known or not later:
        return later if known is UNCHANGED else known
    state = known["state"] if is_in(later["state"], "searched") else later["state"]
    return {**later, **known, "state": state}


def changed_cars(session: Session, before: Mapping[UUID, Before]) -> list[ChangedCar]:
    """Return those of the cars that are on offer, with what is known of before (`UNCHANGED`: nothing)."""
    ids = list(before)
    documents = ListingDocumentRepository(session).live(ids)
    offered = func.greatest(Listing.created_at, Listing.renewed_at).label("at")
    wanted = select(Listing.id, Listing.seller_id, Listing.status, offered).where(Listing.id.in_(ids))
    known = {row.id: row for row in session.execute(wanted)}
    return [_changed(document, known[document.id], before[document.id]) for document in documents]


def _changed(document: ListingDocument, row: Row[Any], old: Before) -> ChangedCar:
    if old is UNCHANGED:
        return ChangedCar(document, row.at, row.seller_id, document, (), document.price_pkr)
    now_seen = seen_by(document.channels, document.visibility)
    if old is None or not is_in(old["state"], "searched"):
        price = None if old is None else old["price_pkr"]
        return ChangedCar(document, row.at, row.seller_id, None, tuple(now_seen), price)
    was = former(document, old)
    was_seen = seen_by(was.channels, was.visibility)
    arrived = tuple(channel for channel in now_seen if channel not in was_seen)
    freed = reservation_ended(old["state"], row.status)
    return ChangedCar(document, row.at, row.seller_id, None if freed else was, arrived, was.price_pkr)


def former(document: ListingDocument, old: Mapping[str, Any]) -> ListingDocument:
    """Return the car as it was: `old` names the columns that changed."""
    changed = {name: old[name] for name in FORMER if name in old}
    if "channels" in changed:
        changed["channels"] = tuple(changed["channels"])
    return replace(document, **changed)
