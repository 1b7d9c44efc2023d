"""One asked car read as `features.build` reads a row, without a frame. Texts beyond ASCII are not read: see `read`.

Polars folds text by Unicode's tables, Python by its own; on ASCII they cannot differ, and a car whose texts are not
ASCII is left to `predict_bands`.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import polars as pl

from core.listing_frame import EARLIEST_MODEL_YEAR
from models.price_bands.inputs.features import MAX_CC, MAX_KM, MAX_KWH, NEWEST_YEAR_AHEAD, build

_WORD = re.compile(r"[a-z0-9.]+")
_REMEMBERED_TEXTS = 16_384


@dataclass(frozen=True)
class AskedCar:
    """What is asked: names, units and types of the canonical listing; no day, so it is valued on the market day."""

    make: str
    model: str
    model_year: int
    variant: str | None = None
    mileage_km: int | None = None
    fuel: str | None = None
    transmission: str | None = None
    body: str | None = None
    assembly: str | None = None
    engine_cc: int | None = None
    battery_kwh: float | None = None
    city: str | None = None
    province: str | None = None
    registered_in: str | None = None


@dataclass(slots=True)
class Car:
    """A row of `features.build`; `keys` by the names of its columns."""

    keys: dict[str, str]
    model_words: tuple[str, ...]
    tokens: tuple[str, ...]
    year: int
    age: float
    km: float  # NaN where unknown, as cc
    cc: float
    kwh: float | None


def ages_by_year(as_of: date) -> dict[int, float]:
    """The age on `as_of` of each model year that a car may have, by `features.build` itself."""
    years = list(range(EARLIEST_MODEL_YEAR, as_of.year + NEWEST_YEAR_AHEAD + 1))
    cars = pl.DataFrame({"make": ["a"] * len(years), "model": ["a"] * len(years), "model_year": years})
    return dict(zip(years, build(cars, as_of=as_of)["age"].to_list(), strict=True))


def read(asked: AskedCar, ages: Mapping[int, float]) -> Car | None:
    """The car; None where it cannot be priced, or has a text beyond ASCII.

    Args:
        asked: the question.
        ages: `ages_by_year`.
    """
    age = ages.get(asked.model_year)
    make, model, variant = _text(asked.make), _text(asked.model), _text(asked.variant)
    fuel, transmission, body = _text(asked.fuel), _text(asked.transmission), _text(asked.body)
    assembly, province, city = _text(asked.assembly), _text(asked.province), _text(asked.city)
    registered = _text(asked.registered_in)
    if not (age is not None and make and model and variant and fuel and transmission and body and assembly
            and province and city and registered and make[0] and model[0]):  # fmt: skip
        return None
    model_key = f"{make[0]}|{model[0]}"
    keys = {
        "make_key": make[0],
        "model_key": model_key,
        "family_key": f"{make[0]}|{model[1][0]}",
        "variant_key": f"{model_key}|{variant[0]}",
        "fuel": fuel[0],
        "transmission": transmission[0],
        "body": body[0],
        "assembly": assembly[0],
        "province": province[0],
        "city_key": city[0],
        "registered_key": registered[0],
    }
    km = _within(asked.mileage_km, 0, int(MAX_KM * 10_000))
    kwh = None if asked.battery_kwh is None else _within(float(np.float32(asked.battery_kwh)), 1, MAX_KWH)
    return Car(
        keys, model[1][1:], variant[2], asked.model_year, age,
        math.nan if km is None else km / 10_000, _or_nan(_within(asked.engine_cc, 1, MAX_CC)), kwh,
    )  # fmt: skip


@lru_cache(_REMEMBERED_TEXTS)
def _text(text: str | None) -> tuple[str, tuple[str, ...], tuple[str, ...]] | None:
    """The folded text, its words and its distinct words; None beyond ASCII."""
    if text is None:
        return "", (), ()
    if not text.isascii():
        return None
    words = tuple(_WORD.findall(text.lower()))
    return "".join(words), words, tuple(dict.fromkeys(words))


def _within(value: float | None, low: float, high: float) -> float | None:
    return float(value) if value is not None and low <= value <= high else None


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
