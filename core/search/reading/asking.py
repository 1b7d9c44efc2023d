"""Ask an engine what a search means: read it, let explicit filters win, and relax it until something is found."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from core.access.audience import Audience
from core.search.engine import IndexView
from core.search.errors import InvalidCursorError
from core.search.filters import DENIAL
from core.search.paging import cursor
from core.search.query import SearchQuery, Sort
from core.search.reading.chips import Chip, ChipField, Reading
from core.search.reading.reader import read
from core.search.reading.relaxation import Attempt, GivenUp, attempts
from core.search.results import SearchPage


@dataclass(frozen=True)
class Understood:
    """The reading of a search, the chips that explicit filters replaced, and the words and filters that gave way."""

    reading: Reading
    overridden: tuple[Chip, ...] = ()
    relaxed: tuple[GivenUp, ...] = ()


@dataclass(frozen=True)
class UnderstoodPage:
    """A page, the search that found it, and how that came about."""

    page: SearchPage
    asked: SearchQuery
    understood: Understood


def search_understood(
    engine: IndexView, query: SearchQuery, audience: Audience, literal: Iterable[ChipField] = ()
) -> UnderstoodPage:
    """Answer a search by its meaning. A search without a word is asked as it is.

    Every page of a search is cut from the same attempt: the cursor says which.

    Raises:
        InvalidInputError: `invalid_cursor`.
        RetryableError: `search_unavailable`.
    """
    whole = Reading() if not query.text.strip() else read(query.text, engine.vocabulary(audience), frozenset(literal))
    if not whole.asks:
        return UnderstoodPage(engine.search(query, audience), query, Understood(whole))
    reading, overridden = _beside(whole, query)
    planned = [(_asked(query, one), one) for one in attempts(reading, query.filters)]
    if query.cursor is not None:
        planned = [pair for pair in planned if cursor.belongs(query.cursor, pair[0], audience)][:1]
    if not planned:
        raise InvalidCursorError("It belongs to another search, or the stock has changed too much since")
    page, asked, attempt = _first_found(engine, planned, audience)
    return UnderstoodPage(page, asked, Understood(reading, overridden, attempt.given_up if page.total else ()))


def strictest(query: SearchQuery, reading: Reading) -> SearchQuery:
    """Return the search that asks for all that was read."""
    return _asked(query, next(attempts(_beside(reading, query)[0], query.filters)))


def _first_found(
    engine: IndexView, planned: list[tuple[SearchQuery, Attempt]], audience: Audience
) -> tuple[SearchPage, SearchQuery, Attempt]:
    """Ask one search after the other; where none finds enough, the strictest one's answer stands."""
    first = (engine.search(planned[0][0], audience), *planned[0])
    if first[0].total >= planned[0][1].enough or planned[0][0].cursor is not None:
        return first
    for asked, attempt in planned[1:]:
        page = engine.search(asked, audience)
        if page.total >= attempt.enough:
            return page, asked, attempt
    return first


def _asked(query: SearchQuery, attempt: Attempt) -> SearchQuery:
    sort = attempt.sort if attempt.sort is not None and query.sort is Sort.RELEVANCE else query.sort
    return replace(query, text=attempt.text, filters=attempt.filters, sort=sort)


def _beside(reading: Reading, query: SearchQuery) -> tuple[Reading, tuple[Chip, ...]]:
    """Take out the chips on whose fields there is an explicit filter."""
    overridden = tuple(chip for chip in reading.chips if _is_explicit(chip, query))
    kept = tuple(chip for chip in reading.chips if chip not in overridden)
    return replace(reading, chips=kept), overridden


def _is_explicit(chip: Chip, query: SearchQuery) -> bool:
    given = query.filters
    if chip.sort is not None:
        return query.sort is not Sort.RELEVANCE
    if chip.field is ChipField.CITY and given.near is not None:
        return True
    return given.has(chip.field.value.removeprefix(DENIAL))  # denials add up: see `attempts`
