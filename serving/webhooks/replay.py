"""Send deliveries again, and what the partner acknowledged only where it asks for that."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, update

from core.db.tables.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from serving.webhooks.desk import WebhookDesk, active
from serving.webhooks.errors import ReplayUnclearError, UnknownDeliveryError

_ENDED: Final = ("failed", "skipped")
# Also of one that was acknowledged, asked for again by its id, and failed then: it was asked for once.
_UNACKNOWLEDGED: Final = WebhookDelivery.delivered_at.is_(None)


@dataclass(frozen=True)
class ReplayRequest:
    """The deliveries to send again: named ones, those of a range of time, or those failed since a time."""

    delivery_ids: Sequence[UUID] | None = None
    since: datetime | None = None
    until: datetime | None = None
    failed_since: datetime | None = None


def replay(desk: WebhookDesk, webhook_id: UUID, asked: ReplayRequest) -> int:
    """Send again what is asked for; return how many deliveries that are.

    Raises:
        ReplayUnclearError: nothing is asked for, or several things.
        UnknownWebhookError, WebhookNotActiveError, UnknownDeliveryError: as they say.
    """
    given = [each is not None for each in (asked.delivery_ids, asked.since, asked.failed_since)]
    if given.count(True) != 1 or (asked.until is not None and asked.since is None):
        raise ReplayUnclearError
    if asked.delivery_ids is not None:
        return replay_deliveries(desk, webhook_id, asked.delivery_ids)
    if asked.failed_since is not None:
        return replay_failed(desk, webhook_id, asked.failed_since)
    return replay_range(desk, webhook_id, asked.since or desk.now, asked.until or desk.now)


def replay_deliveries(desk: WebhookDesk, webhook_id: UUID, delivery_ids: Collection[UUID]) -> int:
    """Send deliveries again, also those that the partner has acknowledged; their ids stay those of the messages.

    Raises:
        UnknownDeliveryError: one of them is not the endpoint's; then none is sent.
        UnknownWebhookError, WebhookNotActiveError: as they say.
    """
    endpoint = active(desk, webhook_id)
    count = _replay(desk, endpoint, WebhookDelivery.id.in_(delivery_ids))
    if count != len(set(delivery_ids)):
        raise UnknownDeliveryError
    return count


def replay_range(desk: WebhookDesk, webhook_id: UUID, since: datetime, until: datetime) -> int:
    """Send what the partner did not acknowledge in a range of time: `since` included, `until` not.

    Raises:
        UnknownWebhookError, WebhookNotActiveError: as they say.
    """
    made = (WebhookDelivery.created_at >= since, WebhookDelivery.created_at < until)
    return _replay(desk, active(desk, webhook_id), _UNACKNOWLEDGED, WebhookDelivery.outcome.in_(_ENDED), *made)


def replay_failed(desk: WebhookDesk, webhook_id: UUID, since: datetime) -> int:
    """Send what failed at a time or later and was not acknowledged, at once: given up, skipped, or to be tried again.

    Raises:
        UnknownWebhookError, WebhookNotActiveError: as they say.
    """
    attempts = (WebhookAttempt.delivery_id == WebhookDelivery.id, WebhookAttempt.code != "ok")
    failed = exists().where(*attempts, WebhookAttempt.at >= since)
    is_on_its_way = WebhookDelivery.claimed_until.is_not(None) & (WebhookDelivery.claimed_until > desk.now)
    return _replay(desk, active(desk, webhook_id), _UNACKNOWLEDGED, failed, ~is_on_its_way)


def _replay(desk: WebhookDesk, endpoint: WebhookEndpoint, *conditions: ColumnElement[bool]) -> int:
    again = {"outcome": "waiting", "outcome_reason": None, "attempts": 0, "due_at": desk.now, "claimed_until": None}
    statement = update(WebhookDelivery).where(
        WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.is_ping.is_(False), *conditions
    )
    done: Any = desk.session.execute(statement.values(again), execution_options={"synchronize_session": False})
    desk.note(endpoint, "replay", {"deliveries": done.rowcount})
    return int(done.rowcount)
