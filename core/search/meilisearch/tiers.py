"""Split the order of a search into tiers that share no hit, each with the key that sorts it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from core.search.meilisearch.expressions import every, is_any, known, without
from core.search.meilisearch.schema import BY_MILEAGE, BY_NEWEST, BY_PHOTOS, BY_PRICE, BY_YEAR, PLACE
from core.search.paging.cursor import Position
from core.search.places import by_distance
from core.search.query import SearchQuery, Sort


class Tier(NamedTuple):
    """A part of the order, within the filters of audience and search."""

    expression: str
    key: str
    ascending: bool = False
    places: tuple[str, ...] = ()  # where its listings are, in an order by distance


_KEYS: dict[Sort, tuple[str, bool]] = {
    Sort.NEWEST: (BY_NEWEST, False),
    Sort.PRICE_ASC: (BY_PRICE, True),
    Sort.PRICE_DESC: (BY_PRICE, False),
    Sort.YEAR_ASC: (BY_YEAR, True),
    Sort.YEAR_DESC: (BY_YEAR, False),
    Sort.MILEAGE_ASC: (BY_MILEAGE, True),
    Sort.MILEAGE_DESC: (BY_MILEAGE, False),
    Sort.PHOTOS_DESC: (BY_PHOTOS, False),
}


def tiers_of(query: SearchQuery, levels: list[str]) -> list[Tier]:
    """Return every tier, the first one first."""
    matching = every(levels[-1:])
    match query.sort:
        case Sort.RELEVANCE:
            return list(_by_level(levels)) or [Tier(matching, BY_NEWEST)]
        case Sort.DISTANCE:
            return list(_by_distance(query, matching))
        case sort:
            key, ascending = _KEYS[sort]
            return list(_by_value(matching, key, ascending=ascending))


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


def _by_level(levels: list[str]) -> Iterator[Tier]:
    better: str | None = None
    for level in levels:
        yield Tier(level if better is None else without(level, better), BY_NEWEST)
        better = level


def _by_distance(query: SearchQuery, matching: str) -> Iterator[Tier]:
    if query.start is not None:
        for _, keys in by_distance(query.start):
            yield Tier(every([matching, is_any(PLACE, keys)]), BY_NEWEST, places=tuple(keys))
    yield Tier(without(matching, known(PLACE)), BY_NEWEST)


def _by_value(matching: str, key: str, *, ascending: bool) -> Iterator[Tier]:
    yield Tier(every([matching, known(key)]), key, ascending)
    if key not in (BY_NEWEST, BY_YEAR):
        yield Tier(without(matching, known(key)), BY_NEWEST)
