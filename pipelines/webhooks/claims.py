"""Claim deliveries that are due, and write down how they went."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, insert, text
from sqlalchemy.orm import Session

from core.db.tables.webhooks import WebhookAttempt
from core.listing_states import state_sql
from pipelines.webhooks.schedule import is_given_up, next_attempt, quiet_until
from pipelines.webhooks.sending import Answer

LEASE: Final = timedelta(seconds=60)
"""Longer than any attempt takes: until then nobody else sends a claimed message."""

# An endpoint's row is locked while its deliveries are claimed, so that no two processes together exceed its bounds.
# In a strict order only the first waiting message of a subject may go; a lease that has run out counts for nothing.
_CLAIM = text("""
WITH due AS MATERIALIZED (
  SELECT DISTINCT endpoint_id, is_ping FROM webhook_deliveries
  WHERE outcome = 'waiting' AND due_at <= :now AND (claimed_until IS NULL OR claimed_until <= :now)
), ready AS MATERIALIZED (
  SELECT e.id, e.ordering, e.phase, e.concurrency, coalesce(e.per_second, e.concurrency) AS at_once
  FROM webhook_endpoints e JOIN orgs o ON o.id = e.org_id
  WHERE e.id IN (SELECT endpoint_id FROM due WHERE is_ping OR e.phase = 'active')
    AND e.deleted_at IS NULL AND e.phase IN ('active', 'unconfirmed') AND o.blocked_at IS NULL
    AND (e.quiet_until IS NULL OR e.quiet_until <= :now)
  ORDER BY e.id FOR UPDATE OF e SKIP LOCKED
), picked AS MATERIALIZED (
  SELECT d.id, r.id AS endpoint_id FROM ready r CROSS JOIN LATERAL (
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
_DONE = text("""
UPDATE webhook_deliveries SET outcome = :outcome, outcome_reason = :reason, attempts = attempts + :sent,
  due_at = coalesce(:due_at, due_at), delivered_at = CASE WHEN :outcome = 'delivered' THEN :now END,
  claimed_until = NULL
WHERE id = :id AND outcome = 'waiting' AND claimed_until = :until
""")
_SUCCESS = text("""
UPDATE webhook_endpoints SET failures = 0, failing_since = NULL, warned_at = NULL, last_success_at = :now,
  phase = CASE WHEN :is_ping AND phase = 'unconfirmed' THEN 'active' ELSE phase END,
  phase_reason = CASE WHEN :is_ping AND phase = 'unconfirmed' THEN NULL ELSE phase_reason END,
  confirmed_at = CASE WHEN :is_ping AND phase = 'unconfirmed' THEN :now ELSE confirmed_at END
WHERE id = :endpoint_id AND url = :url AND deleted_at IS NULL
""")
_FAILURE = text("""
UPDATE webhook_endpoints SET failures = failures + 1, failing_since = coalesce(failing_since, :now)
WHERE id = :endpoint_id AND url = :url
RETURNING failures, failing_since, coalesce(last_success_at, confirmed_at, created_at) AS last_success, phase
""")
_QUIET = text(
    "UPDATE webhook_endpoints SET quiet_until = greatest(quiet_until, :until) WHERE id = :endpoint_id AND url = :url"
)
_DISABLE = text("UPDATE webhook_endpoints SET phase = 'disabled', phase_reason = :reason WHERE id = :endpoint_id")
_SKIP = text("""
UPDATE webhook_deliveries SET outcome = 'skipped', outcome_reason = :reason, claimed_until = NULL
WHERE endpoint_id = :endpoint_id AND outcome = 'waiting'
""")


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


def claim(session: Session, now: datetime, most: int) -> list[Claimed]:
    """Claim deliveries that are due, at most so many; the caller commits before it sends."""
    until = now + LEASE
    rows = session.execute(_CLAIM, {"now": now, "until": until, "most": most}).all()
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


@dataclass(frozen=True)
class Sent:
    """A claimed delivery and its answer; None: it was not sent, since the partner may not know of it any more."""

    claimed: Claimed
    answer: Answer | None
    at: datetime


def write_down(session: Session, sent: Sequence[Sent], random: Callable[[], float]) -> None:
    """Write down how deliveries went, and what follows for their endpoints; the caller commits.

    A delivery whose lease has run out meanwhile is another process's, and stays as that one leaves it.
    """
    for each in sorted(sent, key=lambda each: (each.claimed.row.id, each.claimed.row.delivery_id)):
        row, answer = each.claimed.row, each.answer
        if answer is None:
            _finish(session, each, "skipped", "not_visible")
        elif answer.is_delivered:
            if _finish(session, each, "delivered", None):
                _log(session, each, answer)
            session.execute(_SUCCESS, {"now": each.at, "is_ping": row.is_ping, **_endpoint(row)})
        else:
            _fail(session, each, answer, random)


def _fail(session: Session, sent: Sent, answer: Answer, random: Callable[[], float]) -> None:
    row = sent.claimed.row
    due = None if row.is_ping else next_attempt(row.attempts + 1, sent.at, answer.retry_after, random)
    outcome = "waiting" if due else "failed"
    if not _finish(session, sent, outcome, answer.code, due):
        return
    _log(session, sent, answer)
    found = session.execute(_FAILURE, {"now": sent.at, **_endpoint(row)}).first()
    if found is None or row.is_ping or found.phase != "active":
        return  # the address is another one by now
    if answer.is_gone or is_given_up(found.failing_since, found.last_success, sent.at):
        disable(session, row.id, "gone" if answer.is_gone else "failing")
        return
    quiet = quiet_until(found.failures, sent.at, answer.retry_after)
    if quiet is not None:
        session.execute(_QUIET, {"until": quiet, **_endpoint(row)})


def disable(session: Session, endpoint_id: UUID, reason: str) -> None:
    """Disable an endpoint; what waits for it is skipped, and can be asked for again."""
    session.execute(_DISABLE, {"endpoint_id": endpoint_id, "reason": reason})
    skip_waiting(session, endpoint_id, "disabled")


def skip_waiting(session: Session, endpoint_id: UUID, reason: str) -> None:
    """Skip all that waits for an endpoint."""
    session.execute(_SKIP, {"endpoint_id": endpoint_id, "reason": reason})


def _finish(session: Session, sent: Sent, outcome: str, reason: str | None, due_at: datetime | None = None) -> bool:
    given = {"id": sent.claimed.row.delivery_id, "until": sent.claimed.until, "outcome": outcome, "reason": reason}
    counted = int(sent.answer is not None)
    done: Any = session.execute(_DONE, {**given, "due_at": due_at, "now": sent.at, "sent": counted})
    return bool(done.rowcount)


def _log(session: Session, sent: Sent, answer: Answer) -> None:
    row = sent.claimed.row
    values = {"delivery_id": row.delivery_id, "number": row.attempts + 1, "at": sent.at}
    told = {"milliseconds": answer.milliseconds, "http_status": answer.http_status, "code": answer.code}
    session.execute(insert(WebhookAttempt), [{**values, **told, "body": answer.body}])


def _endpoint(row: Row[Any]) -> dict[str, Any]:
    return {"endpoint_id": row.id, "url": row.url}
