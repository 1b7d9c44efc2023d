"""Complete what is typed beyond a name: "civic kar" with a city, "corolla gli 20" a year, "alto under" a price.

Names come first (`core.search.words.typeahead`). Where they do not fill the list, the text but for its last words is
read as a search is; where that names a make or a model, the last words are completed with what there is of it. Counts
are those of a search, so nothing is offered that finds nothing. The same on every engine: it asks for facets only.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from itertools import islice
from typing import Final

from core.access.audience import Audience
from core.search.engine import IndexView
from core.search.query import Facet, SearchQuery, Sort
from core.search.reading.asking import search_understood, strictest
from core.search.reading.chips import ChipField, Reading
from core.search.reading.reader import read
from core.search.words.folding import words
from core.search.words.typeahead import Suggestion

_LAC: Final = 100_000
_STEPS: Final = (10, 15, 20, 25, 30, 40, 50, 60, 80, 100, 150, 200, 300, 500)  # lacs
_PRICES: Final = 3  # prices that are offered, from the lowest that has a car; some six searches find them
_UNDER: Final = "under"
_LONGEST_END: Final = 3  # words: "rahim yar khan"
_MADE: Final = 3
_TRIED: Final = 6  # made searches that are asked at most, each some milliseconds
_NAMED: Final = (ChipField.MAKE, ChipField.MODEL)


class CompletionKind(StrEnum):
    """The parts that a text was completed with."""

    MAKE = "make"
    MODEL = "model"  # make and model
    VARIANT = "variant"  # make, model and variant
    CITY = "city"
    NAME_IN_CITY = "name_in_city"  # a make or a model, and a city
    NAME_OF_YEAR = "name_of_year"
    NAME_UNDER_PRICE = "name_under_price"
    RECENT = "recent"  # a search that the caller made
    POPULAR = "popular"  # a search that many shoppers make


@dataclass(frozen=True)
class Completion:
    """A text to complete what was typed with, and how many listings that the audience may see it finds."""

    kind: CompletionKind
    value: str
    count: int


@dataclass(frozen=True)
class MadeSearches:
    """Searches made before: by the caller, the last one first; by many shoppers, those of most devices first."""

    recent: Sequence[str] = ()
    popular: Sequence[str] = ()


NOTHING_MADE: Final = MadeSearches()


def complete(
    engine: IndexView, typed: str, audience: Audience, limit: int = 10, made: MadeSearches = NOTHING_MADE
) -> list[Completion]:
    """Return completions of a typed text: names that begin so, what goes on behind a name, names but for a typo.

    Of searches that were made before, those that begin as typed and find cars now are offered: the first few recent
    ones take the first places, the first few popular ones the last.

    Raises:
        InvalidInputError: `invalid_limit`, or `invalid_text` for a text that is too long.
        RetryableError: `search_unavailable`.
    """
    recent = list(islice(_made(engine, CompletionKind.RECENT, made.recent, typed, audience), min(_MADE, limit)))
    known = {" ".join(words(one.value)) for one in recent}
    asked = [text for text in made.popular if text not in known]
    places = limit - len(recent)
    popular = list(islice(_made(engine, CompletionKind.POPULAR, asked, typed, audience), min(_MADE, places)))
    known.update(one.value for one in popular)
    found = [one for one in _named(engine, typed, audience, limit) if one.value.lower() not in known]
    return [*recent, *found[: places - len(popular)], *popular]


def _made(
    engine: IndexView, kind: CompletionKind, texts: Sequence[str], typed: str, audience: Audience
) -> Iterator[Completion]:
    """Yield those of the first few searches that begin as typed which find cars now."""
    begun = " ".join(words(typed))
    for text in islice((text for text in texts if _goes_on(text, begun)), _TRIED):
        found = search_understood(engine, SearchQuery(text, limit=1), audience)
        if found.page.total and not found.understood.relaxed:
            yield Completion(kind, text, found.page.total)


def _goes_on(text: str, begun: str) -> bool:
    folded = " ".join(words(text))
    return folded.startswith(begun) and folded != begun


def _named(engine: IndexView, typed: str, audience: Audience, limit: int) -> list[Completion]:
    names = engine.suggest(typed, audience, limit)
    found = [Completion(CompletionKind(one.kind.value), one.value, one.count) for one in names]
    if len(found) == limit and _begins(names[0], typed):
        return found
    beyond = list(_beyond(engine, typed, audience))
    ordered = [*found, *beyond] if names and _begins(names[0], typed) else [*beyond, *found]
    return ordered[:limit]


def _beyond(engine: IndexView, typed: str, audience: Audience) -> Iterator[Completion]:
    asked = words(typed)
    if len(asked) < 2:
        return
    vocabulary = engine.vocabulary(audience)
    for size in range(1, min(_LONGEST_END, len(asked) - 1) + 1):
        head, end = asked[:-size], asked[-size:]
        reading = read(" ".join(head), vocabulary)
        if not any(chip.field in _NAMED for chip in reading.chips):
            continue
        named = _written(reading)
        query = replace(strictest(SearchQuery(" ".join(head)), reading), limit=1, sort=Sort.RELEVANCE)
        found = list(_ended(engine, query, end, audience))
        if found:
            yield from (Completion(kind, f"{named} {ending}", count) for kind, ending, count in found)
            return


def _ended(
    engine: IndexView, query: SearchQuery, end: list[str], audience: Audience
) -> Iterator[tuple[CompletionKind, str, int]]:
    """Yield what the last words may become, each with the number of cars."""
    if len(end[0]) > 1 and _UNDER.startswith(end[0]) and len(end) < _LONGEST_END:
        yield from _prices(engine, query, end[1] if len(end) > 1 else "", audience)
    begun, is_year = " ".join(end), end[0].isdigit()
    facet, kind = (Facet.YEAR, CompletionKind.NAME_OF_YEAR) if is_year else (Facet.CITY, CompletionKind.NAME_IN_CITY)
    for one in engine.search(replace(query, facets=(facet,)), audience).facets[facet]:
        if " ".join(words(one.value)).startswith(begun):
            yield kind, one.value, one.count


def _prices(
    engine: IndexView, query: SearchQuery, digits: str, audience: Audience
) -> Iterator[tuple[CompletionKind, str, int]]:
    if query.filters.price_max is not None:
        return

    @cache
    def under(step: int) -> int:
        filters = replace(query.filters, price_min=None, price_max=step * _LAC)
        return engine.search(replace(query, filters=filters), audience).total

    steps = [step for step in _STEPS if str(step).startswith(digits)]
    first = bisect_left(steps, 1, key=under)  # more cars are under a higher price
    for step in steps[first : first + _PRICES]:
        yield CompletionKind.NAME_UNDER_PRICE, f"{_UNDER} {step} lac", under(step)


def _written(reading: Reading) -> str:
    """Write what was read as the stock writes it: makes and models, then the words that are left."""
    values = [str(value) for field in _NAMED for chip in reading.chips if chip.field is field
              for value in chip.filters[field.value][:1]]  # fmt: skip
    return " ".join([*values, *(word.text for word in reading.words)])


def _begins(name: Suggestion, typed: str) -> bool:
    """Tell whether a name has words that begin as typed, and not only but for a typo or in another spelling."""
    return all(any(word.startswith(part) for word in words(name.value)) for part in words(typed))
