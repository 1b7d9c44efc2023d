"""Match the words of many saved searches with a batch of cars, by the rules of the engines' loosest level of text.

A word meets a car where it is a word of its columns or of its description; begins one of its columns; or is one of its
columns but for the allowed typos, those of the area left out (`core.search.tantivy.queries`). Each term is matched once
with the whole batch, however many searches have it: the answer is a number with a bit for each car.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from core.search.document import ListingDocument
from core.search.reading.deletions import deletions
from core.search.words.folding import allowed_typos
from core.search.words.fuzzy_match import within_typos
from core.search.words.query_terms import QueryTerm, Spelling, parse_query

_MOST_TYPOS = 2
_TWO_SLIPS_FROM = 6  # letters: shorter words are never two slips from one that may have two


class BatchWords:
    """The words of a batch of cars."""

    def __init__(self, documents: Sequence[ListingDocument]) -> None:
        self._everything = (1 << len(documents)) - 1
        self._all, self._anywhere, self._columns = (
            defaultdict[str, int](int),
            defaultdict[str, int](int),
            defaultdict[str, int](int),
        )
        for at, document in enumerate(documents):
            without_area = {*document.head_words(), *document.other_words()}
            columns = without_area | set(document.area_words())
            for found, table in (
                (without_area, self._all),
                (columns, self._columns),
                (columns | set(document.description_words()), self._anywhere),
            ):
                for word in found:
                    table[word] |= 1 << at
        self._sorted = sorted(self._columns)
        self._near: dict[str, list[str]] | None = None
        self._terms: dict[QueryTerm, int] = {}

    def meeting(self, text: str) -> list[int]:
        """Return the places in the batch of the cars that meet a text."""
        terms = parse_query(text)
        if terms is None:
            return []
        mask = self._everything
        for term in terms:
            mask &= self._term(term)
        return list(_places(mask))

    def _term(self, term: QueryTerm) -> int:
        known = self._terms.get(term)
        if known is None:
            known = self._every(self._loose(term, word) for word in term.typed)
            for spelling in term.stands_for:
                known |= self._spelled(spelling)
            self._terms[term] = known
        return known

    def _spelled(self, spelling: Spelling) -> int:
        return self._every(self._anywhere.get(word, 0) for word in spelling)

    def _every(self, masks: Iterable[int]) -> int:
        found = self._everything
        for mask in masks:
            found &= mask
        return found

    def _loose(self, term: QueryTerm, word: str) -> int:
        mask = self._anywhere.get(word, 0)
        if term.may_begin(word):
            for known in self._begun(word):
                mask |= self._columns[known]
        typos = allowed_typos(word)
        if typos:
            for known in self._slips(word, typos):
                mask |= self._all[known]
        return mask

    def _begun(self, word: str) -> Iterator[str]:
        at = bisect_left(self._sorted, word)
        while at < len(self._sorted) and self._sorted[at].startswith(word):
            yield self._sorted[at]
            at += 1

    def _slips(self, word: str, typos: int) -> set[str]:
        if self._near is None:
            self._near = defaultdict(list)
            for known in self._all:
                for shorter in deletions(known, _MOST_TYPOS if len(known) >= _TWO_SLIPS_FROM else 1):
                    self._near[shorter].append(known)
        close = {known for shorter in deletions(word, typos) for known in self._near.get(shorter, ())}
        return {known for known in close if within_typos(word, known, typos)}


def _places(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
