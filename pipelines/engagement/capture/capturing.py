"""Take in batches in one transaction: what it commits was accepted once, whatever dies and whoever sends it again.

Locks are taken in one order by every process: hours, devices, keys, days of devices; each kind in the order of its
values. So two processes wait for each other at most once, and never in a circle.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core.engagement.hours import LATEST, TOLERANCE, closes_at
from pipelines.engagement.capture.batch import Batch, SentEvent
from pipelines.engagement.capture.caps import mark_beyond_caps
from pipelines.engagement.capture.keys import settle_repeats
from pipelines.engagement.capture.known import correct_clocks, erased, known_listings, remember_clocks
from pipelines.engagement.capture.rows import write_events
from pipelines.engagement.hours import ensure_hours, share_hours


@dataclass(frozen=True)
class EventResult:
    """The answer about one event; `code` says why it was rejected."""

    id: str | None
    status: str
    code: str | None


def capture(session: Session, batches: Sequence[Batch]) -> list[list[EventResult]]:
    """Write the events of batches, each accepted one once; return the answers, by batch.

    Nothing may be answered before the session's transaction is committed.
    """
    for batch in batches:
        for event in batch.events:
            event.reset()
    clocks = correct_clocks(session, batches)
    _refuse_erased(batches, erased(session, batches))
    _stamp(session, batches)
    _place(session, batches)
    remember_clocks(session, clocks.of(batch.clock for batch in batches if not batch.is_erased))
    settle_repeats(session, batches)
    mark_beyond_caps(session, batches)
    write_events(session, batches)
    return [[EventResult(event.id, event.status, event.code) for event in batch.events] for batch in batches]


def _refuse_erased(batches: Sequence[Batch], until: dict[tuple[str, int], datetime]) -> None:
    if not until:
        return
    for batch in batches:
        subjects = [("device", batch.device)] + ([("person", batch.person)] if batch.person is not None else [])
        ends = [until[subject] for subject in subjects if subject in until]
        for event in batch.events if ends else ():
            if event.at is None or event.at <= max(ends):
                event.nameless = True
                if event.status == "accepted":
                    event.reject("erased")


def _stamp(session: Session, batches: Sequence[Batch]) -> None:
    """Stamp events with where their listing stood; reject those of listings that strangers may not see."""
    about = [
        (batch, event, event.values["listing_id"])
        for batch in batches
        for event in batch.open_events()
        if "listing_id" in event.values
    ]
    known = known_listings(session, (listing_id for _, _, listing_id in about))
    for batch, event, listing_id in about:
        listing = known.get(listing_id)
        assert event.at is not None  # noqa: S101  (readable events have a time)
        if listing is None or not (batch.server or listing.is_shown(event.at, batch.caller)):
            event.reject("listing_unknown")
            continue
        event.stamp = listing.stamp(event.at)
        if event.mark == "none" and listing.is_own(batch.caller):
            event.mark = "owner"


def _place(session: Session, batches: Sequence[Batch]) -> None:
    """Say where each event goes, and hold the hours for as long as the transaction lasts."""
    within: list[tuple[Batch, SentEvent]] = []
    for batch in batches:
        for event in batch.open_events():
            age: Any = batch.received_at - event.at  # type: ignore[operator]  # readable events have a time
            if age > LATEST:
                event.place = "late"
            elif age < -TOLERANCE:
                event.place = "future"
            else:
                within.append((batch, event))
    hours = {event.hour for _, event in within}
    if not hours:
        return
    ensure_hours(session, hours)
    states = share_hours(session, hours)
    for batch, event in within:
        state = states[event.hour]
        event.after_close = state.state != "open" or batch.received_at >= closes_at(event.hour)
        if state.state == "closed":
            event.place, event.supplement = "supplement", state.supplement
        elif state.state == "sealed":
            event.place = "sealed"
