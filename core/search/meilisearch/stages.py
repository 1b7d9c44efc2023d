"""The order of a search as stages that share no hit: what is in each, and the key that sorts it."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from core.search.meilisearch.expressions import every, is_any, known, without
from core.search.meilisearch.schema import BY_MILEAGE, BY_NEWEST, BY_PRICE, BY_YEAR, PLACE
from core.search.places import by_distance
from core.search.query import SearchQuery, Sort


class Stage(NamedTuple):
    """A part of the order, within the audience's and the shopper's filters."""

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
}


def stages_of(query: SearchQuery, levels: list[str]) -> list[Stage]:
    """Every stage, the first one first."""
    matching = every(levels[-1:])
    match query.sort:
        case Sort.RELEVANCE:
            return list(_by_level(levels)) or [Stage(matching, BY_NEWEST)]
        case Sort.DISTANCE:
            return list(_by_distance(query, matching))
        case sort:
            key, ascending = _KEYS[sort]
            return list(_by_value(matching, key, ascending=ascending))


def nearest(
    stages: list[Stage], asked: dict[int, str | None], counted: Mapping[str, int], limit: int
) -> dict[int, str | None]:
    """Of the stages of an order by distance, those that a page needs, by how many hits each place has.

    Where the cursor stands in one, it is not known how many are left of it. The last stage has no places to count by.
    """
    needed: dict[int, str | None] = {}
    found = 0
    for number, key in asked.items():
        hits = sum(counted.get(place, 0) for place in stages[number].places)
        if hits or not stages[number].places:
            needed[number] = key
        found += hits if key is None else 0
        if found > limit:
            break
    return needed


def _by_level(levels: list[str]) -> Iterator[Stage]:
    better: str | None = None
    for level in levels:
        yield Stage(level if better is None else without(level, better), BY_NEWEST)
        better = level


def _by_distance(query: SearchQuery, matching: str) -> Iterator[Stage]:
    if query.start is not None:
        for _, keys in by_distance(query.start):
            yield Stage(every([matching, is_any(PLACE, keys)]), BY_NEWEST, places=tuple(keys))
    yield Stage(without(matching, known(PLACE)), BY_NEWEST)


def _by_value(matching: str, key: str, *, ascending: bool) -> Iterator[Stage]:
    yield Stage(every([matching, known(key)]), key, ascending)
    if key not in (BY_NEWEST, BY_YEAR):
        yield Stage(without(matching, known(key)), BY_NEWEST)
