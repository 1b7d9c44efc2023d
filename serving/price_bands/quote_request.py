"""Check a request for the price of a car."""

from dataclasses import dataclass, fields
from enum import StrEnum

import polars as pl

from core.listing_frame import EARLIEST_MODEL_YEAR, LISTING_SCHEMA
from core.vocabulary import Assembly, Body, Fuel, Transmission
from models.price_bands.inputs import features
from models.price_bands.inputs.columns import CarDescription
from serving.price_bands.errors import InvalidCarError

LATEST_YEAR = 2100
MAX_TEXT = 100
MAX_KM = int(features.MAX_KM * 10_000)  # beyond these limits the model would take a number as not stated
MAX_CC = features.MAX_CC
MAX_KWH = features.MAX_KWH
MAX_PKR = 1_000_000_000_000
_WORDS: dict[str, type[StrEnum]] = {"fuel": Fuel, "transmission": Transmission, "body": Body, "assembly": Assembly}
_KNOWN = {name: frozenset(map(str, words)) for name, words in _WORDS.items()}
_BOUNDS = {"model_year": (EARLIEST_MODEL_YEAR, LATEST_YEAR), "mileage_km": (0, MAX_KM), "engine_cc": (1, MAX_CC),
           "battery_kwh": (1, MAX_KWH), "price_pkr": (1, MAX_PKR)}  # fmt: skip
_TYPES: dict[str, tuple[type, ...]] = dict.fromkeys(_BOUNDS, (int,)) | {"battery_kwh": (int, float)}


@dataclass(frozen=True)
class QuoteRequest(CarDescription):
    """The stated values of a car, in the names and units of the canonical listing, within bounds.

    Raises:
        InvalidInputError: `invalid_car`: a value that no car has; the sentence names it.
    """

    price_pkr: int | None = None  # asked for it: rated, never read by the model

    def __post_init__(self) -> None:
        for name in _TEXTS:
            value = getattr(self, name)
            if value is not None:
                _check_text(name, value)
        for name in ("make", "model"):
            value = getattr(self, name)
            if not (value.isalnum() or any(map(str.isalnum, value))):
                raise InvalidCarError(f"{name} must not be empty")
        for name, words in _WORDS.items():
            value = getattr(self, name)
            if value is not None and value not in _KNOWN[name]:
                raise InvalidCarError(f"{name} {value[:40]!a} is not known; known are {', '.join(words)}")
        for name, (low, high) in _BOUNDS.items():
            value = getattr(self, name)
            if value is not None and not (type(value) in _TYPES[name] and low <= value <= high):
                raise InvalidCarError(_out_of_bounds(name, value, low, high))


def as_frame(cars: list[QuoteRequest]) -> pl.DataFrame:
    """Turn requests into a frame of canonical listing columns."""
    columns = {name: [getattr(car, name) for car in cars] for name in _NAMES}
    return pl.DataFrame(columns, schema={name: LISTING_SCHEMA[name] for name in _NAMES})


_NAMES = tuple(field.name for field in fields(QuoteRequest))
_TEXTS = tuple(name for name in _NAMES if LISTING_SCHEMA[name] == pl.String)


def _out_of_bounds(name: str, value: object, low: float, high: float) -> str:
    if type(value) not in _TYPES[name]:  # True and False are ints to Python
        return f"{name} must be a {'whole ' if _TYPES[name] == (int,) else ''}number"
    return f"{name} must be between {low:,} and {high:,}".replace(",", "" if "year" in name else ",")


def _check_text(name: str, value: str) -> None:
    if len(value) <= MAX_TEXT and value.isascii() and "\0" not in value:
        return
    if "\0" in value:
        raise InvalidCarError(f"{name} must not contain NUL characters")
    if len(value) > MAX_TEXT:
        raise InvalidCarError(f"{name} must be at most {MAX_TEXT} characters long")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidCarError(f"{name} is not valid text") from error
