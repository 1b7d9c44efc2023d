"""Read what was sent to an endpoint, and send it again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.db.tables.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookMessage
from pipelines.webhooks.catalogue import event_types, example_of, require_events
from pipelines.webhooks.fan_out import queue_message
from serving.webhooks.desk import WebhookDesk, active, owned


@dataclass(frozen=True)
class DeliveryQuery:
    """The deliveries of an endpoint that are read: the newest first, from a cursor on."""

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
    endpoint = active(desk, webhook_id)
    (name,) = require_events([event])
    desk.note(endpoint, "test", {"event": name})
    body = {**example_of(event_types()[name], desk.now), "test": True}
    return queue_message(desk.session, endpoint, body, is_ping=False)


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
