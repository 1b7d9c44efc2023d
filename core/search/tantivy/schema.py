"""The index's fields, and how a document fills them.

Sorting goes by text keys that hold the sorted value and the id (`core.search.sort_keys`): one field then gives a total
order, a cursor is a key to start after, and a hit's id is read from its key without touching stored documents. Nothing
is stored: the rows are in PostgreSQL.
"""

from typing import Any, Final

import tantivy

from core.search.document import ListingDocument
from core.search.filters import NumberField, TermField
from core.search.query import Facet
from core.search.sort_keys import sort_key
from core.search.suggest import SuggestionKind
from core.search.text import fold

SCHEMA_VERSION: Final = 2
"""Raise it with every change here: another version lives in another folder, and the next sync builds it."""

ID = "id"
HEAD, ALL, TEXT = "head", "all", "text"  # words that name the car; of all its columns; and of its description too
PLACE = "place"
SUGGEST = "suggest"  # the car's names for typeahead, each behind its kind
_KIND_END = ":"
BY_NEWEST, BY_PRICE, BY_YEAR, BY_MILEAGE = "by_newest", "by_price", "by_year", "by_mileage"
SORT_KEYS = (BY_NEWEST, BY_PRICE, BY_YEAR, BY_MILEAGE)
_MAX_VALUE = 200


def term_name(field: TermField) -> str:
    """The index's field for an exact filter."""
    return f"is_{field.value}"


def number_name(field: NumberField) -> str:
    """The index's field for a range filter."""
    return f"num_{field.value}"


def facet_name(facet: Facet) -> str:
    """The index's column of the values that a facet counts, in their display spelling."""
    return f"facet_{facet.value}"


def build_schema() -> tantivy.Schema:
    """The fields. Text is split by core.search.text, so the index only splits at spaces."""
    builder = tantivy.SchemaBuilder()
    for name in (ID, PLACE, SUGGEST, *(term_name(field) for field in TermField)):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in (*SORT_KEYS, *(facet_name(facet) for facet in Facet)):
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    for field in NumberField:
        builder.add_integer_field(number_name(field), fast=True)
    for name in (HEAD, ALL, TEXT):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="basic")
    return builder.build()


def suggestion_of(term: str) -> tuple[SuggestionKind, str]:
    """The kind and the name of a term of SUGGEST."""
    kind, _, name = term.partition(_KIND_END)
    return SuggestionKind(kind), name


def index_document(document: ListingDocument, schema: tantivy.Schema) -> tantivy.Document:
    """The document as tantivy takes it; absent values are absent fields.

    `Document.from_dict` with the schema checks each value here, in the caller's thread; `Document(**fields)` leaves a
    wrong type to the writer's thread, which dies of it.
    """
    columns = document.all_words()
    values: dict[str, Any] = {
        ID: document.id.hex,
        HEAD: " ".join(document.head_words()),
        ALL: " ".join(columns),
        TEXT: " ".join(columns + document.description_words()),
        SUGGEST: [f"{kind}{_KIND_END}{name[:_MAX_VALUE]}" for kind, name in document.suggestions().items()],
        term_name(TermField.HAS_PHOTOS): str(document.has_photos).lower(),
        term_name(TermField.ORG): document.org_id.hex,
        term_name(TermField.CHANNEL): list(document.channels),
        term_name(TermField.VISIBILITY): document.visibility,
        BY_NEWEST: sort_key(document.fresh_on.toordinal(), document.id),
    }
    if document.place is not None:
        values[PLACE] = document.place
    values |= _named(document) | _numbers(document)
    return tantivy.Document.from_dict(values, schema)


def _named(document: ListingDocument) -> dict[str, str]:
    values: dict[str, str] = {facet_name(Facet.YEAR): str(document.model_year)}
    for facet in Facet:
        value = None if facet is Facet.YEAR else getattr(document, facet.value)
        if value:
            values[facet_name(facet)] = value[:_MAX_VALUE]
            values[term_name(TermField(facet.value))] = fold(value)[:_MAX_VALUE]
    return values


def _numbers(document: ListingDocument) -> dict[str, int | str]:
    values: dict[str, int | str] = {}
    for field, key, number in (
        (NumberField.YEAR, BY_YEAR, document.model_year),
        (NumberField.PRICE, BY_PRICE, document.price_pkr),
        (NumberField.MILEAGE, BY_MILEAGE, document.mileage_km),
    ):
        if number is not None:
            values[number_name(field)] = number
            values[key] = sort_key(number, document.id)
    return values
