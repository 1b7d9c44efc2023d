"""Define the index's attributes, and convert a listing to them.

Everything that decides whether a listing is found is an attribute to filter by: its words, too, are arrays of exact
values, made by the same functions as in the embedded engine. So both engines answer alike, and no tokenizer of
Meilisearch's takes part. The texts beside them serve apps that search with a token of their own.
"""

import re
from hashlib import blake2b
from typing import Any, Final

from core.search.document import ListingDocument
from core.search.filters import NumberField, TermField
from core.search.paging.sort_keys import sort_key
from core.search.query import NUMBER_FACETS, Facet
from core.search.words.folding import fold
from core.search.words.typeahead import SuggestionKind

SCHEMA_VERSION: Final = 3
"""Raise it with every change here: another version has another name, and the next sync builds it."""

ID, PLACE = "id", "place"
HEAD, ALL, DESCRIPTION = "head_words", "words", "description_words"
WORDS = (HEAD, ALL, DESCRIPTION)
BY_NEWEST, BY_PRICE, BY_YEAR, BY_MILEAGE = "by_newest", "by_price", "by_year", "by_mileage"
BY_PHOTOS = "by_photos"
SORT_KEYS = (BY_NEWEST, BY_PRICE, BY_YEAR, BY_MILEAGE, BY_PHOTOS)
TEXTS = ("title", "text", "description")
ABOUT = "about-this-index"
"""The id of the one document that is no listing: it names the generation, and no audience can see it."""

_MAX_BYTES = 400  # Meilisearch cuts values to filter by at 468 bytes
_KEPT_BYTES = 300
_MAX_NAME = 200
_SPECIAL = re.compile(r"[\x00-\x1f\x7f\"'%\\]")


def term_name(field: TermField) -> str:
    """Return the attribute of an exact filter."""
    return field.value


def number_name(field: NumberField) -> str:
    """Return the attribute of a range filter."""
    return field.value


def facet_name(facet: Facet) -> str:
    """Return the attribute that a facet counts: display spellings."""
    return f"{facet.value}_name"


def suggestion_name(kind: SuggestionKind) -> str:
    """Return the attribute that typeahead counts."""
    return f"suggest_{kind.value}"


def encoded(value: str) -> str:
    r"""Encode a value without quotes, backslashes and control characters, one to one; long ones end in a digest.

    >>> encoded('5" tyre'), encoded("100%")
    ('5%22 tyre', '100%25')
    """
    safe = _SPECIAL.sub(lambda found: f"%{ord(found[0]):02X}", value).encode(errors="ignore")
    if len(safe) > _MAX_BYTES:
        safe = safe[:_KEPT_BYTES] + b"%" + blake2b(safe, digest_size=16).hexdigest().encode()
    return safe.decode(errors="ignore")


def about(generation: str) -> dict[str, Any]:
    """Return the document that names an index's generation."""
    return {ID: ABOUT, "generation": generation}


def index_document(document: ListingDocument) -> dict[str, Any]:
    """Return the listing as Meilisearch takes it; absent values are absent attributes."""
    values: dict[str, Any] = {
        ID: document.id.hex,
        HEAD: _distinct(document.head_words()),
        ALL: _distinct(document.all_words()),
        DESCRIPTION: _distinct(document.description_words()),
        term_name(TermField.ORG): document.org_id.hex,
        term_name(TermField.CHANNEL): list(document.channels),
        term_name(TermField.VISIBILITY): document.visibility,
        term_name(TermField.HAS_PHOTOS): str(document.has_photos).lower(),
        BY_NEWEST: sort_key(document.fresh_on.toordinal(), document.id),
        "title": document.title,
        "text": " ".join(document.all_words()),
        "description": document.description,
        PLACE: document.place,
    }
    if document.point is not None:
        values["_geo"] = {"lat": document.point.latitude, "lng": document.point.longitude}
    values |= _named(document) | _numbers(document)
    values |= {suggestion_name(kind): name[:_MAX_NAME] for kind, name in document.suggestions().items()}
    return {name: value for name, value in values.items() if value is not None}


def _named(document: ListingDocument) -> dict[str, str]:
    values: dict[str, str] = {}
    for facet in Facet:
        value = getattr(document, facet.value)
        if facet in NUMBER_FACETS or facet is Facet.MILEAGE:
            if value is not None:
                values[facet_name(facet)] = str(value)
        elif isinstance(value, bool):
            values[facet_name(facet)] = values[term_name(TermField(facet.value))] = str(value).lower()
        elif value:
            written = str(value)
            values[facet_name(facet)] = written[:_MAX_NAME]
            values[term_name(TermField(facet.value))] = encoded(fold(written))
    return values


def _numbers(document: ListingDocument) -> dict[str, int | str]:
    values: dict[str, int | str] = {}
    for field, key, number in (
        (NumberField.YEAR, BY_YEAR, document.model_year),
        (NumberField.PRICE, BY_PRICE, document.price_pkr),
        (NumberField.MILEAGE, BY_MILEAGE, document.mileage_km),
        (NumberField.ENGINE_CC, None, document.engine_cc),
    ):
        if number is not None:
            values[number_name(field)] = number
            if key is not None:
                values[key] = sort_key(number, document.id)
    if document.photo_score is not None:
        values[BY_PHOTOS] = sort_key(document.photo_score, document.id)
    return values


def _distinct(words: list[str]) -> list[str]:
    return list(dict.fromkeys(words))
