"""Define the day by which the order by relevance sorts the hits of one level of match: the table of all its weights.

The level of match always comes first. Within one the newest come first, and each further signal moves a car by a
bounded number of days, as if it were so much newer. So a signal decides between cars of about the same age and can
neither lift a car for ever nor pass a better match.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

POPULARITY: Final = "popularity"
"""Topic of the outbox: the popularity of a listing changed; the subject is the listing."""

POPULARITY_CHANGED: Final = "changed"
"""Kind of that event."""

MOST_STEPS: Final = 7
"""Each signal has steps from 0 to this."""

DAYS_A_STEP: Final[Mapping[str, int]] = {POPULARITY: 1}
"""The weights: the days that each step of a signal counts. Changing one needs a new schema version of both engines."""


def ranked_day(fresh_on: date, steps: Mapping[str, int]) -> int:
    """Return the day, as an ordinal, by which a car is sorted that was fresh on a day and has these steps.

    >>> ranked_day(date(2026, 1, 1), {"popularity": 7}) - date(2026, 1, 1).toordinal()
    7
    >>> ranked_day(date(2026, 1, 1), {"popularity": 900}) - date(2026, 1, 1).toordinal()
    7
    """
    return fresh_on.toordinal() + sum(
        days * min(max(steps.get(signal, 0), 0), MOST_STEPS) for signal, days in DAYS_A_STEP.items()
    )
