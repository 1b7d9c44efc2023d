"""Define the index's fields: what each is for, and how it is indexed. Nothing is stored: the rows are in PostgreSQL.

Sorting goes by integer columns (`sort_value`) that hold the sorted value and, below it, as much of the id as fits: they
break nearly all ties, and what they leave equal is put in the order of the id (`core.search.tantivy.ordering`).
"""

from itertools import product
from typing import Final
from uuid import UUID

import tantivy

from core.search.filters import NumberField, TermField
from core.search.query import NUMBER_FACETS, Facet
from core.search.words.typeahead import SuggestionKind
from core.vocabulary import Channel, Visibility

SCHEMA_VERSION: Final = 7
"""Raise it with every change here: another version lives in another folder, and the next sync builds it."""

ID = "id"
ID_HIGH, ID_LOW = "id_high", "id_low"  # its split_id, as columns that hits are read from
HEAD, ALL, DESCRIPTION = "head", "all", "description"  # words that name the car; of its columns; of its description
AREA = "area"  # the area's words are apart from those of the other columns: they take no typos
PLACE = "place"
VISIBLE_TO = "visible_to"  # channel and visibility of the car: all but its own dealer see it by these
SUGGEST = "suggest"  # the car's names for typeahead, each behind its kind
_KIND_END = ":"
BY_NEWEST, BY_PRICE, BY_YEAR, BY_MILEAGE = "by_newest", "by_price", "by_year", "by_mileage"
BY_PHOTOS = "by_photos"
BY_RANK = "by_rank"  # the day of `core.search.ranking`
_ID_BITS = {BY_NEWEST: 42, BY_PRICE: 20, BY_YEAR: 46, BY_MILEAGE: 30, BY_PHOTOS: 46, BY_RANK: 42}
KINDS: Final[dict[tuple[str, str], int]] = {kind: number for number, kind in enumerate(product(Channel, Visibility))}
"""The kinds of audience, by channel and visibility; a dealer sees its own listings besides."""
_HALF = 2**63
_LISTED = (
    Facet.BODY,
    Facet.FUEL,
    Facet.TRANSMISSION,
    Facet.ASSEMBLY,
    Facet.COLOR,
    Facet.DRIVE,
    Facet.SEATS,
    Facet.DEAL_RATING,
    Facet.HAS_GOOD_PHOTOS,
)
"""Values of controlled lists are folded as they are: one field answers the filter and the facet."""


def term_name(field: TermField) -> str:
    """Return the field of an exact filter."""
    return f"is_{field.value}"


def number_name(field: NumberField) -> str:
    """Return the field of a range filter."""
    return f"num_{field.value}"


def bucket_name(field: NumberField) -> str:
    """Return the field of a range filter's buckets (`core.search.tantivy.range_buckets`)."""
    return f"bucket_{field.value}"


def visibility_term(channel: str, visibility: str) -> str:
    """Return the term of VISIBLE_TO for a channel that shows the car, and its visibility."""
    return f"{channel}/{visibility}"


def facet_name(facet: Facet) -> str:
    """Return the column of the values that a facet counts, in their display spelling."""
    if facet in NUMBER_FACETS:
        return number_name(NumberField(facet.value))
    return f"is_{facet.value}" if facet in _LISTED else f"facet_{facet.value}"


def build_schema() -> tantivy.Schema:
    """Build the schema. Text is split by core.search.words.folding, so the index only splits at spaces."""
    builder = tantivy.SchemaBuilder()
    columns = {facet_name(facet) for facet in Facet if facet not in NUMBER_FACETS} | {ID}
    terms = {ID, PLACE, VISIBLE_TO, SUGGEST, *(term_name(field) for field in TermField), *columns}
    for name in sorted(terms):
        builder.add_text_field(name, fast=name in columns, tokenizer_name="raw", index_option="basic")
    for name in (ID_HIGH, ID_LOW, *_ID_BITS, *(number_name(field) for field in NumberField)):
        builder.add_integer_field(name, fast=True)
    for field in NumberField:
        builder.add_integer_field(bucket_name(field), indexed=True)
    for name in (HEAD, ALL, AREA, DESCRIPTION):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="basic")
    return builder.build()


def sort_value(column: str, value: int, listing_id: UUID) -> int:
    """Pack a value and the first bits of an id into the 64 bits of a sort column, which sort by value, then by id.

    >>> sort_value(BY_YEAR, 2018, UUID(int=2**127)) < sort_value(BY_YEAR, 2019, UUID(int=0))
    True
    """
    bits = _ID_BITS[column]
    return min(value, (_HALF >> bits) - 1) << bits | listing_id.int >> 128 - bits


def split_id(listing_id: UUID) -> tuple[int, int]:
    """Split an id into two signed 64-bit integers."""
    return (listing_id.int >> 64) - _HALF, (listing_id.int & 2**64 - 1) - _HALF


def join_id(high: int, low: int) -> str:
    """Join the two integers of `split_id` to the hex digits of the id: an object of each would cost more than the rest.

    >>> join_id(*split_id(UUID(int=5))) == UUID(int=5).hex
    True
    """
    return f"{high + _HALF:016x}{low + _HALF:016x}"


def suggestion_of(term: str) -> tuple[SuggestionKind, str]:
    """Return the kind and the name of a term of SUGGEST."""
    kind, _, name = term.partition(_KIND_END)
    return SuggestionKind(kind), name


def suggestion_term(kind: SuggestionKind, name: str) -> str:
    """Return the term of SUGGEST for a name."""
    return f"{kind.value}{_KIND_END}{name}"
