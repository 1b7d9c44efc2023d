"""Change the standing of an endpoint, in this module alone: confirmed by its ping, spared, warned of, disabled.

Each change is told in the outbox, so that the organisation hears of it by message and at its other endpoints.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from core.outbox.emit import emit
from core.outbox.events import NewEvent
from pipelines.webhooks.schedule import FAILING_FOR, is_given_up, is_warned, quiet_until

TOPIC: Final = "webhook"
# In the order of their ids: two processes that write down results never wait for each other.
_LOCK = text("SELECT id FROM webhook_endpoints WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")
# Of an endpoint that does well only the time is written, and that now and then: the row is read by every claim.
_SUCCESS = text("""
UPDATE webhook_endpoints e SET failures = 0, failing_since = NULL, warned_at = NULL, last_success_at = g.at,
  phase = CASE WHEN g.is_ping AND e.phase = 'unconfirmed' THEN 'active' ELSE e.phase END,
  phase_reason = CASE WHEN g.is_ping AND e.phase = 'unconfirmed' THEN NULL ELSE e.phase_reason END,
  confirmed_at = CASE WHEN g.is_ping AND e.phase = 'unconfirmed' THEN g.at ELSE e.confirmed_at END
FROM (
  SELECT id, url, max(at) AS at, bool_or(is_ping) AS is_ping
  FROM unnest(CAST(:ids AS uuid[]), CAST(:urls AS text[]), CAST(:at AS timestamptz[]), CAST(:pings AS bool[]))
    AS s (id, url, at, is_ping)
  GROUP BY id, url
) g
WHERE e.id = g.id AND e.url = g.url AND e.deleted_at IS NULL AND (
  e.failures > 0 OR e.failing_since IS NOT NULL OR e.warned_at IS NOT NULL OR e.last_success_at IS NULL
  OR e.last_success_at < g.at - interval '10 seconds' OR (g.is_ping AND e.phase = 'unconfirmed'))
""")
_FAILURE = text("""
UPDATE webhook_endpoints SET failures = failures + 1, failing_since = coalesce(failing_since, :now)
WHERE id = :endpoint_id AND url = :url
RETURNING failures, failing_since, coalesce(last_success_at, confirmed_at, created_at) AS last_success, phase,
  warned_at, org_id
""")
_QUIET = text("UPDATE webhook_endpoints SET quiet_until = greatest(quiet_until, :until) WHERE id = :endpoint_id")
_WARNED = text("UPDATE webhook_endpoints SET warned_at = :now WHERE id = :endpoint_id")
_DISABLE = text(
    "UPDATE webhook_endpoints SET phase = 'disabled', phase_reason = :reason WHERE id = :endpoint_id RETURNING org_id"
)
_SKIP = text("""
UPDATE webhook_deliveries SET outcome = 'skipped', outcome_reason = :reason, claimed_until = NULL
WHERE endpoint_id = :endpoint_id AND outcome = 'waiting'
""")


@dataclass(frozen=True)
class Failure:
    """An attempt that was not acknowledged."""

    at: datetime
    retry_after: timedelta | None
    is_gone: bool


def lock_endpoints(session: Session, ids: Collection[UUID]) -> None:
    """Lock endpoints before anything of them is written."""
    session.execute(_LOCK, {"ids": list(ids)})


def note_successes(session: Session, answered: Sequence[tuple[Row[Any], datetime]]) -> None:
    """Note that endpoints have acknowledged messages; a ping confirms an unconfirmed one."""
    if answered:
        given = {
            "ids": [row.id for row, _ in answered],
            "urls": [row.url for row, _ in answered],
            "at": [at for _, at in answered],
            "pings": [row.is_ping for row, _ in answered],
        }
        session.execute(_SUCCESS, given)


def note_failure(session: Session, row: Row[Any], failure: Failure) -> None:
    """Note a failure of an endpoint, and what follows: a pause, a warning, or that it is disabled."""
    given = {"endpoint_id": row.id, "url": row.url, "now": failure.at}
    found = session.execute(_FAILURE, given).first()
    if found is None or row.is_ping or found.phase != "active":
        return  # the address is another one by now
    if failure.is_gone or is_given_up(found.failing_since, found.last_success, failure.at):
        disable(session, row.id, "gone" if failure.is_gone else "failing")
        return
    if found.warned_at is None and is_warned(found.failing_since, found.last_success, failure.at):
        session.execute(_WARNED, given)
        facts = {"failing_since": found.failing_since, "disabled_at": found.last_success + FAILING_FOR}
        told = {name: at.isoformat() for name, at in facts.items()}
        emit(session, TOPIC, NewEvent(row.id, "failing", found.org_id, payload=told))
    quiet = quiet_until(found.failures, failure.at, failure.retry_after)
    if quiet is not None:
        session.execute(_QUIET, {"endpoint_id": row.id, "until": quiet})


def disable(session: Session, endpoint_id: UUID, reason: str) -> None:
    """Disable an endpoint; what waits for it is skipped, and can be asked for again."""
    org_id = session.scalar(_DISABLE, {"endpoint_id": endpoint_id, "reason": reason})
    skip_waiting(session, endpoint_id, "disabled")
    emit(session, TOPIC, NewEvent(endpoint_id, "disabled", org_id, payload={"reason": reason}))


def skip_waiting(session: Session, endpoint_id: UUID, reason: str) -> None:
    """Skip all that waits for an endpoint."""
    session.execute(_SKIP, {"endpoint_id": endpoint_id, "reason": reason})
