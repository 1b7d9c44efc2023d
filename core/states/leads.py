"""The states of a lead, and which of them end its clocks."""

from enum import StrEnum
from typing import Final


class LeadState(StrEnum):
    """The states between a buyer's message and the end of the matter."""

    NEW = "new"
    ASSIGNED = "assigned"
    CONTACTED = "contacted"
    APPOINTMENT = "appointment"
    NEGOTIATING = "negotiating"
    WON = "won"
    LOST = "lost"
    SPAM = "spam"
    MERGED = "merged"


CLOSING: Final = frozenset({LeadState.WON, LeadState.LOST, LeadState.SPAM, LeadState.MERGED})
"""States in which the buyer waits for no answer: every clock of the lead ends, until the buyer writes again."""
