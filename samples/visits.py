"""Draw visits of shoppers: searches, impressions, views and contacts, each with a time and a device."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from typing import Any, Final

from core.clock import PAKISTAN

BOT_SHARE, SKEWED_SHARE, RETURNING = 0.06, 0.05, 0.4
_HOURS: Final = (1, 0, 0, 0, 0, 0, 0, 1, 2, 4, 6, 7, 7, 6, 6, 7, 7, 8, 9, 10, 12, 13, 10, 5)
"""Visits by hour of the day in Karachi: few in the night, most after dinner."""
_SHOWN: Final = 8
_QUERIES: Final = ("{model}", "{make} {model}", "{model} {city}", "{make} {model} {city}", "used {model} in {city}")
_MISSING: Final = ("lexus lx600 lahore", "corolla cross hybrid 2025", "suzuki every 2025", "tesla model 3")
"""Searches for cars that are not on offer."""


@dataclass(frozen=True)
class TrafficCar:
    """A car that shoppers may see."""

    listing_id: str
    org: str
    make: str
    model: str
    city: str
    appeal: float = 1.0  # how many times as often as the average car it is opened where it is shown


@dataclass(frozen=True)
class Happening:
    """One act of a shopper (an event to be sent), at its true time."""

    at: datetime
    type: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class Visit:
    """A session of a device, whose clock is ahead by `skew`."""

    device: str
    session: str
    app: str
    skew: timedelta
    is_bot: bool
    happenings: list[Happening]


@dataclass(frozen=True)
class Intent:
    """Probabilities that a shopper opens a car that is shown, and gets in touch about it; and the most searches."""

    opens: float
    contacts: float
    searches: int


_INTENTS: Final = ((Intent(0.15, 0.01, 2), 6), (Intent(0.3, 0.06, 2), 3), (Intent(0.5, 0.3, 1), 1))
"""Browsing, comparing, and buying."""


def draw_visits(cars: Sequence[TrafficCar], until: datetime, draw: Random, *, days: int, a_day: int) -> Iterator[Visit]:
    """Draw the visits of the days before `until`, which cuts them off; a device returns with probability RETURNING."""
    by_model: dict[tuple[str, str], list[TrafficCar]] = {}
    for car in sorted(cars, key=lambda car: car.listing_id):
        by_model.setdefault((car.make, car.model), []).append(car)
    models = sorted(by_model, key=lambda model: (-len(by_model[model]), model))
    weights = [1 / (place + 2) for place in range(len(models))]  # a few models are what most people look for
    seen: list[tuple[str, str, timedelta]] = []
    for number, start in enumerate(_starts(until, draw, days, a_day)):
        wanted = by_model[draw.choices(models, weights)[0]]
        is_bot = draw.random() < BOT_SHARE
        device, app, skew = _device(seen, number, draw, is_bot=is_bot)
        happenings = list(_crawl(cars, start, draw) if is_bot else _shop(wanted, start, f"q{number}", draw))
        kept = [each for each in happenings if each.at < until]
        if kept:
            yield Visit(device, f"s{number}", app, skew, is_bot, kept)


def _starts(until: datetime, draw: Random, days: int, a_day: int) -> Iterator[datetime]:
    today = until.astimezone(PAKISTAN).date()
    for day in (today - timedelta(days=back) for back in range(days - 1, -1, -1)):
        busy = 1.25 if day.weekday() >= 5 else 1.0
        midnight = datetime.combine(day, time(), PAKISTAN)
        for _ in range(round(a_day * busy * draw.uniform(0.9, 1.1))):
            hour = draw.choices(range(24), _HOURS)[0]
            start = midnight + timedelta(hours=hour, seconds=draw.uniform(0, 3_600))
            if start < until:
                yield start


def _device(
    seen: list[tuple[str, str, timedelta]], number: int, draw: Random, *, is_bot: bool
) -> tuple[str, str, timedelta]:
    if is_bot:
        return f"crawler-{number % 3}", "web", timedelta(0)
    if seen and draw.random() < RETURNING:
        return draw.choice(seen)
    app = draw.choice(("web", "web", "android", "ios"))
    wrong = draw.random() < SKEWED_SHARE
    skew = timedelta(minutes=draw.choice((-1, 1)) * draw.uniform(3, 180)) if wrong else timedelta(0)
    seen.append((f"phone-{number}", app, skew))
    return seen[-1]


def _shop(wanted: list[TrafficCar], start: datetime, query_id: str, draw: Random) -> Iterator[Happening]:
    intent = draw.choices([each for each, _ in _INTENTS], [weight for _, weight in _INTENTS])[0]
    at = start
    for turn in range(draw.randint(1, intent.searches)):
        at += timedelta(seconds=draw.uniform(2, 40))
        name = {"query_id": f"{query_id}-{turn}"}
        if draw.random() < 0.05:
            yield Happening(at, "search", {"query": draw.choice(_MISSING), "results": 0, **name})
            continue
        some = draw.choice(wanted)
        text = draw.choice(_QUERIES).format(make=some.make, model=some.model, city=some.city).lower()
        yield Happening(at, "search", {"query": text, "results": len(wanted), **name})
        for place, car in enumerate(draw.sample(wanted, min(_SHOWN, len(wanted))), 1):
            shown = {"listing_id": car.listing_id, "position": place, **name}
            at += timedelta(seconds=0.1)
            yield Happening(at, "listing_impression", shown)
            if draw.random() < intent.opens * car.appeal * place**-0.4:
                yield from _look(at, shown, intent, draw)
                at += timedelta(seconds=draw.uniform(20, 90))


def _look(at: datetime, shown: dict[str, Any], intent: Intent, draw: Random) -> Iterator[Happening]:
    at += timedelta(seconds=draw.uniform(1, 8))
    yield Happening(at, "listing_view", {**shown, "dwell_ms": draw.randint(2_000, 60_000)})
    about = {"listing_id": shown["listing_id"], "query_id": shown["query_id"]}
    if draw.random() < 0.5:
        yield Happening(at + timedelta(seconds=3), "photo_view", {**about, "photo": draw.randint(1, 8)})
    if draw.random() < intent.contacts:
        kind = draw.choice(("contact_reveal", "whatsapp_click", "call_click"))
        yield Happening(at + timedelta(seconds=draw.uniform(8, 18)), kind, about)


def _crawl(cars: Sequence[TrafficCar], start: datetime, draw: Random) -> Iterator[Happening]:
    for number in range(draw.randint(5, 30)):
        car = draw.choice(cars)
        yield Happening(start + timedelta(seconds=2 * number), "listing_view", {"listing_id": car.listing_id})
