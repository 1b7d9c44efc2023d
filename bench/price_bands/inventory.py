"""A million listings, a champion and questions for `bench.price_bands.speed`, made of the real ads of 2025."""

import json

import numpy as np
import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.copy import copy_frame
from core.db.tables import PriceModel
from core.storage import Storage
from models.price_bands.artifact import CODE_VERSION, dumps
from models.price_bands.train import fit
from pipelines.price_bands.samples.choosing import choose_samples

_AT_ONCE = 100_000
_STORED = ("title", "make", "model", "variant", "model_year", "price_pkr", "fuel", "transmission", "body", "assembly",
           "color", "engine_cc", "battery_kwh", "city", "province", "registered_in", "listed_on")  # fmt: skip
_ASKED = ("make", "model", "model_year", "variant", "mileage_km", "fuel", "transmission", "body", "assembly",
          "engine_cc", "city", "province", "registered_in")  # fmt: skip


def champion_of(session: Session, storage: Storage, ads: pl.DataFrame) -> None:
    """Train on the ads and make that model champion, without a backtest."""
    samples, _ = choose_samples(ads)
    storage.put("bench.zip", dumps(fit(samples, as_of=samples["listed_on"].max())))  # type: ignore[arg-type]
    session.add(
        PriceModel(
            version="bench",
            status="champion",
            storage_key="bench.zip",
            data_digest="bench",
            samples=samples.height,
            code_version=CODE_VERSION,
            metrics={},
        )
    )


def fill_listings(session: Session, ads: pl.DataFrame, count: int) -> None:
    """Write `count` live listings: the ads repeated, with other mileages each time."""
    org = session.scalar(text("SELECT id::text FROM orgs LIMIT 1"))
    file = session.scalar(
        text(
            "INSERT INTO feed_files (org_id, name, mapping, mapping_version, digest, size_bytes, storage_key, "
            "received_at) VALUES (CAST(:org AS uuid), 'bench', 'classifieds', 1, 'bench', 1, 'bench', now()) "
            "RETURNING id::text"
        ),
        {"org": org},
    )
    random = np.random.default_rng(4)
    for start in range(0, count, _AT_ONCE):
        size = min(_AT_ONCE, count - start)
        rows = ads[random.integers(ads.height, size=size)]
        mileage = (rows["mileage_km"].fill_null(50_000).to_numpy() * random.uniform(0.5, 1.5, size)).astype(np.int64)
        frame = rows.select(_STORED).with_columns(
            pl.Series("mileage_km", np.minimum(mileage, 2_000_000)),
            source_key=pl.format("bench-{}", pl.int_range(start, start + size)),
            row_number=pl.int_range(start + 1, start + size + 1),
            org_id=pl.lit(org),
            file_id=pl.lit(file),
            visibility=pl.lit("public"),
            channels=pl.lit(["automart"]),
            content_hash=pl.lit(b"0" * 16),
            content_hash_version=pl.lit(1),
        )
        copy_frame(session, "listings", frame)


def quote_bodies(ads: pl.DataFrame, count: int = 2_000) -> list[bytes]:
    """Questions about cars of the ads, as JSON."""
    cars = ads.sample(count, seed=4).select(_ASKED).to_dicts()
    return [json.dumps({name: value for name, value in car.items() if value is not None}).encode() for car in cars]
