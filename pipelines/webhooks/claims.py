"""Claim deliveries that are due."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from core.states.listings import state_sql

FIRST: Final = UUID(int=0)
LEASE: Final = timedelta(seconds=60)
"""Longer than any attempt takes: until then nobody else sends a claimed message."""

# Endpoints are walked one after the other by the index of what waits, from one id on: neither a long backlog nor many
# endpoints without work cost anything, and each gets its turn. The row of an endpoint is locked while its deliveries
# are claimed, so that no two processes together exceed its bounds; the walk ends when there is enough. In a strict
# order only the first waiting message of a subject may go; a lease that has run out counts for nothing.
_CLAIM = text("""
WITH RECURSIVE walk AS (
  (SELECT endpoint_id FROM webhook_deliveries WHERE outcome = 'waiting' AND endpoint_id > :after
   ORDER BY endpoint_id LIMIT 1)
  UNION ALL
  SELECT (SELECT d.endpoint_id FROM webhook_deliveries d WHERE d.outcome = 'waiting' AND d.endpoint_id > w.endpoint_id
    ORDER BY d.endpoint_id LIMIT 1)
  FROM walk w WHERE w.endpoint_id IS NOT NULL
), picked AS MATERIALIZED (
  SELECT d.id, r.id AS endpoint_id FROM walk w CROSS JOIN LATERAL (
    SELECT e.id, e.ordering, e.phase, e.concurrency, coalesce(e.per_second, e.concurrency) AS at_once
    FROM webhook_endpoints e JOIN orgs o ON o.id = e.org_id
    WHERE e.id = w.endpoint_id AND e.deleted_at IS NULL AND e.phase IN ('active', 'unconfirmed')
      AND o.blocked_at IS NULL AND (e.quiet_until IS NULL OR e.quiet_until <= :now)
      AND EXISTS (SELECT FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND d.outcome = 'waiting'
        AND d.due_at <= :now AND (d.claimed_until IS NULL OR d.claimed_until <= :now)
        AND (d.is_ping OR e.phase = 'active'))
    FOR NO KEY UPDATE OF e SKIP LOCKED
  ) r CROSS JOIN LATERAL (
    SELECT d.id FROM webhook_deliveries d
    WHERE d.endpoint_id = r.id AND d.outcome = 'waiting' AND d.due_at <= :now AND (d.is_ping OR r.phase = 'active')
      AND (d.claimed_until IS NULL OR d.claimed_until <= :now)
      AND (r.ordering = 'loose' OR NOT EXISTS (
        SELECT FROM webhook_deliveries b WHERE b.endpoint_id = d.endpoint_id AND b.subject_id = d.subject_id
          AND b.outcome = 'waiting' AND (b.sequence, b.id) < (d.sequence, d.id)))
    ORDER BY d.due_at, d.id
    LIMIT greatest(least(r.at_once, r.concurrency - (SELECT count(*) FROM webhook_deliveries c
      WHERE c.endpoint_id = r.id AND c.outcome = 'waiting' AND c.claimed_until > :now)), 0)
  ) d LIMIT :most
), paced AS (
  UPDATE webhook_endpoints e SET quiet_until = :now + make_interval(secs => p.taken::float8 / e.per_second)
  FROM (SELECT endpoint_id, count(*) AS taken FROM picked GROUP BY 1) p
  WHERE e.id = p.endpoint_id AND e.per_second IS NOT NULL
)
UPDATE webhook_deliveries d SET claimed_until = :until
FROM picked p, webhook_endpoints e, webhook_messages m, orgs o
WHERE d.id = p.id AND e.id = d.endpoint_id AND m.id = d.message_id AND o.id = d.org_id
RETURNING d.id AS delivery_id, e.id, d.org_id, d.attempts, d.is_ping, m.id AS message_id, m.payload, e.url, e.headers,
  e.secret, e.old_secret, e.old_secret_until, e.signing_key, m.org_id AS subject_org, m.subject_id,
  coalesce(m.payload #>> '{data,listing_id}', m.subject_id::text)::uuid AS listing_id, m.is_public, o.kind AS org_kind
""")
# Whose the cars of messages are at this moment, and whether visitors of automart.pk can see them.
_CARS = text(f"""
SELECT id, org_id, {state_sql("opened", "status")} AND 'automart:public' = ANY(outbox_audience(channels, visibility))
  AS is_seen
FROM listings WHERE id = ANY(:ids)
""")  # noqa: S608  (names of states, no input)


@dataclass(frozen=True)
class Claimed:
    """A delivery that this process alone sends until the lease ends, with all that sending needs.

    `row` is the endpoint's, as its sealed columns are opened, with the delivery and the message beside it.
    """

    row: Row[Any] = field(repr=False)
    until: datetime
    may_know: bool

    @property
    def webhook_id(self) -> str:
        """The id of the message, the same at every attempt."""
        return f"msg_{self.row.message_id.hex}"


def claim(session: Session, now: datetime, most: int, after: UUID = FIRST) -> list[Claimed]:
    """Claim deliveries that are due, at most so many, of endpoints with ids after one; commit before you send."""
    until = now + LEASE
    rows = session.execute(_CLAIM, {"now": now, "until": until, "most": most, "after": after}).all()
    if not rows:
        return []
    cars = {car.id: car for car in session.execute(_CARS, {"ids": [row.listing_id for row in rows]})}
    return [
        Claimed(row, until, _may_know(row, cars.get(row.listing_id)))
        for row in sorted(rows, key=lambda row: row.delivery_id)
    ]


def _may_know(row: Row[Any], car: Row[Any] | None) -> bool:
    """Tell whether the endpoint's organisation may know of a message's subject, when it happened and now.

    A car's own organisation may; partners may know of what visitors could see then and can see now, and so may the
    marketplace of the ads that stand in its name, which are private sellers'.
    """
    if row.subject_id == row.id:  # a ping or a test, about the endpoint itself
        return True
    is_seen = row.is_public and car is not None and car.is_seen
    if row.subject_org != row.org_id:
        return row.org_kind == "partner" and is_seen
    if row.org_kind == "marketplace":
        return is_seen
    return car is None or car.org_id == row.org_id
