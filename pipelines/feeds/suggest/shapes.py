"""Measure which share of a column's cells look like a value of each field."""

import re
from collections.abc import Callable, Sequence

import polars as pl

from core.vocabulary import Channel, Visibility
from pipelines.feeds.normalise.availability import UNKNOWN, availability_state
from pipelines.feeds.normalise.catalogue import catalogue, compact, identify
from pipelines.feeds.normalise.chassis import read_chassis_number
from pipelines.feeds.normalise.numbers import engine, mileage, price
from pipelines.feeds.normalise.places import city_name, city_provinces, province_name, registration, split_location
from pipelines.feeds.normalise.words import ASSEMBLIES, BODIES, FUELS, TRANSMISSIONS, color, first_match

_YEAR = re.compile(r"(?:19[5-9]|20[0-3])\d(?:\.0)?")
_YEAR_IN_DATE = re.compile(r"(?:\d{1,2}[-/.])?(?:\d{1,2}[-/.])?(?:19[5-9]|20[0-3])\d(?:[-/.]\d{1,2})?(?:[-/.]\d{1,2})?")
_DATE = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}.*|\d{1,2}[-/. ](?:\d{1,2}|[A-Za-z]{3,9})[-/. ,]+\d{2,4}.*|[A-Z][a-z]{2,8} \d.*"
)
_URL = re.compile(r"https?://\S+", re.IGNORECASE)
_PHOTO = re.compile(r"\S+\.(?:jpe?g|png|webp|gif|avif)\b", re.IGNORECASE)
_NAMES = {
    "$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "DOLLAR": "USD", "EURO": "EUR", "POUND": "GBP",
    "DIRHAM": "AED", "RIYAL": "SAR", "YEN": "JPY", "YUAN": "CNY", "RMB": "CNY",
}  # fmt: skip
_FOREIGN = re.compile(
    r"[$€£¥₹]|\b(?:USD|EUR|GBP|AED|SAR|QAR|OMR|KWD|BHD|JPY|INR|CAD|AUD|NZD|SGD|MYR|HKD|CHF|CNY|RMB"
    r"|DOLLAR|EURO|POUND|DIRHAM|RIYAL|YEN|YUAN)(?=S?\b)"
)
_CURRENCY = re.compile(
    r"Rs\.?|rupees?|euros?|[a-z ]*(?:dollar|pound|dirham|riyal)s?|[$€£¥₨]|PKR|USD|EUR|GBP|AED|SAR|JPY|INR|CAD|AUD|CNY",
    re.IGNORECASE,
)
_UNIT = re.compile(r"kms?|kilomet\w*|mi|miles?", re.IGNORECASE)
_PRICE_UNIT = re.compile(
    r"(?:rs\.?|pkr|rupees)?\s*(?:lacs?|lakhs?|laks?|lkh|crores?|cr|millions?|mn|thousands?|k|لاکھ|کروڑ)?", re.IGNORECASE
)
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}", re.IGNORECASE)
_VISIBILITY = re.compile(
    "|".join([*Visibility, "everyone", "all", "dealers", "wholesale", "retail", "trade", "own staff", "fleet"]),
    re.IGNORECASE,
)
_CHANNELS = re.compile(rf"(?:{'|'.join(Channel)})(?:[ ,|]+(?:{'|'.join(Channel)}))*|both|website|trade", re.IGNORECASE)


def _models() -> frozenset[str]:
    return frozenset(model for make in catalogue().values() for model in make.models)


