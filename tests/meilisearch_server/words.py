"""Typo tolerance: how far a typed word is from a word, or from the nearest beginning of one."""

import re

_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def distances(typed: str, word: str) -> tuple[int, int]:
    """Edits (swaps of neighbours are one) to the word, and to the nearest of its beginnings."""
    rows = [list(range(len(word) + 1))]
    for i in range(1, len(typed) + 1):
        row = [i]
        for j in range(1, len(word) + 1):
            best = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (typed[i - 1] != word[j - 1]))
            if i > 1 and j > 1 and typed[i - 1] == word[j - 2] and typed[i - 2] == word[j - 1]:
                best = min(best, rows[i - 2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1], min(rows[-1])


def allowed(typed: str, typo_tolerance: dict[str, object]) -> int:
    """Typos that the settings forgive; lengths are counted in bytes, as Meilisearch does."""
    sizes = typo_tolerance["minWordSizeForTypos"]
    assert isinstance(sizes, dict)
    length = len(typed.encode())
    if not typo_tolerance["enabled"] or length < sizes["oneTypo"]:
        return 0
    return 1 if length < sizes["twoTypos"] else 2


def found_in(query: str, texts: list[str], settings: dict[str, object]) -> bool:
    """Whether every word of a query is among the texts' words: exact, with typos, and the last one as a beginning."""
    there = {word for text in texts for word in words(text)}
    asked = words(query)
    tolerance = settings["typoTolerance"]
    assert isinstance(tolerance, dict)
    for number, typed in enumerate(asked):
        number_like = tolerance["disableOnNumbers"] and typed.isdigit()
        typos = 0 if number_like else allowed(typed, tolerance)
        last = number == len(asked) - 1
        near = (distances(typed, word)[1 if last else 0] <= typos for word in there)
        if typed not in there and not any(near):
            return False
    return True
