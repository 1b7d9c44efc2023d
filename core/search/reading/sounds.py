"""Write how a word sounds, so that names spelt by ear are known ("kaltas" for "cultus")."""

import re
from functools import lru_cache

_SAME_SOUND = (
    (re.compile(r"c(?=[eiy])"), "s"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"[ckq]h?|x"), "k"),
    (re.compile(r"sh"), "s"),
    (re.compile(r"z|j(?=i)"), "s"),
    (re.compile(r"w"), "v"),
    (re.compile(r"([bdgpt])h"), r"\1"),
    (re.compile(r"(?<=.)h"), ""),
    (re.compile(r"(?<=.)[aeiouy]+"), "a"),
    (re.compile(r"(?<=.)a$"), ""),
    (re.compile(r"(.)\1+"), r"\1"),
)


@lru_cache(maxsize=16_384)
def sound_of(word: str) -> str:
    """Return the consonants of a Latin word, alike for letters that sound alike, with a mark where vowels stand.

    >>> sound_of("kaltas") == sound_of("cultus"), sound_of("sivic") == sound_of("civic")
    (True, True)
    >>> sound_of("process") == sound_of("prius"), sound_of("years") == sound_of("yaris")
    (False, False)
    """
    for pattern, sound in _SAME_SOUND:
        word = pattern.sub(sound, word)
    return word
