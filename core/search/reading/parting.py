"""Part names, and years, that were written as one word."""

import re
from dataclasses import replace
from typing import Final

from core.search.reading.tokens import Token, cut
from core.search.reading.vocabulary import StockVocabulary

_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_NUMBERED: Final = re.compile(r"([^\W\d_]{3,})(\d.*)")
_LEAST_SIZE: Final = 3  # digits of an engine's size: "alto660"
_LEAST: Final = 2  # letters of a name, and one more of a trim: shorter ends are plurals and slips


def parted(tokens: list[Token], vocabulary: StockVocabulary, units: frozenset[str]) -> list[Token]:
    """Part a make and a model, or a name and its trim, year or size, written as one word; all stand where it stands."""
    parts_of: list[Token] = []
    numbered = [
        one for at, token in enumerate(tokens) for one in _numbered(token, tokens[at + 1 : at + 2], vocabulary, units)
    ]
    for token in (one for whole in numbered for one in _before_end(whole, vocabulary)):
        parts = vocabulary.joined.get(token.text, ())
        whole = parts in vocabulary.names or token.text in vocabulary.words or not vocabulary.is_named(parts)
        parts_of += [token] if whole else [replace(token, text=part) for part in parts]
    return parts_of


def _before_end(token: Token, vocabulary: StockVocabulary) -> list[Token]:
    """Part trims and a year from the name that they were written onto ("corollagli2014"); words stay whole."""
    word = token.text
    if token.is_number or word in vocabulary.words or word in vocabulary.joined:
        return [token]
    for size in range(len(word) - _LEAST, _LEAST - 1, -1):
        name, end = word[:size], word[size:]
        is_end = _YEAR.fullmatch(end) is not None or (len(end) > _LEAST and end in vocabulary.trims)
        if not is_end:
            continue
        before, is_name = replace(token, text=name, sign=""), _is_name(name, vocabulary)
        parts = [before] if is_name else _before_end(before, vocabulary)
        if is_name or len(parts) > 1:
            return [*parts, replace(token, text=end, gap="")]
    return [token]


def _numbered(token: Token, after: list[Token], vocabulary: StockVocabulary, units: frozenset[str]) -> list[Token]:
    """Part a size or a price from the name or trim that it was written onto: "city1.5", "mehran800cc", "alto15lac"."""
    parts = _NUMBERED.fullmatch(token.text)
    if parts is None or token.text in vocabulary.words or token.text in vocabulary.joined:
        return [token]
    number = cut(replace(token, text=parts[2], gap=""), units)
    has_decimals = any(one.gap == "." and one.is_number for one in after)
    sound = len(number) > 1 or (number[0].is_number and (has_decimals or len(parts[2]) >= _LEAST_SIZE))
    if sound and (_is_name(parts[1], vocabulary) or parts[1] in vocabulary.trims):
        return [replace(token, text=parts[1], sign=""), *number]
    return [token]


def _is_name(word: str, vocabulary: StockVocabulary) -> bool:
    phrase = vocabulary.joined.get(word, (word,))
    return phrase in vocabulary.names or vocabulary.is_named(phrase)
