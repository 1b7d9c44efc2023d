"""The index's fields: what each is for, and how it is indexed. Nothing is stored: the rows are in PostgreSQL.

Sorting goes by integer columns (`order_of`) that hold the sorted value and, below it, as much of the id as fits: they
break nearly all ties, and what they leave equal is put in the order of the id (`core.search.tantivy.ordering`).
"""

from itertools import product
from typing import Final
from uuid import UUID

import tantivy

from core.search.filters import NumberField, TermField
from core.search.query import Facet
from core.search.words.typeahead import SuggestionKind
from core.vocabulary import Channel, Visibility

SCHEMA_VERSION: Final = 2
"""Raise it with every change here: another version lives in another folder, and the next sync builds it."""

ID = "id"
ID_HIGH, ID_LOW = "id_high", "id_low"  # its halves, as columns that hits are read from
HEAD, ALL, DESCRIPTION = "head", "all", "description"  # words that name the car; of all its columns; of its description
PLACE = "place"
SEEN = "seen"  # who sees the car, its own dealer apart
SUGGEST = "suggest"  # the car's names for typeahead, each behind its kind
_KIND_END = ":"
BY_NEWEST, BY_PRICE, BY_YEAR, BY_MILEAGE = "by_newest", "by_price", "by_year", "by_mileage"
_ID_BITS = {BY_NEWEST: 42, BY_PRICE: 20, BY_YEAR: 46, BY_MILEAGE: 30}
KINDS: Final[dict[tuple[str, str], int]] = {kind: number for number, kind in enumerate(product(Channel, Visibility))}
"""Who may see a listing, its own dealer apart: a channel that shows it, and its visibility."""
_HALF = 2**63
_LISTED = (Facet.BODY, Facet.FUEL, Facet.TRANSMISSION, Facet.ASSEMBLY, Facet.COLOR, Facet.DEAL_RATING)
"""Values of controlled lists are folded as they are: one field answers the filter and the facet."""


def term_name(field: TermField) -> str:
    """The index's field for an exact filter."""
    return f"is_{field.value}"


def number_name(field: NumberField) -> str:
    """The index's field for a range filter."""
    return f"num_{field.value}"


def step_name(field: NumberField) -> str:
    """The index's field of the steps of a range filter (`core.search.tantivy.range_buckets`)."""
    return f"step_{field.value}"


def seen_term(channel: str, visibility: str) -> str:
    """How SEEN holds a channel that shows the car, and its visibility."""
    return f"{channel}/{visibility}"


def facet_name(facet: Facet) -> str:
    """The index's column of the values that a facet counts, in their display spelling."""
    if facet is Facet.YEAR:
        return number_name(NumberField.YEAR)
    return f"is_{facet.value}" if facet in _LISTED else f"facet_{facet.value}"


def build_schema() -> tantivy.Schema:
    """The fields. Text is split by core.search.words.folding, so the index only splits at spaces."""
    builder = tantivy.SchemaBuilder()
    columns = {facet_name(facet) for facet in Facet if facet is not Facet.YEAR} | {ID}
    terms = {ID, PLACE, SEEN, SUGGEST, *(term_name(field) for field in TermField), *columns}
    for name in sorted(terms):
        builder.add_text_field(name, fast=name in columns, tokenizer_name="raw", index_option="basic")
    for name in (ID_HIGH, ID_LOW, *_ID_BITS, *(number_name(field) for field in NumberField)):
        builder.add_integer_field(name, fast=True)
    for field in NumberField:
        builder.add_integer_field(step_name(field), indexed=True)
    for name in (HEAD, ALL, DESCRIPTION):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="basic")
    return builder.build()


def order_of(column: str, value: int, listing_id: UUID) -> int:
    """What a sort column holds for a value: 64 bits that sort by the value, then by the id's first bits.

    >>> order_of(BY_YEAR, 2018, UUID(int=2**127)) < order_of(BY_YEAR, 2019, UUID(int=0))
    True
    """
    bits = _ID_BITS[column]
    return min(value, (_HALF >> bits) - 1) << bits | listing_id.int >> 128 - bits


def halves(listing_id: UUID) -> tuple[int, int]:
    """The id as two signed 64-bit integers."""
    return (listing_id.int >> 64) - _HALF, (listing_id.int & 2**64 - 1) - _HALF


def whole(high: int, low: int) -> UUID:
    """The id that these are the halves of.

    >>> whole(*halves(UUID(int=5))) == UUID(int=5)
    True
    """
    return UUID(int=(high + _HALF) << 64 | low + _HALF)


def suggestion_of(term: str) -> tuple[SuggestionKind, str]:
    """The kind and the name of a term of SUGGEST."""
    kind, _, name = term.partition(_KIND_END)
    return SuggestionKind(kind), name


def suggestion_term(kind: SuggestionKind, name: str) -> str:
    """How SUGGEST holds a name."""
    return f"{kind.value}{_KIND_END}{name}"
