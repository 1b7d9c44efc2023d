"""Traffic of shoppers on cars of a market: batches as apps send them, and what counting them must come to."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

from samples.visits import Happening, TrafficCar, Visit, draw_visits

__all__ = ["Traffic", "TrafficCar", "TrafficTruth", "make_traffic"]

BOT: Final = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
PHONE: Final = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile"
REPEATED, LATE, LOST = 0.04, 0.03, 0.01
"""Shares of visits whose batches are sent twice, come hours after they were made, or after more than 72 hours."""
_CONTACTS: Final = ("contact_reveal", "whatsapp_click", "call_click")
_LATEST: Final = timedelta(hours=72)


@dataclass
class TrafficTruth:
    """What counting must come to: by listing, and of all."""

    views: Counter[str] = field(default_factory=Counter)
    contacts: Counter[str] = field(default_factory=Counter)
    viewers: dict[str, set[str]] = field(default_factory=dict)
    """Devices by listing."""
    bot_views: int = 0
    accepted: int = 0
    """Bots included, and events that came too late to count."""
    duplicates: int = 0
    apart: int = 0
    """Events that came after more than 72 hours: kept, and counted in no hour."""

    def visitors(self, listings: Sequence[str]) -> int:
        """Count the devices that viewed one of the listings."""
        return len({device for listing in listings for device in self.viewers.get(listing, ())})


@dataclass(frozen=True)
class Traffic:
    """Batches in the order in which they came, each a line of `automart engagement load`, and the truth."""

    lines: list[dict[str, Any]]
    truth: TrafficTruth


def make_traffic(
    cars: Sequence[TrafficCar], until: datetime, *, days: int = 30, sessions_a_day: int = 150, seed: int = 2026
) -> Traffic:
    """Make the visits of the days before a moment. Same arguments, same traffic.

    Some phones have clocks that are wrong by minutes or hours, some batches are sent twice, some come hours late or
    after more than 72 hours, and some visits are of crawlers. Nothing comes after `until`.
    """
    draw, truth = Random(f"{seed}:traffic"), TrafficTruth()
    lines: list[dict[str, Any]] = []
    for visit in draw_visits(cars, until, draw, days=days, a_day=sessions_a_day):
        lines += _batches(visit, until, draw, truth)
    return Traffic(sorted(lines, key=lambda line: (line["received_at"], line["device_id"])), truth)


def _batches(visit: Visit, until: datetime, draw: Random, truth: TrafficTruth) -> Iterator[dict[str, Any]]:
    last = visit.happenings[-1].at
    delay = timedelta(seconds=draw.uniform(0.2, 4))
    drawn = draw.random()
    if drawn < LOST:
        delay = timedelta(hours=draw.uniform(80, 100))
    elif drawn < LOST + LATE:
        delay = timedelta(hours=draw.uniform(1, 60))
    if last + delay > until:
        delay = min(until - last, timedelta(seconds=1))
    received = last + delay
    events = [_event(each, visit, draw) for each in visit.happenings]
    yield _line(visit, events, received)
    _note(visit, received, truth)
    again = received + timedelta(seconds=draw.uniform(1, 30))
    if draw.random() < REPEATED and again <= until:
        truth.duplicates += len(events)
        yield _line(visit, events, again)


def _line(visit: Visit, events: list[dict[str, Any]], received: datetime) -> dict[str, Any]:
    return {
        "sent_at": _stamp(received + visit.skew),
        "received_at": _stamp(received),
        "device_id": visit.device,
        "session_id": visit.session,
        "app": "bot" if visit.is_bot else visit.app,
        "user_agent": BOT if visit.is_bot else PHONE,
        "events": events,
    }


def _event(happening: Happening, visit: Visit, draw: Random) -> dict[str, Any]:
    at = happening.at + visit.skew
    number = int(at.timestamp() * 1_000) << 80 | 7 << 76 | draw.getrandbits(12) << 64 | 2 << 62 | draw.getrandbits(62)
    return {"id": str(UUID(int=number)), "type": happening.type, "at": _stamp(at), **happening.fields}


def _note(visit: Visit, received: datetime, truth: TrafficTruth) -> None:
    truth.accepted += len(visit.happenings)
    for each in visit.happenings:
        listing = str(each.fields.get("listing_id"))
        if received - each.at > _LATEST:
            truth.apart += 1
        elif visit.is_bot:
            truth.bot_views += each.type == "listing_view"
        elif each.type == "listing_view":
            truth.views[listing] += 1
            truth.viewers.setdefault(listing, set()).add(visit.device)
        elif each.type in _CONTACTS:
            truth.contacts[listing] += 1


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
