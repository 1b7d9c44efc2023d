"""Split the order of a search into tiers that share no hit, each with the number that sorts it; ties go by id."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from core.search.filters import NumberField
from core.search.meilisearch.expressions import after, every, is_any, known, without
from core.search.meilisearch.schema import FRESH, ID, PHOTOS, PLACE, RANK, number_name
from core.search.paging.cursor import Position
from core.search.paging.sort_keys import sort_key
from core.search.places import by_distance
from core.search.query import SearchQuery, Sort


class Tier(NamedTuple):
    """A part of the order, within the filters of audience and search."""

    expression: str
    number: str = FRESH
    ascending: bool = False
    places: tuple[str, ...] = ()  # where its listings are, in an order by distance

    def search(self, wanted: list[str], start: str | None, limit: int) -> dict[str, Any]:
        """Return the search for its first hits within `wanted`, or for those after a sort key."""
        direction = "asc" if self.ascending else "desc"
        rest = [] if start is None else [after(self.number, start, ascending=self.ascending)]
        return {
            "q": "",
            "filter": [*wanted, self.expression, *rest],
            "sort": [f"{self.number}:{direction}", f"{ID}:{direction}"],
            "limit": limit,
            "attributesToRetrieve": [ID, self.number],
        }

    def key(self, hit: Mapping[str, Any]) -> str:
        """Return the sort key of a hit."""
        return sort_key(int(hit[self.number]), UUID(hex=hit[ID]).hex)


_NUMBERS: dict[Sort, tuple[str, bool]] = {
    Sort.NEWEST: (FRESH, False),
    Sort.PRICE_ASC: (number_name(NumberField.PRICE), True),
    Sort.PRICE_DESC: (number_name(NumberField.PRICE), False),
    Sort.YEAR_ASC: (number_name(NumberField.YEAR), True),
    Sort.YEAR_DESC: (number_name(NumberField.YEAR), False),
    Sort.MILEAGE_ASC: (number_name(NumberField.MILEAGE), True),
    Sort.MILEAGE_DESC: (number_name(NumberField.MILEAGE), False),
    Sort.PHOTOS_DESC: (PHOTOS, False),
}
_IN_EVERY_LISTING = (FRESH, number_name(NumberField.YEAR))


def tiers_of(query: SearchQuery, levels: list[str]) -> list[Tier]:
    """Return every tier, the first one first.

    By relevance there is one for each level. Any other order has the same tiers once for each level: a search reads
    those of the best level that has hits, and the number of a tier tells which that was.
    """
    if query.sort is Sort.RELEVANCE:
        number = RANK if query.popularity else FRESH
        return list(_by_level(levels, number)) or [Tier(every([]), number)]
    return [tier for level in levels or [every([])] for tier in _within(query, level)]


Starts = dict[int, str | None]
"""The tiers to read, by number, each with the sort key after which to start; None for its beginning."""


def starts_after(position: Position | None, tiers: Sequence[Tier]) -> Starts:
    """Return the tiers from a cursor's position on."""
    if position is None:
        return dict.fromkeys(range(len(tiers)))
    return {number: position.key if number == position.tier else None for number in range(position.tier, len(tiers))}


def nearest(tiers: Sequence[Tier], starts: Starts, counted: Mapping[str, int], limit: int) -> Starts:
    """Choose the tiers of an order by distance that a page needs, by the number of hits in each place.

    Where the cursor stands in one, it is not known how many are left of it. The last tier has no places to count by.
    """
    needed: Starts = {}
    found = 0
    for number, key in starts.items():
        hits = sum(counted.get(place, 0) for place in tiers[number].places)
        if hits or not tiers[number].places:
            needed[number] = key
        found += hits if key is None else 0
        if found > limit:
            break
    return needed


def _by_level(levels: list[str], number: str) -> Iterator[Tier]:
    better: str | None = None
    for level in levels:
        yield Tier(level if better is None else without(level, better), number)
        better = level


def _within(query: SearchQuery, matching: str) -> Iterator[Tier]:
    if query.sort is Sort.DISTANCE:
        if query.start is not None:
            for _, keys in by_distance(query.start):
                yield Tier(every([matching, is_any(PLACE, keys)]), places=tuple(keys))
        yield Tier(without(matching, known(PLACE)))
        return
    number, ascending = _NUMBERS[query.sort]
    if number in _IN_EVERY_LISTING:
        yield Tier(matching, number, ascending)
        return
    yield Tier(every([matching, known(number)]), number, ascending)
    yield Tier(without(matching, known(number)))
