"""Part names, and years, that were written as one word."""

import re
from dataclasses import replace
from typing import Final

from core.search.reading.tokens import Token
from core.search.reading.vocabulary import StockVocabulary

_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_LEAST: Final = 2  # letters of a name, and one more of a trim: shorter ends are plurals and slips


def parted(tokens: list[Token], vocabulary: StockVocabulary) -> list[Token]:
    """Part a make and a model, or a name and its trim or year, written as one word; all stand where it stands."""
    parts_of: list[Token] = []
    for token in (one for whole in tokens for one in _before_end(whole, vocabulary)):
        parts = vocabulary.joined.get(token.text, ())
        whole = parts in vocabulary.names or token.text in vocabulary.words or not vocabulary.is_named(parts)
        parts_of += [token] if whole else [replace(token, text=part) for part in parts]
    return parts_of


def _before_end(token: Token, vocabulary: StockVocabulary) -> list[Token]:
    """Part a trim or a year from the name that it was written onto ("corollagli"); names and words stay whole."""
    word = token.text
    if token.is_number or word in vocabulary.words or word in vocabulary.joined:
        return [token]
    for size in range(len(word) - _LEAST, _LEAST - 1, -1):
        name, end = word[:size], word[size:]
        is_end = _YEAR.fullmatch(end) is not None or (len(end) > _LEAST and end in vocabulary.trims)
        if is_end and _is_name(name, vocabulary):
            return [replace(token, text=name, sign=""), replace(token, text=end, gap="")]
    return [token]


def _is_name(word: str, vocabulary: StockVocabulary) -> bool:
    phrase = vocabulary.joined.get(word, (word,))
    return phrase in vocabulary.names or vocabulary.is_named(phrase)
