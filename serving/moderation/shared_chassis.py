"""List cars that several sellers offer under one chassis number, for moderators alone.

It says that there is something to look at, and accuses nobody: cars are sold from dealer to dealer, and numbers are
mistyped. No seller is told of the other. Each private seller counts alone, as each other organisation does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.access.permissions import require
from core.access.principal import Principal
from core.states.listings import state_sql
from pipelines.listings.chassis.doubles import MOST_AT_ONCE
from serving.moderation.declarations import MODERATE

MOST: Final = 100
_SHARED = text(f"""
WITH several AS (
  SELECT chassis_index FROM listing_chassis
  GROUP BY chassis_index HAVING count(DISTINCT coalesce(seller_id, org_id)) > 1
), cars AS (
  SELECT c.chassis_index, l.id, o.code, l.source_key, l.title, l.status, c.created_at,
    count(*) OVER (PARTITION BY c.chassis_index, coalesce(c.seller_id, c.org_id)) AS of_seller,
    dense_rank() OVER (PARTITION BY c.chassis_index ORDER BY coalesce(c.seller_id, c.org_id))
      + dense_rank() OVER (PARTITION BY c.chassis_index ORDER BY coalesce(c.seller_id, c.org_id) DESC) - 1 AS sellers
  FROM several JOIN listing_chassis c USING (chassis_index) JOIN listings l ON l.id = c.listing_id
    JOIN orgs o ON o.id = l.org_id
  WHERE {state_sql("searched")}
)
SELECT array_agg(id ORDER BY created_at, id) AS ids, array_agg(code ORDER BY created_at, id) AS orgs,
  array_agg(source_key ORDER BY created_at, id) AS source_keys, array_agg(title ORDER BY created_at, id) AS titles,
  array_agg(status ORDER BY created_at, id) AS statuses, array_agg(created_at ORDER BY created_at, id) AS known_since
FROM cars WHERE sellers > 1 GROUP BY chassis_index HAVING max(of_seller) <= :most_at_once
ORDER BY max(created_at) DESC, min(id::text) LIMIT :most
""")  # noqa: S608  (names of states, no input)


@dataclass(frozen=True)
class OfferedCar:
    """A car on offer, and since when its number is known."""

    listing_id: UUID
    org: str
    source_key: str
    title: str
    status: str
    known_since: datetime


def shared_chassis(session: Session, principal: Principal) -> list[Sequence[OfferedCar]]:
    """List the cars on offer whose number cars of another seller have, those found last first; at most 100.

    Raises:
        ForbiddenError: the caller may not moderate.
    """
    require(principal, MODERATE)
    rows = session.execute(_SHARED, {"most": MOST, "most_at_once": MOST_AT_ONCE})
    return [[OfferedCar(*car) for car in zip(*row, strict=True)] for row in rows]