def _full(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


def _is_place(text: str) -> bool:
    place = split_location(text)
    return place.city in city_provinces() or (place.city is None and place.province is not None)


def _has_area(text: str) -> bool:
    place = split_location(text)
    return place.city in city_provinces() and (place.area is not None or "," in text)


_LOOKS: dict[str, Callable[[str], bool]] = {
    "title": lambda text: " " in text and identify(text, None).make is not None,
    "url": lambda text: _URL.fullmatch(text) is not None and _PHOTO.search(text) is None,
    "photos": lambda text: _PHOTO.search(text) is not None,
    "make": lambda text: compact(text) in catalogue(),
    "model": lambda text: compact(text) in _models(),
    "model_year": lambda text: _YEAR.fullmatch(text) is not None or _YEAR_IN_DATE.fullmatch(text) is not None,
    "mileage_unit": _full(_UNIT),
    "price_unit": _full(_PRICE_UNIT),
    "currency": _full(_CURRENCY),
    "fuel": lambda text: len(text) < 30 and first_match(text, FUELS) is not None,
    "transmission": lambda text: len(text) < 30 and first_match(text, TRANSMISSIONS) is not None,
    "body": lambda text: len(text) < 40 and first_match(text, BODIES) is not None,
    "assembly": lambda text: len(text) < 30 and first_match(text, ASSEMBLIES) is not None,
    "color": lambda text: len(text) < 40 and color(text) is not None,
    "location": _is_place,
    "city": _is_place,
    "province": lambda text: province_name(text) is not None,
    "registered_in": lambda text: (
        registration(text) in {*city_provinces(), "unregistered"} or bool(province_name(text))
    ),
    "chassis_number": lambda text: read_chassis_number(text) is not None,
    "listed_on": _full(_DATE),
    "visibility": _full(_VISIBILITY),
    "channels": _full(_CHANNELS),
}
_LOOKS_ALONE: dict[str, Callable[[str], bool]] = _LOOKS | {
    "location": _has_area,
    "city": lambda text: city_name(text) in city_provinces(),
}
STANDS_ALONE = frozenset(
    {"title", "photos", "make", "model", "fuel", "transmission", "body", "color", "location", "city"}
)
"""Fields whose values no other field has: their shape names them even under a header that says nothing."""


def share(field: str, values: Sequence[str], column: str = "") -> float | None:
    """Return the share of the filled cells that could be this field; None without such cells, or without a shape.

    `column` is their header, which says what "yes" and "no" are about.
    """
    filled = [value for value in values if value]
    if not filled:
        return None
    if field in ("price", "mileage", "engine"):
        return _number_share(field, filled)
    if field == "availability":
        states = [len(value) < 40 and availability_state(value, column) != UNKNOWN for value in filled]
        return sum(states) / len(filled)
    looks = _LOOKS.get(field)
    return None if looks is None else sum(map(looks, filled)) / len(filled)


def share_alone(field: str, values: Sequence[str]) -> float | None:
    """Return the share of the filled cells that are surely this field of STANDS_ALONE, whatever their header says."""
    filled = [value for value in values if value]
    return sum(map(_LOOKS_ALONE[field], filled)) / len(filled) if filled else None


def _number_share(field: str, filled: list[str]) -> float:
    cells = pl.DataFrame({field: filled}, schema={field: pl.String})
    if field == "engine":
        read = engine(cells[field])
        return float((read["engine_cc"].is_not_null() | read["battery_kwh"].is_not_null()).sum()) / len(filled)
    if field == "mileage":
        read = mileage(cells.with_columns(mileage_unit=pl.lit(None, pl.String)), default_unit="km")
        plausible = read["mileage_km"].is_between(0, 600_000) & ~cells[field].str.contains(r"^(19|20)\d\d$")
        return float(plausible.fill_null(value=False).sum()) / len(filled)
    return max(price_share(filled, unit) for unit in ("rupee", "lakh"))


def price_share(filled: Sequence[str], unit: str) -> float:
    """Return the share of cells that are a price under this unit of bare numbers, of any currency, or "call"."""
    cells = pl.DataFrame({"price": filled}, schema={"price": pl.String}).with_columns(currency=pl.lit("PKR"))
    read = price(cells, default_currency="PKR", bare_unit=unit)
    foreign = cells["price"].str.contains(r"\d") & (read["price_problem"] == "currency_not_supported")
    return float((read["price_problem"].is_null() | foreign.fill_null(value=False)).sum()) / len(filled)


def named_currency(text: str) -> str | None:
    """Return the foreign currency that a price is in: USD of "$24,995" and of "10,499.00 USD"."""
    found = _FOREIGN.search(text.upper())
    return None if found is None else _NAMES.get(found[0], found[0])


def is_vin(values: Sequence[str]) -> bool:
    """Return whether most filled cells are vehicle identification numbers."""
    filled = [value for value in values if value]
    return bool(filled) and sum(_VIN.fullmatch(value) is not None for value in filled) > 0.8 * len(filled)
