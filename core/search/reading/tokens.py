"""Cut a search into tokens that remember where they stand and what was between them."""

import re
from dataclasses import dataclass

from core.search.words.folding import spans

MOST_TOKENS = 40
_UNIT_AFTER_NUMBER = re.compile(r"(\d+)([^\d\s]+)")
_DIGITS = re.compile(r"\d+")
_APOSTROPHES = ("'", "’", "`")


@dataclass(frozen=True, slots=True)
class Token:
    """A folded word, its place in the text as typed, and the signs between it and the token before."""

    text: str
    start: int
    stop: int
    gap: str
    sign: str = ""  # the one right behind it

    @property
    def is_number(self) -> bool:
        """Whether it has digits alone."""
        return self.text.isascii() and self.text.isdigit()


def tokenize(text: str, units: frozenset[str]) -> list[Token]:
    """Cut a text; a number and a unit that was written onto it become two tokens ("20lac", "1300cc").

    Those after the first 40 are left out: no search of use is longer.

    >>> [token.text for token in tokenize("1.5l-2k12", frozenset({"l"}))]
    ['1', '5', 'l', '2k12']
    """
    found: list[Token] = []
    end = 0
    for start, stop, words in spans(text):
        for number, word in enumerate(words):
            if word == "s" and text[end:start] in _APOSTROPHES and found:
                continue  # "vitz's"
            gap = text[end:start] if number == 0 else " "
            found += cut(Token(word, start, stop, gap, text[stop : stop + 1]), units)
        end = stop
        if len(found) >= MOST_TOKENS:
            break
    return found[:MOST_TOKENS]


def cut(token: Token, units: frozenset[str]) -> list[Token]:
    """Cut a number from the unit that was written onto it; any other token stays whole."""
    if not token.text[0].isdigit() or token.is_number:
        return [token]
    parts = _UNIT_AFTER_NUMBER.fullmatch(token.text)
    if parts is None or parts[2] not in units or not _DIGITS.fullmatch(parts[1]):
        return [token]
    middle = token.start + len(parts[1]) if token.stop - token.start == len(token.text) else token.start
    return [
        Token(parts[1], token.start, max(middle, token.start), token.gap),
        Token(parts[2], middle, token.stop, "", token.sign),
    ]
