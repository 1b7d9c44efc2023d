"""Fold texts to words: documents and searches go through the same two functions."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+")
_MAX_WORD = 64  # longer runs of letters are noise, not words
_ONE_TYPO_FROM, _TWO_TYPOS_FROM = 4, 8
_ASCII = {
    code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)
}  # most texts, ten times faster
# Letters that Arabic and Urdu keyboards write differently and that people mean as the same. All kinds of "he" are
# one: writers mix them (ہنڈا, ھنڈا, هنڈا). The stroke that stretches a word is no letter.
_URDU = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ه": "ہ", "ة": "ہ", "ھ": "ہ", "ە": "ہ", "ـ": None})


def fold(text: str) -> str:
    """Fold spellings that people mean as the same to one.

    Case, accents, vowel signs, compatibility forms, Arabic and Urdu letters, digits of any script, invisible signs
    and runs of space.

    >>> fold("  Citroën  C3 "), fold("هنڈا ۲۰۱۸") == fold("ہنڈا 2018")
    ('citroen c3', True)
    """
    if text.isascii():
        return " ".join(text.lower().split())
    sound = text.encode(errors="ignore").decode()  # half a surrogate pair is no character
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", sound).casefold())
    bare = "".join(_plain(char) for char in decomposed).translate(_URDU)
    return " ".join(unicodedata.normalize("NFKC", bare).split())


def words(text: str) -> list[str]:
    """Split a text into its folded words, in order: runs of letters and digits.

    >>> words("Mercedes-Benz C180, 1.6 Litre")
    ['mercedes', 'benz', 'c180', '1', '6', 'litre']
    """
    if text.isascii():
        found = text.translate(_ASCII).split()
        if len(text) <= _MAX_WORD or len(max(found, key=len, default="")) <= _MAX_WORD:
            return found
        return [word[:_MAX_WORD] for word in found]
    return [word[:_MAX_WORD] for word in _WORD.findall(fold(text))]


def spans(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """Yield where each word stands in a text as it is written: start, end, and its folded words.

    >>> list(spans("Citroën C3"))
    [(0, 7, ['citroen']), (8, 10, ['c3'])]
    """
    start = 0
    for position in range(len(text) + 1):
        if position < len(text) and _in_word(text[position]):
            continue
        if position > start and (found := words(text[start:position])):
            yield start, position, found
        start = position + 1


def may_be_prefix(word: str) -> bool:
    """Tell whether a word may be a prefix of others: from two characters, and never a number (20 is not 2018)."""
    return len(word) > 1 and not word.isdigit()


def allowed_typos(word: str) -> int:
    """Count the edits forgiven in a word: one from 4 letters, two from 8, none with a digit (2018 is not 2008)."""
    if any(char.isdigit() for char in word) or len(word) < _ONE_TYPO_FROM:
        return 0
    return 2 if len(word) >= _TWO_TYPOS_FROM else 1


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    """Strip a character: combining and invisible signs vanish, digits of any script become 0 to 9."""
    if unicodedata.combining(char) or unicodedata.category(char) in ("Cf", "Mn"):
        return ""
    digit = unicodedata.decimal(char, None)
    return char if digit is None else str(digit)


def _in_word(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char) in ("Cf", "Mn", "Mc")
