"""Match words against a text by the rules that the engines follow; for highlights, which no engine makes."""

from core.search.words.folding import allowed_typos
from core.search.words.query_terms import parse_query


class Matcher:
    """Matches words against one text. Make it once a search.

    A word matches where it is a word of the text, begins with one, differs from one by its allowed typos, or belongs to
    a spelling that the text stands for.
    """

    def __init__(self, text: str) -> None:
        terms = parse_query(text) or []
        self._typed = list(dict.fromkeys((word, term.may_begin(word)) for term in terms for word in term.typed))
        meant = {word for term in terms for spelling in term.stands_for for word in spelling}
        self._decided = dict.fromkeys((*(word for word, _ in self._typed), *meant), True)

    def matches(self, word: str) -> bool:
        """Tell whether a folded word (`core.search.words.folding.words`) matches."""
        known = self._decided.get(word)
        if known is None:
            known = self._decided[word] = any(_matches(*typed, word) for typed in self._typed)
        return known


def _matches(typed: str, may_begin: bool, word: str) -> bool:  # noqa: FBT001  # a pair of `Matcher`
    if may_begin and word.startswith(typed):
        return True
    typos = allowed_typos(typed)
    return typos > 0 and within_typos(typed, word, typos)


def within_typos(one: str, other: str, typos: int) -> bool:
    """Tell whether at most `typos` insertions, deletions, replacements and neighbours' swaps make one word the other.

    >>> within_typos("corola", "corolla", 1), within_typos("crooll", "corolla", 1)
    (True, False)
    """
    if abs(len(one) - len(other)) > typos:
        return False
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        now = [row]
        for column, letter_there in enumerate(other, 1):
            cost = min(last[column] + 1, now[-1] + 1, last[column - 1] + (letter != letter_there))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == letter_there:
                cost = min(cost, before[column - 2] + 1)
            now.append(cost)
        if min(now) > typos:
            return False
        before, last = last, now
    return last[-1] <= typos
