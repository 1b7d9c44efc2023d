"""Ask Meilisearch for a page in as few round trips as it takes: mostly one, and two at most while the index stays.

The first asks for the total, the facets, and the stage of the order in which the page begins; where the text forgives
typos, also for the words that were added to the index lately. Only where that stage does not fill the page, or the best
level of match has no hits, another asks for the rest. Where a new word is like a typed one, everything is asked for
again at once. The first search of a process, and the first after an exchange of the index, read all its words besides.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from core.access.audience import Audience
from core.search.audience_filter import filter_of
from core.search.meilisearch.counts import facet_groups, read_facets
from core.search.meilisearch.expressions import compile_filter, every
from core.search.meilisearch.known_words import KnownWords
from core.search.meilisearch.requests import about_words, counting
from core.search.meilisearch.schema import PLACE
from core.search.meilisearch.text_query import Alike, has_typos, text_levels
from core.search.meilisearch.tiers import Starts, nearest, starts_after, tiers_of
from core.search.paging import cursor
from core.search.paging.cursor import Position
from core.search.paging.sort_keys import id_of
from core.search.query import SearchQuery, Sort
from core.search.results import SearchPage, listed

Question = dict[str, Any]
Answers = list[dict[str, Any]]
Ask = Callable[[list[Question]], Answers]


def find(query: SearchQuery, audience: Audience, words: KnownWords, ask: Ask) -> SearchPage:
    """Return the page of a search; `ask` sends several searches in one round trip."""
    search = Search(query, audience, words.alike)
    if not has_typos(query.text):
        return search.page(ask(search.first()), ask)
    about, *answers = ask([about_words(), *search.first()])
    if words.learn(about["hits"]) and (again := Search(query, audience, words.alike)).levels != search.levels:
        return again.page(ask(again.everything()), ask)
    return search.page(answers, ask)


@dataclass
class _Attempt:
    """A level of match that may answer the search, with what was found at it."""

    matching: str
    starts: Starts  # the tiers to read, by number
    counted: Answers = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)

    @property
    def total(self) -> int:
        return int(self.counted[0]["totalHits"])


class Search:
    """One search: what it asks, and how its page is read from the answers."""

    def __init__(self, query: SearchQuery, audience: Audience, alike: Alike) -> None:
        self._query, self._audience = query, audience
        self.levels = text_levels(query.text, alike)
        self._visible = compile_filter(filter_of(audience))
        self._tiers = tiers_of(query, self.levels)
        self._groups = facet_groups(query)
        self._attempts = list(self._planned())
        self._asked: list[tuple[_Attempt, bool, Starts]] = []  # whether it is counted, and its tiers that are read

    def first(self) -> list[Question]:
        """Return what the first round trip asks."""
        if self._query.sort is Sort.DISTANCE:  # the counts of places tell which tiers are worth reading
            self._asked = [(attempt, True, {}) for attempt in self._attempts]
        else:
            attempt = self._attempts[0]
            self._asked = [(attempt, True, dict(islice(attempt.starts.items(), 1)))]
        return self._questions()

    def everything(self) -> list[Question]:
        """Return all that may be needed, in one round trip; for an order by distance that is what `first` asks."""
        if self._query.sort is Sort.DISTANCE:
            return self.first()
        self._asked = [(attempt, True, dict(attempt.starts)) for attempt in self._attempts]
        return self._questions()

    def page(self, answers: Answers, ask: Ask) -> SearchPage:
        """Read the answers, ask for the rest where the page needs it, and return the page."""
        self._take(answers)
        chosen = self._chosen()
        if chosen is None and self._query.sort is Sort.DISTANCE:
            chosen = self._attempts[-1]  # all were counted, and none has hits
        if chosen is None:
            self._asked = [(one, True, dict(one.starts)) for one in self._attempts if not one.counted]
            self._take(ask(self._questions()))
            chosen = self._chosen() or self._attempts[-1]
        elif rest := self._left(chosen):
            self._asked = [(chosen, False, rest)]
            self._take(ask(self._questions()))
        return self._written(chosen)

    def _planned(self) -> Iterator[_Attempt]:
        """Yield the levels that may answer, the best one first; one alone by relevance, or behind a cursor."""
        start = None
        if self._query.cursor is not None:
            start = cursor.decode(self._query.cursor, self._query, self._audience, tiers=len(self._tiers))
        if self._query.sort is Sort.RELEVANCE or not self.levels:
            yield _Attempt(every(self.levels[-1:]), starts_after(start, self._tiers))
            return
        each = len(self._tiers) // len(self.levels)
        for number, level in enumerate(self.levels):
            if start is not None and start.tier // each != number:
                continue
            own = range(number * each, (number + 1) * each)
            starts = starts_after(start, self._tiers)
            yield _Attempt(level, {tier: key for tier, key in starts.items() if tier in own})

    def _questions(self) -> list[Question]:
        questions = []
        wanted = [self._visible, compile_filter(self._query.filters.tree())]
        for attempt, is_counted, starts in self._asked:
            questions += self._counts(attempt) if is_counted else []
            questions += [
                self._tiers[number].search(wanted, key, self._query.limit + 1) for number, key in starts.items()
            ]
        return questions

    def _counts(self, attempt: _Attempt) -> list[Question]:
        counts = [
            counting([self._visible, compile_filter(filters.tree()), attempt.matching], attributes)
            for filters, attributes in self._groups
        ]
        if self._query.sort is Sort.DISTANCE:
            counts[0]["facets"].append(PLACE)
        return counts

    def _take(self, answers: Answers) -> None:
        """Read the answers to what was asked last, in its order."""
        left = iter(answers)
        for attempt, is_counted, starts in self._asked:
            if is_counted:
                attempt.counted = list(islice(left, len(self._groups)))
            for number in starts:
                tier = self._tiers[number]
                attempt.positions += [Position(number, tier.key(hit)) for hit in next(left)["hits"]]
                del attempt.starts[number]

    def _chosen(self) -> _Attempt | None:
        """Return the best level that has hits, or the only one; None where that is not known yet."""
        if len(self._attempts) == 1:
            return self._attempts[0]
        return next((one for one in self._attempts if one.counted and one.total), None)

    def _left(self, chosen: _Attempt) -> Starts:
        """Return the tiers that are still needed to fill the page."""
        if len(chosen.positions) > self._query.limit:
            return {}
        if self._query.cursor is None and len(chosen.positions) == chosen.total:
            return {}
        if self._query.sort is Sort.DISTANCE:
            return nearest(self._tiers, chosen.starts, _places(chosen.counted[0]), self._query.limit)
        return dict(chosen.starts)

    def _written(self, chosen: _Attempt) -> SearchPage:
        page, total = chosen.positions[: self._query.limit], chosen.total
        more = len(chosen.positions) > self._query.limit
        facets, cut = listed(read_facets(self._query, chosen.counted))
        return SearchPage(
            ids=[id_of(position.key) for position in page],
            total=total,
            next_cursor=cursor.encode(page[-1], self._query, self._audience) if more else None,
            facets=facets,
            cut_facets=cut,
        )


def _places(counted: Mapping[str, Any]) -> Mapping[str, int]:
    found: Mapping[str, int] = counted["facetDistribution"].get(PLACE, {})
    return found
