"""Add, change and delete endpoints, and everything that changes who holds their secrets."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.access.permissions import require
from core.access.principal import Principal
from core.db.locks import lock_name
from core.db.tables import Branch
from core.db.tables.webhooks import WebhookEndpoint
from core.egress.addresses import split_url
from pipelines.webhooks.catalogue import PING, needed_permissions, payload_of, require_events
from pipelines.webhooks.fan_out import queue_message
from pipelines.webhooks.sealed_columns import HEADERS, OLD_SECRET, SECRET, SIGNING_KEY
from pipelines.webhooks.signing import new_secret, new_signing_key
from pipelines.webhooks.standing import skip_waiting
from serving.identity.orgs.branches import UnknownBranchError
from serving.webhooks.declarations import MANAGE_WEBHOOKS
from serving.webhooks.desk import WebhookDesk
from serving.webhooks.errors import TooManyWebhooksError, WebhookNotActiveError
from serving.webhooks.filters import CarFilter, known_cars, require_cars
from serving.webhooks.own_headers import require_headers

MOST_ENDPOINTS: Final = 50
OLD_SECRET_FOR: Final = timedelta(hours=24)


@dataclass(frozen=True)
class EndpointSpec:
    """The wanted settings of an endpoint; None: as it is, or the default. Empty `branch` and `cars` mean all."""

    url: str | None = None
    events: Sequence[str] | None = None
    branch: str | None = None
    cars: CarFilter | None = None
    order: str | None = None
    concurrency: int | None = None
    per_second: int | None = None
    headers: Mapping[str, str] | None = field(default=None, repr=False)


def add_endpoint(desk: WebhookDesk, org_id: UUID, spec: EndpointSpec) -> tuple[WebhookEndpoint, str]:
    """Add an endpoint, queue the ping that confirms it, and return it with its secret, which is shown nowhere again.

    Raises:
        InvalidInputError: the address, an event, the filter or a header cannot be used.
        ForbiddenError: an event tells of things that the caller may not see.
        TooManyWebhooksError, UnknownBranchError: as they say.
    """
    session = desk.session
    require(desk.principal, MANAGE_WEBHOOKS, org_id=org_id)
    lock_name(session, f"webhooks of {org_id}")
    mine = (WebhookEndpoint.org_id == org_id, WebhookEndpoint.deleted_at.is_(None))
    if (session.scalar(select(func.count()).select_from(WebhookEndpoint).where(*mine)) or 0) >= MOST_ENDPOINTS:
        raise TooManyWebhooksError(MOST_ENDPOINTS)
    endpoint = WebhookEndpoint(
        id=session.scalar(select(func.uuidv7())), org_id=org_id, ordering="strict", concurrency=4, phase="unconfirmed",
        created_by=desk.principal.user_id, events=[], car_filter={},
    )  # fmt: skip
    _apply(desk, endpoint, spec)
    secret = _give_keys(desk, endpoint)
    session.add(endpoint)
    session.flush()
    desk.note(endpoint, "add", _told(endpoint))
    ping(desk, endpoint)
    return endpoint, secret


def list_endpoints(session: Session, principal: Principal, org_id: UUID) -> list[WebhookEndpoint]:
    """Return the endpoints of an organisation, the oldest first."""
    require(principal, MANAGE_WEBHOOKS, org_id=org_id)
    mine = (WebhookEndpoint.org_id == org_id, WebhookEndpoint.deleted_at.is_(None))
    return list(session.scalars(select(WebhookEndpoint).where(*mine).order_by(WebhookEndpoint.id)))


def change_endpoint(
    desk: WebhookDesk, webhook_id: UUID, spec: EndpointSpec, phase: str | None
) -> tuple[WebhookEndpoint, str | None]:
    """Change an endpoint; return it with a new secret where its address became another one.

    At another address it is unconfirmed and has new keys: what waits is sent there once its ping is answered.

    Raises:
        UnknownWebhookError, UnknownBranchError: as they say. WebhookNotActiveError: an unconfirmed one is enabled.
    """
    endpoint = desk.find(webhook_id)
    before = endpoint.url
    _apply(desk, endpoint, spec)
    secret = None
    if endpoint.url != before:
        secret = _give_keys(desk, endpoint)
        endpoint.phase, endpoint.phase_reason, endpoint.confirmed_at = "unconfirmed", None, None
        endpoint.failures, endpoint.failing_since, endpoint.quiet_until = 0, None, None
    if phase is not None:
        _move(desk, endpoint, phase)
    desk.session.flush()
    desk.note(endpoint, "change", _told(endpoint))
    if secret is not None:
        ping(desk, endpoint)
    return endpoint, secret


def delete_endpoint(desk: WebhookDesk, webhook_id: UUID) -> None:
    """Delete an endpoint; nothing that waits for it is sent any more."""
    endpoint = desk.find(webhook_id)
    endpoint.deleted_at = desk.now
    skip_waiting(desk.session, endpoint.id, "deleted")
    desk.note(endpoint, "delete")


def rotate_secret(desk: WebhookDesk, webhook_id: UUID, *, end_old_now: bool) -> tuple[WebhookEndpoint, str]:
    """Give an endpoint a new secret; the old one signs beside it for 24 hours, or ends at once."""
    endpoint = desk.find(webhook_id)
    secret = new_secret()
    old = None if end_old_now else SECRET.open(desk.sealer, endpoint)
    endpoint.old_secret = None if old is None else OLD_SECRET.seal(desk.sealer, endpoint, old)
    endpoint.old_secret_until = None if old is None else desk.now + OLD_SECRET_FOR
    endpoint.secret = SECRET.seal(desk.sealer, endpoint, secret)
    desk.note(endpoint, "rotate", {"end_old_now": end_old_now})
    return endpoint, secret


def ping(desk: WebhookDesk, endpoint: WebhookEndpoint) -> UUID:
    """Queue a ping; an unconfirmed endpoint that answers it becomes active."""
    body = payload_of(PING, desk.now, 0, {"webhook_id": str(endpoint.id)})
    return queue_message(desk.session, endpoint, body, is_ping=True)


def _move(desk: WebhookDesk, endpoint: WebhookEndpoint, phase: str) -> None:
    if phase == endpoint.phase:
        return
    if endpoint.phase == "unconfirmed":
        raise WebhookNotActiveError(endpoint.phase)
    endpoint.phase, endpoint.phase_reason = phase, None
    endpoint.failures, endpoint.failing_since, endpoint.quiet_until, endpoint.warned_at = 0, None, None, None
    if phase == "active":
        endpoint.last_success_at = desk.now  # the five days without a success begin anew
    else:
        skip_waiting(desk.session, endpoint.id, phase)


def _apply(desk: WebhookDesk, endpoint: WebhookEndpoint, spec: EndpointSpec) -> None:
    if spec.url is not None:
        split_url(spec.url, desk.rules)
        endpoint.url = spec.url
    if spec.events is not None:
        endpoint.events = require_events(spec.events)
        for permission in needed_permissions(endpoint.events):
            require(desk.principal, permission, org_id=endpoint.org_id)
    if spec.branch is not None:
        endpoint.branch_id = _branch_id(desk.session, endpoint.org_id, spec.branch) if spec.branch else None
    if spec.cars is not None:
        endpoint.car_filter = known_cars(desk.session, spec.cars).stored()
    require_cars(endpoint)
    if spec.order is not None:
        endpoint.ordering = spec.order
    if spec.concurrency is not None:
        endpoint.concurrency = spec.concurrency
    if spec.per_second is not None:
        endpoint.per_second = spec.per_second or None
    if spec.headers is not None:
        text = json.dumps(require_headers(spec.headers))
        endpoint.headers = HEADERS.seal(desk.sealer, endpoint, text) if spec.headers else None


def _branch_id(session: Session, org_id: UUID, code: str) -> UUID:
    found = session.scalar(select(Branch.id).where(Branch.org_id == org_id, Branch.code == code))
    if found is None:
        raise UnknownBranchError
    return found


def _give_keys(desk: WebhookDesk, endpoint: WebhookEndpoint) -> str:
    secret, (private, public) = new_secret(), new_signing_key()
    endpoint.secret = SECRET.seal(desk.sealer, endpoint, secret)
    endpoint.signing_key = SIGNING_KEY.seal(desk.sealer, endpoint, private)
    endpoint.public_key, endpoint.old_secret, endpoint.old_secret_until = public, None, None
    return secret


def _told(endpoint: WebhookEndpoint) -> dict[str, Any]:
    told = {"url": endpoint.url, "events": endpoint.events, "order": endpoint.ordering, "phase": endpoint.phase}
    return {**told, "car_filter": endpoint.car_filter}
