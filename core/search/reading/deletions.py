"""Find words within one or two slips by the letters that they lose (as SymSpell does)."""

from functools import lru_cache

_TWO_SLIPS_FROM = 7


@lru_cache(maxsize=4)
def deletion_index(known: tuple[str, ...]) -> dict[str, list[str]]:
    """Index words by what they are without a letter or two.

    It is kept: names change far more seldom than the counts of their cars.
    """
    table: dict[str, list[str]] = {}
    for word in known:
        for shorter in deletions(word, 2 if len(word) >= _TWO_SLIPS_FROM else 1):
            table.setdefault(shorter, []).append(word)
    return table


def deletions(word: str, most: int) -> set[str]:
    """Return the word, and the word without up to `most` of its letters.

    >>> sorted(deletions("abc", 1))
    ['ab', 'abc', 'ac', 'bc']
    """
    found = {word}
    last = found
    for _ in range(most):
        last = {one[:at] + one[at + 1 :] for one in last for at in range(len(one))}
        found |= last
    return found
