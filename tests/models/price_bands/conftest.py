"""Fixtures: a market of invented cars whose prices follow a formula with noise, and a model trained on it."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from core.listing_frame import LISTING_SCHEMA
from models.price_bands.artifact import PriceBandModel
from tests.trained_models import TrainedModels

AS_OF = date(2026, 3, 31)
YEARS_AGO = 3
DEARER = 2.0
"""Factor on the prices of `aged_market` in `YEARS_AGO` years."""
MODELS = {
    ("Toyota", "Corolla"): (1800, 15.6), ("Toyota", "Vitz"): (1000, 15.0), ("Honda", "Civic"): (1800, 15.8),
    ("Honda", "City"): (1300, 15.3), ("Suzuki", "Alto"): (660, 14.6), ("Suzuki", "Cultus"): (1000, 14.8),
    ("KIA", "Sportage"): (2000, 16.0), ("BMW", "X5"): (3000, 17.0),
}  # fmt: skip


def invented_market(count: int, seed: int = 1) -> pl.DataFrame:
    """Invent exchangeable cars in canonical columns: the order of the rows carries no information."""
    random = np.random.default_rng(seed)
    makes = list(MODELS)
    rows: list[dict[str, Any]] = []
    for number in range(count):
        make, model = makes[random.choice(len(makes), p=[0.2, 0.15, 0.15, 0.15, 0.15, 0.1, 0.07, 0.03])]
        cc, level = MODELS[make, model]
        age, automatic = int(random.integers(1, 28)), bool(random.random() < 0.4)
        km = int(age * random.gamma(4, 3_000))
        noise = 0.04 + 0.006 * age
        log_price = level - 0.06 * age - 0.0000008 * km + 0.07 * automatic + noise * random.standard_t(6)
        rows.append({
            "source_key": f"car-{seed}-{number}", "title": f"{make} {model}", "make": make, "model": model,
            "variant": random.choice(["GLi", "VXR 1.3", "Oriel"]), "model_year": AS_OF.year - age, "mileage_km": km,
            "price_pkr": int(np.exp(log_price)), "fuel": "petrol", "body": "sedan", "engine_cc": cc,
            "transmission": "automatic" if automatic else "manual", "assembly": "local", "province": "Punjab",
            "city": random.choice(["Lahore", "Multan"]), "registered_in": random.choice(["Lahore", "unregistered"]),
            "listed_on": AS_OF - timedelta(days=int(random.integers(0, 60))), "visibility": "public",
            "channels": ["automart"],
        })  # fmt: skip
    return pl.DataFrame(rows, schema=LISTING_SCHEMA)


@pytest.fixture(scope="session")
def market() -> pl.DataFrame:
    return invented_market(900)


@pytest.fixture(scope="session")
def model(market: pl.DataFrame, trained_models: TrainedModels) -> PriceBandModel:
    return trained_models.model(market, as_of=AS_OF)


def aged_market(older: int = 1_400) -> pl.DataFrame:
    """Invent 250 fresh ads, and ads of three years ago at half the price for the same age, under other model names."""
    old = invented_market(older, seed=5).with_columns(
        (pl.col("price_pkr") / DEARER).cast(pl.Int64),
        pl.col("model_year") - YEARS_AGO,
        pl.col("listed_on") - timedelta(days=int(365.25 * YEARS_AGO)),
        model=pl.col("model") + " GLX",
    )
    return pl.concat([invented_market(250, seed=6), old])
