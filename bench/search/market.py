"""200,000 invented listings with descriptions of 40 words, the same every run."""

from datetime import date, timedelta
from random import Random
from uuid import UUID

import numpy as np
import polars as pl

from core.search import ListingDocument
from core.search.places import places
from samples.catalogue import SampleModel, sample_models

DESCRIPTION_WORDS = 40
DEALERS = 400
_FIRST_DAY = date(2025, 11, 1)
_SAID = [
    "bumper",
    "to",
    "bumper",
    "original",
    "paint",
    "total",
    "genuine",
    "first",
    "owner",
    "home",
    "used",
    "family",
    "car",
    "excellent",
    "condition",
    "file",
    "complete",
    "token",
    "paid",
    "biometric",
    "available",
    "urgent",
    "need",
    "cash",
    "no",
    "work",
    "required",
    "just",
    "buy",
    "and",
    "drive",
    "alloy",
    "rims",
    "new",
    "tyres",
    "navigation",
    "android",
    "panel",
    "reverse",
    "camera",
    "seat",
    "covers",
    "fog",
    "lamps",
    "chilled",
    "ac",
    "engine",
    "suspension",
    "perfect",
    "sealed",
    "non",
    "accidental",
    "one",
    "piece",
    "touching",
    "inner",
    "pillars",
    "ok",
    "smart",
    "card",
    "original",
    "documents",
    "return",
    "file",
    "punjab",
    "islamabad",
    "sindh",
    "registered",
    "life",
    "time",
    "demand",
    "final",
    "price",
    "little",
    "negotiable",
    "dealers",
    "please",
    "excuse",
    "contact",
    "timing",
    "serious",
    "buyers",
    "only",
]
_COLORS = {"white": "Super White", "black": "Attitude Black", "silver": "Silky Silver", "grey": "Graphite Grey",
           "blue": "Strong Blue", "red": "Red Mica", "brown": "Bronze Mica"}  # fmt: skip
_AREAS = ["Cantt", "Satellite Town", "Canal Road", "Ring Road", "Model Town", "Airport Road", "DHA Phase 5", None]


def market(count: int, seed: int = 5) -> pl.DataFrame:
    """Listings as rows: the columns of the table that a search knows, and `dealer` for the organisation's code."""
    random = Random(seed)
    models = sample_models()
    drawn = random.choices(models, [model.share for model in models], k=count)
    cities = sorted({" ".join(word.capitalize() for word in key.split()) for key in places()})
    weights = [1 / (rank + 1) for rank in range(len(cities))]
    random.shuffle(cities)
    rows = [_row(random, number, model) for number, model in enumerate(drawn)]
    return pl.DataFrame(rows).with_columns(
        pl.Series("city", random.choices(cities, weights, k=count)),
        pl.Series("description", _descriptions(count, seed)),
        model_year=pl.col("model_year").cast(pl.Int16),
    )


def _row(random: Random, number: int, model: SampleModel) -> dict[str, object]:
    year = max(model.years[0], model.years[1] - int(random.expovariate(0.16)))
    variant = random.choice(list(model.trims))
    color = random.choice(list(_COLORS))
    listing = UUID(int=random.getrandbits(128), version=4)
    return {
        "id": str(listing),
        "dealer": f"dealer-{random.randrange(DEALERS)}",
        "source_key": f"car-{number}",
        "visibility": "public" if random.random() < 0.9 else "wholesale_public",
        "channels": ["automart", "autotrader"] if random.random() < 0.9 else ["autotrader"],
        "title": f"{model.make} {model.model} {variant} {year}",
        "make": model.make,
        "model": model.model,
        "variant": variant,
        "model_year": year,
        "mileage_km": max(10, round(random.lognormvariate(11, 0.6))),
        "price_pkr": max(10_000, int(model.level * 0.93 ** (2026 - year) * random.uniform(85, 115)) // 10**6 * 10**4),
        "fuel": random.choice(model.fuel),
        "transmission": random.choice(model.gearbox),
        "body": model.body,
        "assembly": random.choice(model.assembly),
        "color": color,
        "color_raw": _COLORS[color],
        "area": random.choice(_AREAS),
        "province": random.choice(["Punjab", "Sindh", "Khyber Pakhtunkhwa", "Islamabad"]),
        "photos": [f"https://photos.example.com/{number}.jpg"] if random.random() < 0.8 else [],
        "listed_on": _FIRST_DAY + timedelta(days=random.randrange(365)),
    }


def _descriptions(count: int, seed: int) -> list[str]:
    """Words as dealers use them: some hundred that come up all the time, some thousand that seldom do."""
    random = Random(seed)
    syllables = [first + second for first in "bdghjklmnprst" for second in ("a", "e", "i", "o", "u")]
    seldom = ["".join(random.choices(syllables, k=random.randint(2, 4))) for _ in range(5_000)]
    known = list(dict.fromkeys(_SAID + seldom))
    odds = 1 / (np.arange(len(known)) + 3.0)
    picked = np.random.default_rng(seed).choice(len(known), size=(count, DESCRIPTION_WORDS), p=odds / odds.sum())
    vocabulary = np.array(known, dtype=object)
    return [" ".join(words) for words in vocabulary[picked]]


def documents(frame: pl.DataFrame) -> list[ListingDocument]:
    """Return the listings as documents of an engine."""
    return [_document(row) for row in frame.iter_rows(named=True)]


def _document(row: dict[str, object]) -> ListingDocument:
    dealer = str(row["dealer"])
    photos, channels = row.pop("photos"), row.pop("channels")
    assert isinstance(photos, list)
    assert isinstance(channels, list)
    same = {name: row[name] for name in ListingDocument.__slots__ if name in row}
    made = {
        "id": UUID(str(row["id"])),
        "org_id": UUID(int=int(dealer.split("-")[1])),
        "channels": tuple(channels),
        "deal_rating": ("great", "good", "fair", "high", "overpriced", None)[len(str(row["description"])) % 6],
        "photo_count": len(photos),
        "photo_score": None,
        "engine_cc": row.get("engine_cc"),
        "registered_in": row.get("registered_in"),
        "has_good_photos": False,
        "fresh_on": row["listed_on"],
        "popularity": len(str(row["title"])) % 8,
    }
    return ListingDocument(**same | made)  # type: ignore[arg-type]
