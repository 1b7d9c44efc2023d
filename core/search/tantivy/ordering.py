"""Read the hits of a tier in their exact order: by the sorted value, then by id, from any position on.

A sort column holds the value and the first bits of the id. Hits that are equal in it (rows of one import have ids that
begin alike) are ordered by the whole id in a second search, of that group alone.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from tantivy import DocAddress, FieldType, Index, Order, Query, Searcher, SearchResult

from core.search.paging.sort_keys import id_of, sort_key, value_of
from core.search.tantivy.boolean_queries import every
from core.search.tantivy.queries import Tier
from core.search.tantivy.schema import ID, ID_HIGH, ID_LOW, join_id

_MAX, _MIN = 2**63 - 1, -(2**63)


class TierReader:
    """Reads tiers of one commit."""

    def __init__(self, index: Index, searcher: Searcher) -> None:
        self._index = index
        self._searcher = searcher
        self._schema = index.schema

    def first(self, tier: Tier, wanted: int) -> tuple[list[str], int]:
        """Return the sort keys (`core.search.paging.sort_keys`) of the first `wanted` hits, and the number of hits."""
        result: Any = self._search(tier.query, wanted + 1, tier.column, tier.order, count=True)
        values = [value for value, _ in result.hits]
        sure = len(values) <= wanted or values[wanted] != values[wanted - 1]
        complete = result.hits[:wanted] if sure else [hit for hit in result.hits if hit[0] != values[wanted]]
        found = sorted(self._keys(complete), reverse=tier.order is Order.Desc)
        if not sure:
            found += self._with_value(tier, values[wanted], wanted - len(found), None)
        return found, int(result.count)

    def following(self, tier: Tier, wanted: int, after: str) -> list[str]:
        """Return the sort keys of the next `wanted` hits after the sort key `after`."""
        value = value_of(after)
        found = self._with_value(tier, value, wanted, id_of(after))
        if len(found) < wanted:
            found += self.first(self._past(tier, value), wanted - len(found))[0]
        return found

    def _with_value(self, tier: Tier, value: int, wanted: int, after: UUID | None) -> list[str]:
        """Return hits with this very value in the column, by id."""
        parts = [tier.query, self._between(tier.column, value, value)]
        if after is not None:
            parts.append(self._ids_after(after, tier.order))
        hits = self._search(every(parts), wanted, ID, tier.order).hits
        return [sort_key(value, listing_id) for listing_id, _ in hits]

    def _ids_after(self, listing_id: UUID, order: Order) -> Query:
        # tantivy makes ranges over text only in its query language: the one parsed query of this engine, of hex digits
        rest = f"{{{listing_id.hex} TO *}}" if order is Order.Asc else f"{{* TO {listing_id.hex}}}"
        return self._index.parse_query(f"{ID}:{rest}", [ID])

    def _past(self, tier: Tier, value: int) -> Tier:
        """Return the tier without the hits up to and including this value."""
        if tier.order is Order.Asc:
            rest = Query.empty_query() if value >= _MAX else self._between(tier.column, value + 1, None)
        else:
            rest = Query.empty_query() if value <= _MIN else self._between(tier.column, None, value - 1)
        return tier._replace(query=every([tier.query, rest]))

    def _between(self, column: str, low: int | None, high: int | None) -> Query:
        return Query.range_query(self._schema, column, FieldType.Integer, lower_bound=low, upper_bound=high)

    def _search(self, query: Query, limit: int, column: str, order: Order, *, count: bool = False) -> SearchResult:
        return self._searcher.search(query, limit, count=count, order_by_field=column, order=order)

    def _keys(self, hits: Sequence[tuple[int, DocAddress]]) -> list[str]:
        addresses = [address for _, address in hits]
        highs: list[Any] = self._searcher.fast_field_values(ID_HIGH, addresses)
        lows: list[Any] = self._searcher.fast_field_values(ID_LOW, addresses)
        return [sort_key(value, join_id(high, low)) for (value, _), high, low in zip(hits, highs, lows, strict=True)]
