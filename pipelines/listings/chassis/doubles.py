"""Find cars on offer of one dealer that have one chassis number, for its report."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.states.listings import state_sql

MOST_AT_ONCE: Final = 3
"""Cars of one dealer that have one number at the same time; of more it names no car, and is not used."""
MOST_TOLD: Final = 50
_ON_OFFER: Final = state_sql("searched", "l.status")
_REPEATED = text(f"""
WITH several AS (
  SELECT org_id, chassis_index FROM listing_chassis WHERE org_id = ANY(:org_ids)
  GROUP BY org_id, chassis_index HAVING count(*) > 1
)
SELECT s.org_id, array_agg(l.source_key ORDER BY l.source_key)
FROM several s JOIN listing_chassis c ON c.org_id = s.org_id AND c.chassis_index = s.chassis_index
  JOIN listings l ON l.id = c.listing_id
WHERE {_ON_OFFER}
GROUP BY s.org_id, s.chassis_index HAVING count(*) > 1
ORDER BY s.org_id, min(l.source_key)
""")  # noqa: S608  (names of states, no input)


@dataclass(frozen=True)
class RepeatedChassis:
    """Cars that one dealer offers under several stock numbers, though they have one chassis number."""

    source_keys: tuple[str, ...]

    @property
    def names_no_car(self) -> bool:
        """Whether so many cars have the number that it is none of any car."""
        return len(self.source_keys) > MOST_AT_ONCE


def repeated_within(session: Session, org_ids: Sequence[UUID]) -> dict[UUID, list[RepeatedChassis]]:
    """Find the numbers that several cars on offer of an organisation have, by organisation; at most 50 of each."""
    found: dict[UUID, list[RepeatedChassis]] = {org_id: [] for org_id in org_ids}
    for org_id, keys in session.execute(_REPEATED, {"org_ids": list(org_ids)}):
        if len(found[org_id]) < MOST_TOLD:
            found[org_id].append(RepeatedChassis(tuple(keys)))
    return found
