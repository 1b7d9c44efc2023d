"""POST, GET, PATCH and DELETE /v1/webhooks, pings and rotation."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from api.contract.documented import problems
from api.deps import OrgCode, PrincipalDep, SessionDep, StateDep
from api.identity.org_parameters import EXAMPLE_ID
from api.rules import request_rules
from api.webhooks.delivery_schemas import QueuedRead
from api.webhooks.desk import desk_of
from api.webhooks.problems import ADD, CHANGE, IN_ORG, OF_ONE
from api.webhooks.router import router
from api.webhooks.schemas import (
    RotateCreate,
    WebhookCreate,
    WebhookList,
    WebhookRead,
    WebhookUpdate,
    WebhookWithSecret,
)
from core.access.acting import org_with
from serving.webhooks.declarations import MANAGE_WEBHOOKS
from serving.webhooks.deliveries import read_endpoint
from serving.webhooks.endpoints import (
    add_endpoint,
    change_endpoint,
    delete_endpoint,
    list_endpoints,
    ping,
    rotate_secret,
)

WebhookId = Annotated[UUID, Path(description="The webhook's id.", examples=[EXAMPLE_ID])]
_ONE = "/v1/webhooks/{webhook_id}"


@router.post("/v1/webhooks", status_code=201, summary="Add a webhook", responses=problems(*ADD))
@request_rules(access=MANAGE_WEBHOOKS, idempotent=True)
def add(
    body: WebhookCreate, session: SessionDep, state: StateDep, principal: PrincipalDep, org: OrgCode = None
) -> WebhookWithSecret:
    """Add an address; it gets a signed `webhook.ping`, and everything else once it has answered that with 2xx.

    The secret is in this answer and nowhere again.
    """
    desk = desk_of(session, state, principal)
    return WebhookWithSecret.with_secret(*add_endpoint(desk, org_with(principal, org, MANAGE_WEBHOOKS), body.spec()))


@router.get("/v1/webhooks", summary="List the webhooks", responses=problems(*IN_ORG))
@request_rules(access=MANAGE_WEBHOOKS)
def read_all(session: SessionDep, principal: PrincipalDep, org: OrgCode = None) -> WebhookList:
    """List the webhooks of the organisation that you act for, the oldest first."""
    rows = list_endpoints(session, principal, org_with(principal, org, MANAGE_WEBHOOKS))
    return WebhookList(webhooks=[WebhookRead.of(row) for row in rows])


@router.get(_ONE, summary="Read a webhook", responses=problems(*OF_ONE))
@request_rules(access=MANAGE_WEBHOOKS)
def read_one(webhook_id: WebhookId, session: SessionDep, principal: PrincipalDep) -> WebhookRead:
    """Return a webhook and how it fares."""
    return WebhookRead.of(read_endpoint(session, principal, webhook_id))


@router.patch(_ONE, summary="Change a webhook", responses=problems(*CHANGE))
@request_rules(access=MANAGE_WEBHOOKS)
def change(
    webhook_id: WebhookId, body: WebhookUpdate, session: SessionDep, state: StateDep, principal: PrincipalDep
) -> WebhookWithSecret:
    """Change a webhook, pause or enable it. At another address it is unconfirmed again and has a new secret."""
    desk = desk_of(session, state, principal)
    return WebhookWithSecret.with_secret(*change_endpoint(desk, webhook_id, body.spec(), body.state))


@router.delete(_ONE, status_code=204, summary="Delete a webhook", responses=problems(*OF_ONE))
@request_rules(access=MANAGE_WEBHOOKS)
def delete(webhook_id: WebhookId, session: SessionDep, state: StateDep, principal: PrincipalDep) -> None:
    """Delete a webhook; what waits for it is not sent any more."""
    delete_endpoint(desk_of(session, state, principal), webhook_id)


@router.post(_ONE + "/ping", status_code=202, summary="Ping a webhook", responses=problems(*OF_ONE))
@request_rules(access=MANAGE_WEBHOOKS)
def send_ping(webhook_id: WebhookId, session: SessionDep, state: StateDep, principal: PrincipalDep) -> QueuedRead:
    """Queue a signed `webhook.ping`; an unconfirmed webhook that answers it with 2xx becomes active."""
    desk = desk_of(session, state, principal)
    endpoint = desk.find(webhook_id)
    desk.note(endpoint, "ping")
    return QueuedRead(delivery_id=ping(desk, endpoint))


@router.post(_ONE + "/rotate", summary="Give a webhook a new secret", responses=problems(*OF_ONE))
@request_rules(access=MANAGE_WEBHOOKS)
def rotate(
    webhook_id: WebhookId, body: RotateCreate, session: SessionDep, state: StateDep, principal: PrincipalDep
) -> WebhookWithSecret:
    """Make a new secret. Both sign for 24 hours, so that you can change over without losing a message."""
    desk = desk_of(session, state, principal)
    return WebhookWithSecret.with_secret(*rotate_secret(desk, webhook_id, end_old_now=body.end_old_now))
