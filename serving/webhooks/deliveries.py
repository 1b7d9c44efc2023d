"""Read what was sent to an endpoint, and send it again."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.db.tables.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookMessage
from pipelines.webhooks.catalogue import event_types, example_of, require_events
from pipelines.webhooks.fan_out import queue_message
from serving.webhooks.desk import WebhookDesk, owned
from serving.webhooks.errors import UnknownDeliveryError, WebhookNotActiveError

_UNACKNOWLEDGED: Final = ("failed", "skipped")


@dataclass(frozen=True)
class DeliveryQuery:
    """Which deliveries of an endpoint are read: the newest first, from a cursor on."""

    outcome: str | None = None
    event: str | None = None
    subject_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    cursor: UUID | None = None
    limit: int = 50


@dataclass(frozen=True)
class DeliveryView:
    """A delivery with its message and its attempts, the first one first."""

    delivery: WebhookDelivery
    message: WebhookMessage
    attempts: list[WebhookAttempt]


def read_endpoint(session: Session, principal: Principal, webhook_id: UUID) -> WebhookEndpoint:
    """Return an endpoint of the caller's.

    Raises:
        ForbiddenError, UnknownWebhookError: see `owned`.
    """
    wanted = (WebhookEndpoint.id == webhook_id, WebhookEndpoint.deleted_at.is_(None))
    return owned(principal, session.scalars(select(WebhookEndpoint).where(*wanted)).first())


def read_deliveries(
    session: Session, principal: Principal, webhook_id: UUID, query: DeliveryQuery
) -> tuple[list[DeliveryView], UUID | None]:
    """Return deliveries of an endpoint, and the cursor of the next page.

    Raises:
        UnknownWebhookError: as it says.
    """
    endpoint = read_endpoint(session, principal, webhook_id)
    statement = (
        select(WebhookDelivery, WebhookMessage)
        .join(WebhookMessage, WebhookMessage.id == WebhookDelivery.message_id)
        .where(WebhookDelivery.endpoint_id == endpoint.id, *_conditions(query))
        .order_by(WebhookDelivery.id.desc())
        .limit(query.limit + 1)
    )
    rows = session.execute(statement).all()
    page = rows[: query.limit]
    attempts = _attempts(session, [row.WebhookDelivery.id for row in page])
    views = [
        DeliveryView(row.WebhookDelivery, row.WebhookMessage, attempts.get(row.WebhookDelivery.id, [])) for row in page
    ]
    return views, views[-1].delivery.id if len(rows) > query.limit else None


def send_test(desk: WebhookDesk, webhook_id: UUID, event: str) -> UUID:
    """Queue an example of an event for an endpoint; return the delivery's id.

    Raises:
        UnknownEventError, UnknownWebhookError, WebhookNotActiveError: as they say.
    """
    endpoint = _active(desk, webhook_id)
    (name,) = require_events([event])
    desk.note(endpoint, "test", {"event": name})
    body = {**example_of(event_types()[name], desk.now), "test": True}
    return queue_message(desk.session, endpoint, body, is_ping=False)


def replay_deliveries(desk: WebhookDesk, webhook_id: UUID, delivery_ids: Collection[UUID]) -> int:
    """Send deliveries again, also those that the partner has acknowledged; their ids stay those of the messages.

    Raises:
        UnknownDeliveryError: one of them is not the endpoint's; then none is sent.
        UnknownWebhookError, WebhookNotActiveError: as they say.
    """
    endpoint = _active(desk, webhook_id)
    count = _replay(desk, endpoint, WebhookDelivery.id.in_(delivery_ids))
    if count != len(set(delivery_ids)):
        raise UnknownDeliveryError
    return count


def replay_range(desk: WebhookDesk, webhook_id: UUID, since: datetime, until: datetime) -> int:
    """Send what the partner did not acknowledge in a range of time: `since` included, `until` not.

    Raises:
        UnknownWebhookError, WebhookNotActiveError: as they say.
    """
    endpoint = _active(desk, webhook_id)
    unacknowledged = WebhookDelivery.outcome.in_(_UNACKNOWLEDGED)
    return _replay(
        desk, endpoint, unacknowledged, WebhookDelivery.created_at >= since, WebhookDelivery.created_at < until
    )


def _active(desk: WebhookDesk, webhook_id: UUID) -> WebhookEndpoint:
    endpoint = desk.find(webhook_id)
    if endpoint.phase != "active":
        raise WebhookNotActiveError(endpoint.phase)
    return endpoint


def _replay(desk: WebhookDesk, endpoint: WebhookEndpoint, *conditions: ColumnElement[bool]) -> int:
    again = {"outcome": "waiting", "outcome_reason": None, "attempts": 0, "due_at": desk.now, "claimed_until": None}
    statement = update(WebhookDelivery).where(
        WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.is_ping.is_(False), *conditions
    )
    done: Any = desk.session.execute(statement.values(again), execution_options={"synchronize_session": False})
    desk.note(endpoint, "replay", {"deliveries": done.rowcount})
    return int(done.rowcount)


def _conditions(query: DeliveryQuery) -> list[ColumnElement[bool]]:
    given: list[tuple[Any, Callable[[Any], ColumnElement[bool]]]] = [
        (query.outcome, lambda value: WebhookDelivery.outcome == value),
        (query.event, lambda value: WebhookMessage.type == value),
        (query.subject_id, lambda value: WebhookDelivery.subject_id == value),
        (query.since, lambda value: WebhookDelivery.created_at >= value),
        (query.until, lambda value: WebhookDelivery.created_at < value),
        (query.cursor, lambda value: WebhookDelivery.id < value),
    ]
    return [condition(value) for value, condition in given if value is not None]


def _attempts(session: Session, delivery_ids: list[UUID]) -> dict[UUID, list[WebhookAttempt]]:
    found: dict[UUID, list[WebhookAttempt]] = {}
    statement = select(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(delivery_ids)).order_by(WebhookAttempt.id)
    for attempt in session.scalars(statement):
        found.setdefault(attempt.delivery_id, []).append(attempt)
    return found
