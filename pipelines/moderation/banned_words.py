"""Find words that ads may not have, whole word by whole word, in spellings that hide them too."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from core.search.words.folding import fold
from pipelines.moderation.findings import Finding

_WORD: Final = re.compile(r"[^\W_]+")
_SPELLED: Final = re.compile(r"(?<!\w)(?:[^\W\d_][ .*_-]){2,}[^\W\d_](?!\w)")  # "f u c k", "f.u.c.k"
_HIDDEN: Final = re.compile(r"(?<!\w)\w[\w@$!*]*[@$!*][\w@$!*]*\w(?!\w)")  # "sh!t", "f*ck"
_SIGNS: Final = str.maketrans("@$!013457", "asioleast")
# Letters of other alphabets that look like ours, after folding.
_LOOKALIKES: Final = str.maketrans("аеорсухіѕкмтвнαορυ", "aeopcyxiskmtbhaopu")
_STRETCHED: Final = re.compile(r"([^\W\d_])\1{2,}")
_DENIAL_REACH: Final = 2  # words
_JOINED_REACH: Final = 4  # where "or" leads from one denied word to the next


@dataclass(frozen=True)
class _Entry:
    """A phrase, and what it is a finding of."""

    words: tuple[str, ...]
    finding: str
    unless_denied: bool


@dataclass(frozen=True)
class _Lists:
    by_first: Mapping[str, Sequence[_Entry]]
    before: frozenset[str]
    after: frozenset[str]
    joins: frozenset[str]
    harmless: frozenset[tuple[str, ...]]


def find_banned(folded: str, field: str) -> list[Finding]:
    """Find banned words in a folded text; at most one finding of each kind."""
    found: set[str] = set()
    for reading in _readings(folded):
        found |= _codes(_WORD.findall(reading))
    return [Finding(code, field) for code in sorted(found)]


def _readings(folded: str) -> set[str]:
    """Return the text as it is written, and as its disguises may be meant."""
    plain = folded.replace("&", " and ").translate(_LOOKALIKES)
    readings = {plain, _STRETCHED.sub(r"\1", plain), _STRETCHED.sub(r"\1\1", plain)}
    readings.add(_SPELLED.sub(lambda match: re.sub(r"[ .*_-]", "", match[0]), plain))
    readings.add(_HIDDEN.sub(lambda match: match[0].translate(_SIGNS).replace("*", "u"), plain))
    readings.add(re.sub(r"(?<=[^\W\d_])[01345](?=[^\W\d_])", lambda match: match[0].translate(_SIGNS), plain))
    return readings


def _codes(words: list[str]) -> set[str]:
    lists = _lists()
    found = set()
    for position, word in enumerate(words):
        for entry in lists.by_first.get(word, ()):
            end = position + len(entry.words)
            if tuple(words[position:end]) != entry.words or tuple(words[position : end + 1]) in lists.harmless:
                continue
            if tuple(words[position - 1 : end]) not in lists.harmless and not _is_denied(entry, words, position, end):
                found.add(entry.finding)
    return found


def _is_denied(entry: _Entry, words: list[str], start: int, end: int) -> bool:
    if not entry.unless_denied:
        return False
    lists = _lists()
    before = words[max(0, start - _DENIAL_REACH) : start]
    if not lists.joins.isdisjoint(before):
        before = words[max(0, start - _JOINED_REACH) : start]
    return not (lists.before.isdisjoint(before) and lists.after.isdisjoint(words[end : end + _DENIAL_REACH]))


@cache
def _lists() -> _Lists:
    stored = tomllib.loads(files(__package__).joinpath("banned_words.toml").read_text("utf-8"))
    by_first: dict[str, list[_Entry]] = {}
    for each in stored["lists"]:
        for phrase in (*each["en"], *each["roman"], *each["ur"]):
            words = tuple(_WORD.findall(fold(phrase).replace("&", " and ")))
            by_first.setdefault(words[0], []).append(_Entry(words, each["finding"], each["unless_denied"]))
    before, after, joins = (frozenset(map(fold, stored["denials"][name])) for name in ("before", "after", "joins"))
    harmless = frozenset(tuple(_WORD.findall(fold(phrase))) for phrase in stored["harmless"]["phrases"])
    return _Lists(by_first, before, after, joins, harmless)
