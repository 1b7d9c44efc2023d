"""Write a listing as the JSON that tantivy takes. Rebuilds write hundreds of thousands: every microsecond counts.

Columns whose values many listings share are written once for each set of values that occurs, and kept as text.
"""

from functools import lru_cache
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from pydantic_core import to_json

from core.search.document import ListingDocument, suggestions
from core.search.filters import NumberField, TermField
from core.search.query import NUMBER_FACETS, Facet
from core.search.tantivy.range_buckets import audience_kinds, bucket_of
from core.search.tantivy.schema import (
    ALL,
    AREA,
    BY_MILEAGE,
    BY_NEWEST,
    BY_PHOTOS,
    BY_PRICE,
    BY_RANK,
    BY_YEAR,
    DESCRIPTION,
    HEAD,
    ID,
    ID_HIGH,
    ID_LOW,
    PLACE,
    SUGGEST,
    VISIBLE_TO,
    bucket_name,
    facet_name,
    number_name,
    sort_value,
    split_id,
    suggestion_term,
    term_name,
    visibility_term,
)
from core.search.words.folding import fold

_MAX_VALUE = 200
_INT64 = 2**63
_COUNTED: Final = tuple(
    facet.value for facet in Facet if facet not in NUMBER_FACETS and facet is not Facet.MILEAGE
)  # fmt: skip
_TOGETHER: Final = (
    ("make", "model", "variant"), ("city", "province", "registered_in"), ("drive", "seats", "deal_rating"),
    ("dealer", "has_good_photos"),
)  # fmt: skip
_GROUPS: Final = (*_TOGETHER, tuple(name for name in _COUNTED if not any(name in group for group in _TOGETHER)))
"""The columns that filters and facets name, in groups of which few sets of values occur."""
_READ_GROUPS: Final = tuple((group, attrgetter(*group)) for group in _GROUPS)
_NAMES: Final = {name: (term_name(TermField(name)), facet_name(Facet(name))) for name in _COUNTED}
_ORG, _CHANNEL, _VISIBILITY, _HAS_PHOTOS = (
    term_name(field) for field in (TermField.ORG, TermField.CHANNEL, TermField.VISIBILITY, TermField.HAS_PHOTOS)
)
_NUMBERS: Final[tuple[tuple[str, NumberField, str | None], ...]] = (
    ("model_year", NumberField.YEAR, BY_YEAR),
    ("price_pkr", NumberField.PRICE, BY_PRICE),
    ("mileage_km", NumberField.MILEAGE, BY_MILEAGE),
    ("engine_cc", NumberField.ENGINE_CC, None),
)
_MILEAGE_BAND: Final = facet_name(Facet.MILEAGE)


def index_json(document: ListingDocument) -> str:
    """Write the document as the JSON that tantivy takes; absent values are absent fields.

    Words hold letters and digits alone, and need no escapes. tantivy takes an unknown field, and a number that is
    none, without a word: a test holds the fields to the schema, and numbers are checked here.

    Raises:
        ValueError: a number that is no whole one.
        OverflowError: one of more than 64 bits.
    """
    listing_id = document.id
    high, low = split_id(listing_id)
    head = " ".join(dict.fromkeys(document.head_words()))
    newest = sort_value(BY_NEWEST, document.fresh_on.toordinal(), listing_id)
    rank = sort_value(BY_RANK, document.ranked_day, listing_id)
    place_and_looks, area = " ".join(document.other_words()), " ".join(document.area_words())
    parts = [
        f'{{"{ID}":"{listing_id.hex}","{ID_HIGH}":{high},"{ID_LOW}":{low},"{BY_NEWEST}":{newest},"{BY_RANK}":{rank}'
        f',"{HEAD}":"{head}","{ALL}":"{head} {place_and_looks}","{AREA}":"{area}"'
        f',"{DESCRIPTION}":"{" ".join(document.description_words())}"',
        _suggestions(document.make, document.model, document.variant, document.city),
        _seller(document.org_id, document.visibility, document.channels),
        f',"{_HAS_PHOTOS}":"true"' if document.photo_count > 0 else f',"{_HAS_PHOTOS}":"false"',
    ]
    parts += [_columns(names, values(document)) for names, values in _READ_GROUPS]
    _add_numbers(document, parts)
    parts.append("}")
    return "".join(parts)


def _add_numbers(document: ListingDocument, parts: list[str]) -> None:
    place = document.place
    if place is not None:
        parts.append(f',"{PLACE}":"{place}"')
    if document.photo_score is not None:
        parts.append(f',"{BY_PHOTOS}":{sort_value(BY_PHOTOS, document.photo_score, document.id):d}')
    band = document.mileage
    if band is not None:
        parts.append(f',"{_MILEAGE_BAND}":"{band}"')
    for attribute, field, order in _NUMBERS:
        number = getattr(document, attribute)
        if number is not None:
            if not -_INT64 <= number < _INT64:
                raise OverflowError(number)
            before = _buckets(field, bucket_of(field, number), document.visibility, document.channels)
            parts.append(f"{before}{number:d}")
            if order is not None:
                parts.append(f',"{order}":{sort_value(order, number, document.id)}')


@lru_cache(maxsize=16_384)
def _buckets(field: NumberField, bucket: int, visibility: str, channels: tuple[str, ...]) -> str:
    """Write the terms of a bucket and the name of the number that follows."""
    terms = [kind | bucket for kind in audience_kinds(visibility, channels)]
    return f'{_members({bucket_name(field): terms})},"{number_name(field)}":'


@lru_cache(maxsize=16_384)
def _columns(names: tuple[str, ...], values: tuple[Any, ...]) -> str:
    """Write the terms and the facets of columns; an empty text and 0 are no value."""
    made: dict[str, str] = {}
    for name, value in zip(names, values, strict=True):
        term, column = _NAMES[name]
        if value.__class__ is bool:
            made[column] = made[term] = "true" if value else "false"
        elif value:
            written = str(value)
            made[column] = written[:_MAX_VALUE]
            made[term] = fold(written)[:_MAX_VALUE]
    return _members(made)


@lru_cache(maxsize=4_096)
def _seller(org_id: UUID, visibility: str, channels: tuple[str, ...]) -> str:
    seen = [visibility_term(channel, visibility) for channel in channels]
    return _members({_ORG: org_id.hex, _VISIBILITY: visibility, _CHANNEL: list(channels), VISIBLE_TO: seen})


@lru_cache(maxsize=16_384)
def _suggestions(make: str, model: str, variant: str | None, city: str | None) -> str:
    named = suggestions(make, model, variant, city)
    return _members({SUGGEST: [suggestion_term(kind, name[:_MAX_VALUE]) for kind, name in named.items()]})


def _members(values: dict[str, Any]) -> str:
    """Write members of a JSON object that others stand before."""
    return f",{to_json(values).decode()[1:-1]}" if values else ""
