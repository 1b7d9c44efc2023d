"""Make the whole sample market: organisations, their feed files, and the counts that importing them must give."""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

import polars as pl

from samples.cars import MARKET_DAY, SampleCar, stock
from samples.dealers import CLASSIFIEDS, Delivery, SampleOrg, deliveries
from samples.faults import Record, with_faults
from samples.formats import FORMATS, row_of
from samples.writing import file_bytes

CLASSIFIEDS_SHARE = 0.35
YEARS_ONLY_IN_TITLE = 0.1
"""Share of the classified ads whose year column says N/A."""


@dataclass(frozen=True)
class MarketFile:
    """A file and the counts that its import must give: rows == listings + the sum of rejects (code -> count)."""

    org: str
    name: str
    path: str
    """Path relative to the inbox."""
    mapping: str
    rows: int
    listings: int
    rejects: dict[str, int]


@dataclass(frozen=True)
class MarketManifest:
    """The files that were written, with the counts that importing them must give."""

    seed: int
    day: date
    files: tuple[MarketFile, ...]

    @property
    def rows(self) -> int:
        """Records in all files."""
        return sum(file.rows for file in self.files)

    @property
    def listings(self) -> int:
        """Listings that all files give."""
        return sum(file.listings for file in self.files)

    @property
    def rejects(self) -> dict[str, int]:
        """Rejects of all files by code."""
        return dict(sum((Counter(file.rejects) for file in self.files), Counter()))

    def as_json(self) -> str:
        """Return the manifest as indented JSON."""
        return json.dumps(asdict(self) | {"day": self.day.isoformat()}, indent=2, ensure_ascii=False)


def market_orgs(seed: int = 2026) -> list[SampleOrg]:
    """Return the organisations, dealers first; they are the same for every seed, which draws their cars."""
    del seed
    return [org for org, _ in deliveries().values()]


def market_stocks(seed: int = 2026, listings: int = 4000, day: int = 1) -> dict[str, list[SampleCar]]:
    """Make the cars on offer by organisation; `listings` is their number on day 1."""
    weights = {code: Random(f"{seed}:{code}:size").uniform(0.6, 1.6) for code in deliveries()}
    ads = round(listings * CLASSIFIEDS_SHARE)
    total = sum(weight for code, weight in weights.items() if code != CLASSIFIEDS.code)
    counts = {code: max(8, int((listings - ads) * weight / total)) for code, weight in weights.items()}
    counts[CLASSIFIEDS.code] = max(12, listings - sum(n for code, n in counts.items() if code != CLASSIFIEDS.code))
    stocks = {}
    for code, (org, delivery) in deliveries().items():
        stocks[code] = stock(org, counts[code], FORMATS[delivery.format].audiences, seed=seed, day=day)
    return stocks


def market_truth(seed: int = 2026, listings: int = 4000, day: int = 1) -> pl.DataFrame:
    """Return the facts behind each listing: org, key, fair_pkr (the formula before noise), price_pkr (null: on call),
    make, model, variant, model_year, mileage_km, visibility. `key` is the sender's; STX3 puts its dealer id before it.
    """
    columns = ("key", "make", "model", "variant", "model_year", "mileage_km", "visibility")
    rows = [
        {"org": code, "fair_pkr": car.fair, "price_pkr": car.price} | {name: getattr(car, name) for name in columns}
        for code, cars in market_stocks(seed, listings, day).items()
        for car in cars
    ]
    return pl.DataFrame(rows, schema_overrides={"price_pkr": pl.Int64, "fair_pkr": pl.Int64})


def _records(cars: list[SampleCar], org: SampleOrg, delivery: Delivery, random: Random) -> list[Record]:
    rows = [row_of(car, org, delivery) for car in cars]
    if delivery.format == "classifieds":
        rows = [row | {"year": "N/A"} if random.random() < YEARS_ONLY_IN_TITLE else row for row in rows]
    if delivery.format in ("autoscout24", "dealer-xml"):
        rows = [row | {"plain_currency": "yes"} for row in rows]
    return with_faults([Record(row) for row in rows], delivery.faults, delivery.format, random)


def write_market(inbox: Path, *, seed: int = 2026, listings: int = 4000, day: int = 1) -> MarketManifest:
    """Write every organisation's file of a day to `inbox/<org code>/`. Same arguments, same bytes.

    Day 2 is the market a day later: some cars gone, some cheaper, some new. Files of other days stay.
    """
    today = MARKET_DAY + timedelta(days=day - 1)
    stocks = market_stocks(seed, listings, day)
    written = []
    for code, (org, delivery) in deliveries().items():
        random = Random(f"{seed}:{code}:{day}:faults")
        records = _records(stocks[code], org, delivery, random)
        name = f"stock_{today.isoformat()}.{FORMATS[delivery.format].extension}"
        folder = inbox / code
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(file_bytes(records, delivery))
        faults = dict(sorted(Counter(delivery.faults).items()))
        written.append(
            MarketFile(code, name, f"{code}/{name}", org.default_mapping, len(records), len(stocks[code]), faults)
        )
    return MarketManifest(seed, today, tuple(written))
