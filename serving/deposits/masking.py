"""Mask what a text of deposits may not keep: contacts, and numbers of cards however they are spaced or encoded."""

import re
from typing import Final

from core.observability.redaction import mask_contacts

_BETWEEN: Final = re.compile(r"%20|%2[BbDd]|[ +-]")
_RUN: Final = re.compile(rf"(?:%20|%2[BbDd])?\d+(?:(?:{_BETWEEN.pattern})\d+)*")
_LONG: Final = re.compile(r"(?:\d[ +.()-]?){60,}")
"""No number of anything, and slow to look through: strangers may send it."""
_LENGTHS: Final = range(13, 20)


def mask_private(text: str) -> str:
    """Return the text with contacts and numbers of cards masked."""
    return mask_contacts(_RUN.sub(lambda found: _without_cards(found[0]), _LONG.sub("[digits]", text)))


def _without_cards(run: str) -> str:
    """Mask the cards among groups of digits: one may have other numbers before it and behind it."""
    ends = [0, *(place for found in _BETWEEN.finditer(run) for place in found.span()), len(run)]
    groups = [(start, end) for start, end in zip(ends[::2], ends[1::2], strict=True) if start < end]
    shown, told = [], 0
    for first, (start, _end) in enumerate(groups):
        if start >= told and (end := _end_of_card(run, groups[first : first + _LENGTHS.stop])):
            shown += [run[told:start], "[card]"]
            told = end
    return "".join([*shown, run[told:]])


def _end_of_card(run: str, groups: list[tuple[int, int]]) -> int | None:
    """Return where the card ends that begins with the first group, or None."""
    digits = ""
    for start, end in groups:
        digits += run[start : min(end, start + _LENGTHS.stop)]
        if len(digits) >= _LENGTHS.stop:
            return None
        if _is_card(digits):
            return end
    return None


def _is_card(digits: str) -> bool:
    """Tell whether digits are as many as those of a card, and pass its check (Luhn)."""
    if len(digits) not in _LENGTHS:
        return False
    numbers = [int(each) for each in digits]
    doubled = [sum(divmod(2 * each, 10)) for each in numbers[-2::-2]]
    return (sum(numbers[-1::-2]) + sum(doubled)) % 10 == 0
