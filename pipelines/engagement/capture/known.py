"""Look up what a flush must know before it writes: clocks, erasures and listings, one statement each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.states.listings import is_in
from pipelines.engagement.capture.batch import Batch, Caller
from pipelines.engagement.capture.clocks import Clock, correction, read_clock

_MILLISECOND: Final = timedelta(milliseconds=1)
_CLOCKS = text(
    "SELECT device, offset_ms, candidate_ms, candidate_since, seen_on FROM engagement_devices"
    " WHERE device = ANY(CAST(:devices AS bigint[]))"
)
_REMEMBER = text("""
INSERT INTO engagement_devices (device, offset_ms, candidate_ms, candidate_since, seen_on)
SELECT * FROM unnest(CAST(:devices AS bigint[]), CAST(:offsets AS bigint[]), CAST(:candidates AS bigint[]),
  CAST(:since AS timestamptz[]), CAST(:seen AS date[])) AS given
ORDER BY 1
ON CONFLICT (device) DO UPDATE SET offset_ms = excluded.offset_ms, candidate_ms = excluded.candidate_ms,
  candidate_since = excluded.candidate_since, seen_on = greatest(engagement_devices.seen_on, excluded.seen_on)
""")
_ERASED = text(
    "SELECT kind, subject, erased_at FROM engagement_erasures WHERE (kind = 'device' AND subject = ANY("
    "CAST(:devices AS bigint[]))) OR (kind = 'person' AND subject = ANY(CAST(:people AS bigint[])))"
)
_LISTINGS = text("SELECT * FROM engagement_listings(CAST(:ids AS uuid[]))")
_DEALERS_SEE: Final = ("public", "wholesale_public")


@dataclass(frozen=True)
class Stamp:
    """The dealer, branch and city of a listing at a time."""

    org_id: UUID
    branch_id: UUID | None
    make: str
    model: str
    city: str | None
    source: str


@dataclass(frozen=True)
class KnownListing:
    """A listing: what it is now, and what it was until when, newest first."""

    now: Any
    before: Sequence[Any]

    def is_shown(self, at: datetime, caller: Caller) -> bool:
        """Tell whether the caller could open its page at that time."""
        if self.now.visibility not in (_DEALERS_SEE if caller.is_dealer else _DEALERS_SEE[:1]):
            return False
        if is_in(self.now.status, "opened"):
            return True
        return self.now.removed_at is not None and at <= self.now.removed_at

    def is_own(self, caller: Caller) -> bool:
        """Tell whether the caller offers it."""
        own = self.now.seller_id is not None and self.now.seller_id == caller.person
        return own or self.now.org_id in caller.orgs

    def stamp(self, at: datetime) -> Stamp:
        """Return where it stood at a time."""
        row = next((each for each in reversed(self.before) if at < each.until), self.now)
        return Stamp(row.org_id, row.branch_id, row.make, row.model, row.city, self.now.source)


@dataclass(frozen=True)
class ClockChanges:
    """Clocks to remember, by device, and the days on which their devices were seen."""

    clocks: dict[int, Clock]
    seen: dict[int, date]

    def of(self, devices: Iterable[int | None]) -> "ClockChanges":
        """Return those of some devices."""
        kept = set(devices)
        return ClockChanges({device: clock for device, clock in self.clocks.items() if device in kept}, self.seen)


def correct_clocks(session: Session, batches: Sequence[Batch]) -> ClockChanges:
    """Give each event its corrected time, in the order of the batches; return what is to be remembered."""
    devices = sorted({batch.clock for batch in batches if batch.clock is not None})
    rows: dict[int, Any] = {row.device: row for row in session.execute(_CLOCKS, {"devices": devices})}
    clocks = {device: _clock(row) for device, row in rows.items()}
    seen = {device: row.seen_on for device, row in rows.items()}
    changed = set()
    for batch in batches:
        offset = batch.received_at - batch.sent_at
        if batch.clock is not None:
            clock, offset = read_clock(clocks.get(batch.clock), offset, batch.received_at)
            day = batch.received_at.date()
            if clock != clocks.get(batch.clock) or seen.get(batch.clock, day) < day:
                changed.add(batch.clock)
            clocks[batch.clock], seen[batch.clock] = clock, max(day, seen.get(batch.clock, day))
        added = correction(offset)
        for event in batch.events:
            if event.sent_time is not None:
                event.happened(event.sent_time + added)
    return ClockChanges({device: clocks[device] for device in changed}, seen)


def erased(session: Session, batches: Sequence[Batch]) -> dict[tuple[str, int], datetime]:
    """Return until when events of devices and people were erased, by kind and digest."""
    devices = sorted({batch.device for batch in batches})
    people = sorted({batch.person for batch in batches if batch.person is not None})
    rows = session.execute(_ERASED, {"devices": devices, "people": people})
    return {(row.kind, row.subject): row.erased_at for row in rows}


def known_listings(session: Session, ids: Iterable[UUID]) -> dict[UUID, KnownListing]:
    """Return the listings of these ids, as far as there are such, with what they were before."""
    wanted = sorted(set(ids))
    now: dict[UUID, Any] = {}
    before: dict[UUID, list[Any]] = {}
    for row in session.execute(_LISTINGS, {"ids": wanted}) if wanted else ():
        if row.until is None:
            now[row.listing_id] = row
        else:
            before.setdefault(row.listing_id, []).append(row)
    newest_first = {key: sorted(rows, key=lambda row: row.until, reverse=True) for key, rows in before.items()}
    return {key: KnownListing(row, newest_first.get(key, ())) for key, row in now.items()}


def _clock(row: Any) -> Clock:  # noqa: ANN401  (a row)
    candidate = None if row.candidate_ms is None else row.candidate_ms * _MILLISECOND
    return Clock(row.offset_ms * _MILLISECOND, candidate, row.candidate_since)


def remember_clocks(session: Session, changes: ClockChanges) -> None:
    """Write the clocks that have changed, in the order of their devices."""
    devices = sorted(changes.clocks)
    if not devices:
        return
    given = [changes.clocks[device] for device in devices]
    session.execute(
        _REMEMBER,
        {
            "devices": devices,
            "offsets": [each.offset // _MILLISECOND for each in given],
            "candidates": [None if each.candidate is None else each.candidate // _MILLISECOND for each in given],
            "since": [each.since for each in given],
            "seen": [changes.seen[device] for device in devices],
        },
    )
