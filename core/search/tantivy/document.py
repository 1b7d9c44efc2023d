"""Convert a listing to a tantivy document. Rebuilds convert hundreds of thousands: every microsecond counts."""

from functools import lru_cache
from typing import Any, Final

import tantivy

from core.search.document import ListingDocument, suggestions
from core.search.filters import NumberField, TermField
from core.search.query import NUMBER_FACETS, Facet
from core.search.tantivy.range_buckets import audience_kinds, buckets_of
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
_ORG, _CHANNEL, _VISIBILITY, _HAS_PHOTOS = (
    term_name(field) for field in (TermField.ORG, TermField.CHANNEL, TermField.VISIBILITY, TermField.HAS_PHOTOS)
)
_NAMED: Final = tuple(
    (facet.value, term_name(TermField(facet.value)), facet_name(facet))
    for facet in Facet
    if facet not in NUMBER_FACETS and facet is not Facet.MILEAGE
)
_NUMBERS: Final[tuple[tuple[str, NumberField, str | None], ...]] = (
    ("model_year", NumberField.YEAR, BY_YEAR),
    ("price_pkr", NumberField.PRICE, BY_PRICE),
    ("mileage_km", NumberField.MILEAGE, BY_MILEAGE),
    ("engine_cc", NumberField.ENGINE_CC, None),
)
_MILEAGE_BAND: Final = facet_name(Facet.MILEAGE)
_NUMBER_NAMES: Final = {field: number_name(field) for field in NumberField}
_BUCKET_NAMES: Final = {field: bucket_name(field) for field in NumberField}


def index_document(document: ListingDocument, schema: tantivy.Schema) -> tantivy.Document:
    """Return the document as tantivy takes it; absent values are absent fields.

    `Document.from_dict` with the schema checks each value here, in the caller's thread; `Document(**fields)` leaves a
    wrong type to the writer's thread, which dies of it.
    """
    listing_id = document.id
    high, low = split_id(listing_id)
    head = document.head_words()
    values: dict[str, Any] = {
        ID: listing_id.hex,
        ID_HIGH: high,
        ID_LOW: low,
        HEAD: " ".join(dict.fromkeys(head)),
        ALL: " ".join(dict.fromkeys(head + document.other_words())),
        AREA: " ".join(document.area_words()),
        DESCRIPTION: " ".join(document.description_words()),
        SUGGEST: _suggestions(document.make, document.model, document.variant, document.city),
        _ORG: document.org_id.hex,
        _CHANNEL: list(document.channels),
        _VISIBILITY: document.visibility,
        VISIBLE_TO: [visibility_term(channel, document.visibility) for channel in document.channels],
        _HAS_PHOTOS: "true" if document.photo_count > 0 else "false",
        BY_NEWEST: sort_value(BY_NEWEST, document.fresh_on.toordinal(), listing_id),
        BY_RANK: sort_value(BY_RANK, document.ranked_day, listing_id),
    }
    place = document.place
    if place is not None:
        values[PLACE] = place
    for attribute, term, column in _NAMED:
        value = getattr(document, attribute)
        if value.__class__ is bool:
            values[column] = values[term] = "true" if value else "false"
        elif value:
            written = str(value)
            values[column] = written[:_MAX_VALUE]
            values[term] = _folded(written)
    _add_numbers(document, values)
    return tantivy.Document.from_dict(values, schema)


def _add_numbers(document: ListingDocument, values: dict[str, Any]) -> None:
    if document.photo_score is not None:
        values[BY_PHOTOS] = sort_value(BY_PHOTOS, document.photo_score, document.id)
    band = document.mileage
    if band is not None:
        values[_MILEAGE_BAND] = band
    kinds = audience_kinds(document.visibility, document.channels)
    for attribute, field, order in _NUMBERS:
        number = getattr(document, attribute)
        if number is not None:
            values[_NUMBER_NAMES[field]] = number
            values[_BUCKET_NAMES[field]] = buckets_of(field, number, kinds)
            if order is not None:
                values[order] = sort_value(order, number, document.id)


@lru_cache(maxsize=16_384)
def _suggestions(make: str, model: str, variant: str | None, city: str | None) -> list[str]:
    named = suggestions(make, model, variant, city)
    return [suggestion_term(kind, name[:_MAX_VALUE]) for kind, name in named.items()]


@lru_cache(maxsize=16_384)
def _folded(value: str) -> str:
    return fold(value)[:_MAX_VALUE]
