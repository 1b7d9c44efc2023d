"""Leads of the past months on cars of a market, whose ends follow from what the buyers asked, and from chance."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

MONTHS_DAYS: Final = (35, 335)
"""Days ago between which they came: each has had its thirty days."""
_TYPES: Final = {
    "message": (40, -0.5), "call_back": (15, 0.3), "test_drive": (14, 1.0), "offer": (14, 0.0), "finance": (7, 0.3),
    "inspection": (5, 0.9), "trade_in": (5, 0.1),
}  # fmt: skip
_SOURCES: Final = {"api": (80, 0.0), "adf": (10, -0.3), "mail": (10, -0.8)}
_CONTACTS: Final = {"phone": (80, 0.2), "email": (20, -0.4)}
_USUAL, _NOISE = -1.7, 0.5
_REASONS: Final = ("bought_elsewhere", "no_answer", "price", "changed_mind")


@dataclass(frozen=True)
class LeadCar:
    """A car that can be asked about: its id, its organisation's, and its price."""

    id: str
    org_id: str
    price_pkr: int | None


@dataclass(frozen=True)
class PastLead:
    """A lead and its end. `answered` and `closed` are the times of the dealer's call and of the end."""

    car: LeadCar
    at: datetime
    type: str
    source: str
    contact_kind: str
    language: str
    found_by_search: bool
    offer_pkr: int | None
    answered: datetime
    closed: datetime
    won: bool
    reason: str | None


def make_leads(cars: Sequence[LeadCar], now: datetime, seed: int, number: int) -> list[PastLead]:
    """Make leads by a seed, the oldest first; some eighty per cent are lost, as elsewhere."""
    chance = Random(f"leads {seed}")
    made = [_lead(chance, chance.choice(cars), now) for _ in range(number)] if cars else []
    return sorted(made, key=lambda lead: lead.at)


def _lead(chance: Random, car: LeadCar, now: datetime) -> PastLead:
    kind, for_kind = _drawn(chance, _TYPES)
    source, for_source = _drawn(chance, _SOURCES)
    contact, for_contact = _drawn(chance, _CONTACTS)
    found = source == "api" and chance.random() < 0.6
    share = chance.uniform(0.65, 1.0) if kind == "offer" and car.price_pkr is not None else None
    odds = _USUAL + for_kind + for_source + for_contact + (0.4 if found else 0.0) + chance.gauss(0, _NOISE)
    odds += 0.0 if share is None else 6 * (share - 0.85)
    won = chance.random() < 1 / (1 + math.exp(-odds))
    at = now - timedelta(days=chance.uniform(*MONTHS_DAYS))
    answered = at + timedelta(minutes=chance.expovariate(1 / 90))
    return PastLead(
        car, at, kind, source, contact, chance.choice(("en", "en", "ur")), found,
        None if share is None or car.price_pkr is None else int(car.price_pkr * share), answered,
        answered + timedelta(days=chance.uniform(0.2, 24)), won, None if won else chance.choice(_REASONS),
    )  # fmt: skip


def _drawn(chance: Random, shares: dict[str, tuple[int, float]]) -> tuple[str, float]:
    name = chance.choices(list(shares), [weight for weight, _ in shares.values()])[0]
    return name, shares[name][1]
