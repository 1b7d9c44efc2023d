"""Choose pricing samples: ads whose asking price is true, one a car, live or removed, as they were last asked."""

import io
import json
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

import polars as pl
from sqlalchemy.orm import Session

from core.clock import market_today
from core.errors import NotFoundError
from core.storage import Storage
from models.price_bands.boosting.older_ads import older_ads
from models.price_bands.train import market_day
from pipelines.price_bands.repository import CAR_COLUMNS, PriceBandRepository
from pipelines.price_bands.samples.exclusions import known_to_be_live, mark_exclusions
from pipelines.price_bands.samples.history import past_ads
from pipelines.price_bands.samples.teaching import teaching_ads, with_feed

REMOVED_DAYS = 4 * 365
"""Ads that were removed longer ago than this are not looked at."""


@dataclass(frozen=True)
class SamplesResult:
    """Count what became of the ads: live + removed = listings; listings + past = samples + excluded + hidden."""

    listings: int
    live: int
    removed: int  # in the last `REMOVED_DAYS`
    samples: int
    excluded: dict[str, int]  # by sample_exclusions.Exclusion
    past: int  # of files of past ads: history.past_ads
    hidden: int  # not for visitors, and too few of their kind to teach: teaching.teaching_ads
    storage_key: str
    digest: str  # SHA-256 of the samples' content


def build_samples(session: Session, storage: Storage) -> SamplesResult:
    """Choose the samples among the live and the removed listings and put them in storage under their digest."""
    listings = PriceBandRepository(session).ads(removed_since=market_today() - timedelta(days=REMOVED_DAYS))
    live = int(listings["is_live"].sum())
    teaching = teaching_ads(listings)
    past = past_ads(session, storage)
    samples, excluded = choose_samples(pl.concat([teaching, past.select(teaching.columns)]))
    digest = sha256(samples.write_csv().encode()).hexdigest()
    key = samples_key(digest)
    if not storage.exists(key):
        buffer = io.BytesIO()
        samples.write_parquet(buffer)
        storage.put(key, buffer.getvalue())
    storage.put(_beside(key), json.dumps(excluded).encode())
    counts = (listings.height, live, listings.height - live, samples.height)
    return SamplesResult(*counts, excluded, past.height, listings.height - teaching.height, key, digest)


def samples_key(digest: str) -> str:
    """Name the object that holds the samples of this digest."""
    return f"price_bands/samples/{digest}.parquet"


def read_samples(storage: Storage, key: str) -> pl.DataFrame:
    """Read the samples under a key that `build_samples` gave.

    Raises:
        NotFoundError: `no_samples`: there are none.
    """
    if not key or not storage.exists(key):
        raise NotFoundError(
            "There are no pricing samples yet: import listings, then run `automart price-bands train`.",
            code="no_samples",
        )
    return with_feed(pl.read_parquet(io.BytesIO(storage.get(key))))


def choose_samples(listings: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    """Choose samples, in an order that depends on their content alone, and count the exclusions. Pure.

    Each listing is excluded for the first of the reasons of `sample_exclusions.Exclusion` that holds. The samples
    have `CAR_COLUMNS`, `feed` (empty) and `is_live` (true where `listings` does not say).
    """
    cars = mark_exclusions(with_feed(known_to_be_live(listings)))
    counts = cars["excluded"].drop_nulls().value_counts()
    samples = cars.filter(pl.col("excluded").is_null()).select(*CAR_COLUMNS, "is_live", "feed")
    samples = samples.sort(*CAR_COLUMNS[1:], "is_live", "feed", nulls_last=True)
    return samples, dict(sorted(counts.iter_rows()))


def is_fresh(samples: pl.DataFrame) -> pl.Series:
    """Mark the samples that say what cars cost now: all but those that `train.fit` takes as history."""
    return ~older_ads(samples, as_of=market_day(samples, otherwise=market_today()))


def read_exclusions(storage: Storage, key: str) -> dict[str, int]:
    """Read how many listings were excluded for each reason when the samples under `key` were last chosen."""
    beside = _beside(key)
    if not storage.exists(beside):
        return {}
    found: dict[str, int] = json.loads(storage.get(beside))
    return found


def _beside(key: str) -> str:
    return key.removesuffix(".parquet") + ".excluded.json"
