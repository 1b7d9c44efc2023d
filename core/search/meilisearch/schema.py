"""Define the index's attributes, and convert a listing to them.

Everything that decides whether a listing is found is an attribute to filter by: its words, too, are an array of exact
values, made by the same functions as in the embedded engine. So both engines answer alike, and no tokenizer of
Meilisearch's takes part. Numbers sort, and the id after them. The title serves apps that search with their own token.
"""

import re
from enum import StrEnum
from hashlib import blake2b
from typing import Any, Final

from core.search.document import ListingDocument
from core.search.filters import NumberField, TermField
from core.search.query import NUMBER_FACETS, Facet
from core.search.words.folding import fold
from core.search.words.typeahead import SuggestionKind

SCHEMA_VERSION: Final = 5
"""Raise it with every change here: another version has another name, and the next sync builds it."""

ID, PLACE = "id", "place"
WORDS = "words"
FRESH, PHOTOS = "fresh", "photo_score"
RANK = "rank"  # the day of `core.search.ranking`
TITLE = "title"
GENERATION, PREVIOUS = "generation", "previous"
ABOUT = "about-this-index"
"""The id of the one document that is no listing: it names the generation, and no audience can see it."""


class Mark(StrEnum):
    """The place of a word, before the word itself; of several places the best one alone is kept."""

    HEAD = "h"  # it names the car
    COLUMN = "c"
    AREA = "a"  # apart from the other columns, since it takes no typos
    DESCRIPTION = "d"


_MAX_BYTES = 400  # Meilisearch cuts values to filter by at 468 bytes
_KEPT_BYTES = 300
_MAX_NAME = 200
_SPELT = (Mark.HEAD.value, Mark.COLUMN.value)
_SHORTEST_SPELT = 3  # with the mark: a word of four letters may lose one, and no more
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
    return {ID: ABOUT, GENERATION: generation}


def index_document(document: ListingDocument) -> dict[str, Any]:
    """Return the listing as Meilisearch takes it; absent values are absent attributes."""
    values: dict[str, Any] = {
        ID: document.id.hex,
        WORDS: _marked(document),
        term_name(TermField.ORG): document.org_id.hex,
        term_name(TermField.CHANNEL): list(document.channels),
        term_name(TermField.VISIBILITY): document.visibility,
        term_name(TermField.HAS_PHOTOS): str(document.has_photos).lower(),
        FRESH: document.fresh_on.toordinal(),
        RANK: document.ranked_day,
        PHOTOS: document.photo_score,
        TITLE: document.title,
        PLACE: document.place,
    }
    values |= _named(document) | _numbers(document)
    values |= {suggestion_name(kind): name[:_MAX_NAME] for kind, name in document.suggestions().items()}
    return {name: value for name, value in values.items() if value is not None}


def spelt_words(values: dict[str, Any]) -> list[str]:
    """Return the words of an indexed listing that a misspelt word may stand for."""
    return [word[1:] for word in values[WORDS] if word[0] in _SPELT and len(word) > _SHORTEST_SPELT]


def _marked(document: ListingDocument) -> list[str]:
    places: dict[str, str] = {}
    for mark, found in (
        (Mark.HEAD, document.head_words()),
        (Mark.COLUMN, document.other_words()),
        (Mark.AREA, document.area_words()),
        (Mark.DESCRIPTION, document.description_words()),
    ):
        for word in found:
            places.setdefault(word, mark.value)
    return [mark + word for word, mark in places.items()]


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


def _numbers(document: ListingDocument) -> dict[str, int | None]:
    return {
        number_name(NumberField.YEAR): document.model_year,
        number_name(NumberField.PRICE): document.price_pkr,
        number_name(NumberField.MILEAGE): document.mileage_km,
        number_name(NumberField.ENGINE_CC): document.engine_cc,
    }
