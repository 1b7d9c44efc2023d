"""Read changed cars from the outbox, as they are by now, and keep what owners of saved searches are to be told."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.tables import Listing
from core.listing_states import is_in
from core.outbox.events import LISTING, Event
from core.search.document import ListingDocument
from pipelines.search.alerts.canonical import seen_by
from pipelines.search.alerts.matching import ChangedCar, keep_matches
from pipelines.search.repository import ListingDocumentRepository

_log = logging.getLogger(__name__)
OLDEST: Final = timedelta(days=1)
"""Changes that were read later than this are told to nobody: a consumer that starts reads old ones too."""
UNCHANGED: Final[Mapping[str, Any]] = {}


def keeping_matches(clock: Callable[[], datetime] = utc_now) -> Callable[[Session, Sequence[Event]], None]:
    """Make the handler of changes."""

    def handle(session: Session, events: Sequence[Event]) -> None:
        now = clock()
        before: dict[UUID, Mapping[str, Any] | None] = {}
        for event in events:
            if now - event.created_at > OLDEST:
                continue
            if event.topic != LISTING:  # it says nothing of before
                before.setdefault(event.subject_id, UNCHANGED)
            elif before.get(event.subject_id, UNCHANGED) is UNCHANGED:
                before[event.subject_id] = event.payload.get("old")
        result = keep_matches(session, changed_cars(session, before), now)
        if result.new or result.price_drops:
            _log.info("%d cars: %d new and %d price drops wait", result.cars, result.new, result.price_drops)

    return handle


def changed_cars(session: Session, before: Mapping[UUID, Mapping[str, Any] | None]) -> list[ChangedCar]:
    """Return those of the cars that are on offer, with what is known of before (`UNCHANGED`: nothing)."""
    ids = list(before)
    documents = ListingDocumentRepository(session).live(ids)
    offered = func.greatest(Listing.created_at, Listing.renewed_at)
    rows = session.execute(select(Listing.id, Listing.seller_id, offered.label("at")).where(Listing.id.in_(ids))).all()
    known = {row.id: row for row in rows}
    return [
        _changed(document, known[document.id].at, known[document.id].seller_id, before[document.id])
        for document in documents
    ]


def _changed(
    document: ListingDocument, at: datetime, seller_id: UUID | None, old: Mapping[str, Any] | None
) -> ChangedCar:
    now_seen = seen_by(document.channels, document.visibility)
    if old is UNCHANGED:
        return ChangedCar(document, at, seller_id, (), document.price_pkr)
    if old is None or not is_in(old["state"], "searched"):
        price = None if old is None else old["price_pkr"]
        return ChangedCar(document, at, seller_id, tuple(now_seen), price)
    was_seen = seen_by(document.channels, old["visibility"])
    arrived = tuple(channel for channel in now_seen if channel not in was_seen)
    return ChangedCar(document, at, seller_id, arrived, old["price_pkr"])
