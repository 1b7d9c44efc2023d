"""Write filters and cars in the form in which the database compares them.

A search is looked up by keys: what it asks for of model (or else make) and city, joined. A car has the few keys that
searches which may want it have, so most searches are never looked at.
"""

from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from typing import Any, Final
from uuid import UUID

from core.access.audience import Audience
from core.search.document import ListingDocument
from core.search.filters import DENIABLE, DENIAL, ListingFilters, NumberField
from core.search.places import by_distance
from core.search.words.folding import fold
from core.search.words.query_terms import parse_query
from core.vocabulary import Channel, Visibility

TERMS: Final = (
    "make", "model", "variant", "city", "province", "body", "fuel", "transmission", "assembly", "color", "drive",
    "seats", "registered_in", "dealer", "deal_rating",
)  # fmt: skip
DENIALS: Final = {f"{DENIAL}{name}": name for name in DENIABLE}
"""Filters that leave values out, and the columns of a car that they are about."""
FLAGS: Final = ("has_photos", "has_good_photos")
RANGES: Final = tuple(field.value for field in NumberField)
_NUMBERS: Final = {"year": "model_year", "price": "price_pkr", "mileage": "mileage_km", "engine_cc": "engine_cc"}
_MOST_KEYS: Final = 64
_ANY: Final = "*"
STRANGERS: Final = {
    audience.channel: replace(audience, org_id=None)
    for audience in (Audience.anonymous(), Audience.dealer(UUID(int=0)))
}
"""The audience of a channel, without anybody's own cars."""


def filter_columns(filters: ListingFilters) -> dict[str, Any]:
    """Return filters as columns of `SavedSearch`, with the keys by which it is found."""
    columns: dict[str, Any] = {name: _folded(getattr(filters, name)) for name in (*TERMS, *DENIALS)}
    columns |= {name: getattr(filters, name) for name in FLAGS}
    bounds = [f"{name}_{end}" for name in RANGES for end in ("min", "max")]
    columns |= {name: getattr(filters, name) for name in bounds}
    near = filters.near
    columns["place"] = None if near is None else [
        key for distance, keys in by_distance(near.point) if distance <= near.radius_km for key in keys
    ]  # fmt: skip
    columns["keys"] = _keys_of_search(columns)
    return columns


def asked_words(text: str) -> str | None:
    """Return the words of a search, empty where they ask for nothing; None for a text without letter or digit."""
    terms = parse_query(text)
    return None if terms is None else " ".join(text.split()) if terms else ""


def document_columns(document: ListingDocument) -> dict[str, Any]:
    """Return a car as a row that the database compares with saved searches."""
    row: dict[str, Any] = {name: _term(getattr(document, name)) for name in TERMS}
    row |= {name: bool(getattr(document, name)) for name in FLAGS}
    row |= {name: getattr(document, column) for name, column in _NUMBERS.items()}
    row["place"] = document.place
    row["seen_by"] = seen_by(document.channels, document.visibility)
    subjects = [f"model={row['model']}", f"make={row['make']}", _ANY]
    cities = [_ANY] if row["city"] is None else [f"city={row['city']}", _ANY]
    row["keys"] = [f"{subject}|{city}" for subject, city in product(subjects, cities)]
    return row | {"id": str(document.id), "org_id": str(document.org_id)}


def seen_by(channels: Iterable[str], visibility: str) -> list[str]:
    """Return the channels in which strangers see a car that is on offer."""
    return [channel for channel in channels if Visibility(visibility) in STRANGERS[Channel(channel)].visibilities]


def _keys_of_search(columns: dict[str, Any]) -> list[str]:
    name = "model" if columns["model"] else "make"
    subjects = [f"{name}={value}" for value in columns[name] or ()] or [_ANY]
    cities = [f"city={value}" for value in columns["city"] or ()] or [_ANY]
    if len(subjects) * len(cities) > _MOST_KEYS:
        cities = [_ANY]
    return [f"{subject}|{city}" for subject, city in product(subjects, cities)]


def _folded(values: tuple[object, ...]) -> list[str] | None:
    return sorted({fold(str(value)) for value in values}) or None


def _term(value: object) -> str | None:
    return fold(str(value))[:200] if value else None
