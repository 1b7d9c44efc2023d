"""Words, as both sides of a search see them: documents and questions go through the same two functions."""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
_MAX_WORD = 64  # longer runs of letters are noise, not words
_ONE_TYPO_FROM, _TWO_TYPOS_FROM = 4, 8
_STOP_WORDS = frozenset({"a", "and", "car", "cars", "for", "in", "of", "sale", "the", "with"})


def fold(text: str) -> str:
    """One spelling for what people mean as the same: case, accents, compatibility forms and runs of space.

    >>> fold("  Citroën  C3 ")
    'citroen c3'
    """
    sound = text.encode(errors="ignore").decode()  # half a surrogate pair is no character
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", sound).casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(unicodedata.normalize("NFKC", bare).split())


def words(text: str) -> list[str]:
    """The folded words of a text, in order: runs of letters and digits.

    >>> words("Mercedes-Benz C180, 1.6 Litre")
    ['mercedes', 'benz', 'c180', '1', '6', 'litre']
    """
    return [word[:_MAX_WORD] for word in _WORD.findall(fold(text))]


def without_stop_words(found: list[str]) -> list[str]:
    """Drop the words that say nothing about a car ("cars for sale in lahore" asks for Lahore)."""
    return [word for word in found if word not in _STOP_WORDS]


def may_be_prefix(word: str) -> bool:
    """Whether a word may stand for longer ones: from two characters, and never a number (20 is not 2018)."""
    return len(word) > 1 and not word.isdigit()


def allowed_typos(word: str) -> int:
    """Edits forgiven in a word: one from 4 letters, two from 8, none where a digit is in it (2018 is not 2008)."""
    if any(char.isdigit() for char in word) or len(word) < _ONE_TYPO_FROM:
        return 0
    return 2 if len(word) >= _TWO_TYPOS_FROM else 1
