"""Tell spam from leads, each by a rule with a name: the reason that the desk is shown."""

import re
from dataclasses import dataclass
from typing import Final

MOST_LEADS_A_DAY: Final = 20
"""Of one buyer, over all cars: somebody who looks for a car asks about fewer."""
MOST_SAME_TEXTS: Final = 8
"""Leads of one day with the very same long text, whoever sends them; short ones are everybody's."""
SHORTEST_TEXT: Final = 40
_LINK: Final = re.compile(r"https?://|\bwww\.|\b(?:bit\.ly|t\.me|goo\.gl|tinyurl\.com)/", re.IGNORECASE)
_MOST_LINKS: Final = 2
_LONGEST_RUN: Final = re.compile(r"(\S)\1{30,}")


@dataclass(frozen=True)
class Seen:
    """The leads of the last 24 hours: of the same buyer, and with the same text."""

    of_buyer: int = 0
    with_text: int = 0


def spam_reason(text: str | None, seen: Seen) -> str | None:
    """Return the reason why a lead is spam; None for a sound one."""
    if seen.of_buyer >= MOST_LEADS_A_DAY:
        return "too_many_leads"
    if seen.with_text >= MOST_SAME_TEXTS:
        return "same_text_many_times"
    if text is not None and len(_LINK.findall(text)) > _MOST_LINKS:
        return "links"
    if text is not None and _LONGEST_RUN.search(text):
        return "nonsense"
    return None


def comparable(text: str | None) -> str | None:
    """Return a text as it is compared with others; None where it is too short to tell anything."""
    plain = " ".join((text or "").casefold().split())
    return plain if len(plain) >= SHORTEST_TEXT else None
