"""Read the digits of a text as people may have written them: in figures, in words of three languages, or mixed."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

from core.search.words.folding import fold

_TOKEN = re.compile(r"\d+|[^\W\d_]+|[\W_]+")
_LOOKALIKE = re.compile(r"(?<![^\W_])(?=[oil|]*\d)[\doil|]{3,}(?![^\W_])")
_LETTERS_AS_DIGITS = str.maketrans("oil|", "0111")
# What has digits and is no phone number: dates, times, and amounts with separators. What begins with 0 is left.
_OTHER_NUMBERS = re.compile(
    r"(?<!\d)(?:\d{1,2}([/.-])\d{1,2}\1(?:19|20)\d\d|(?:19|20)\d\d([/.-])\d{1,2}\2\d{1,2}|[1-9]\d{0,2}(?:,\d{2,3})+"
    r"|\d{1,2}:\d\d)(?![\d,]*\d)"
)
_LONGEST_GAP = 4


@dataclass(frozen=True)
class DigitRun:
    """Groups of digits that follow each other, the words before them, and whether a plus stands in front."""

    groups: tuple[str, ...]
    before: tuple[str, ...]  # the last five words, the nearest last
    plus: bool
    after: str  # the next word


@dataclass(frozen=True)
class _Numerals:
    words: Mapping[str, str]
    tens: Mapping[str, str]
    repeats: Mapping[str, int]
    fillers: frozenset[str]


def digit_runs(folded: str) -> Iterator[DigitRun]:
    """Yield the runs of digits of a folded text, as far as nothing but punctuation and fillers parts their groups."""
    blanked = _OTHER_NUMBERS.sub(" ; number ; ", folded)
    tokens = _TOKEN.findall(_LOOKALIKE.sub(lambda found: found[0].translate(_LETTERS_AS_DIGITS), blanked))
    groups: list[str] = []
    words: list[str] = []
    plus, gap = False, ""
    for token, following in pairwise([*tokens, "", ""]):
        digits = _digits(token)
        if digits is not None:
            plus = plus or (not groups and gap.endswith(("+", "+(", "+ ")))
            groups.append(digits)
        elif token and not (token[0].isalnum() or ";" in token) and len(token) <= _LONGEST_GAP:
            gap = token
        elif token and groups and token in _numerals().fillers and _leads_on(following):
            continue
        else:
            if groups:
                yield DigitRun(_joined(groups), tuple(words[-5:]), plus, token)
            groups, plus, gap = [], False, token if token and not token[0].isalnum() else ""
            if token[:1].isalpha() and len(token) > 1:  # single letters are parts of other numbers: K10B1234567
                words.append(token)


def _leads_on(following: str) -> bool:
    return not following or not following[0].isalpha()


def _digits(token: str) -> str | None:
    """Return the digits that a token stands for; "double" is kept as `x2`, "thirty" as `t3`, for what follows."""
    if token.isdecimal():
        return token
    numerals = _numerals()
    if token in numerals.repeats:
        return f"x{numerals.repeats[token]}"
    if token in numerals.words:
        return numerals.words[token]
    return f"t{numerals.tens[token]}" if token in numerals.tens else None


def _joined(groups: list[str]) -> tuple[str, ...]:
    """Carry out "double five" and "thirty five"."""
    done: list[str] = []
    times, ten = 1, ""
    for group in groups:
        if group[0] == "x":
            times = int(group[1:])
        elif group[0] == "t":
            if ten:
                done.append(f"{ten}0")
            ten = group[1:]
        else:
            if ten and len(group) == 1:
                group, ten = f"{ten}{group}", ""
            elif ten:
                done.append(f"{ten}0")
                ten = ""
            done.append(group * times if len(group) == 1 else group)
            times = 1
    if ten:
        done.append(f"{ten}0")
    return tuple(done)


@cache
def _numerals() -> _Numerals:
    stored = tomllib.loads(files(__package__).joinpath("number_words.toml").read_text("utf-8"))

    def inverted(name: str) -> dict[str, str]:
        return {fold(word): digits for digits, words in stored[name].items() for word in words}

    repeats = {word: int(times) for word, times in inverted("repeats").items()}
    return _Numerals(inverted("words"), inverted("tens"), repeats, frozenset(map(fold, stored["fillers"]["words"])))
