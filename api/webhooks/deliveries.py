"""GET /v1/webhooks/{webhook_id}/deliveries, test events, and sending again."""

from typing import Annotated

from fastapi import Query

from api.contract.documented import problems
from api.deps import PrincipalDep, SessionDep, StateDep
from api.rules import request_rules
from api.webhooks.delivery_schemas import (
    DeliveryList,
    DeliveryParams,
    DeliveryRead,
    QueuedRead,
    ReplayCreate,
    ReplayRead,
    TestCreate,
)
from api.webhooks.desk import desk_of
from api.webhooks.endpoints import WebhookId
from api.webhooks.problems import OF_ONE, REPLAY, TEST
from api.webhooks.router import router
from serving.webhooks.declarations import MANAGE_WEBHOOKS
from serving.webhooks.deliveries import read_deliveries, send_test
from serving.webhooks.replay import replay as send_again

_ONE = "/v1/webhooks/{webhook_id}"


@router.get(_ONE + "/deliveries", summary="What was sent", responses=problems(*OF_ONE))
@request_rules(access=MANAGE_WEBHOOKS)
def read_log(
    webhook_id: WebhookId, session: SessionDep, principal: PrincipalDep, params: Annotated[DeliveryParams, Query()]
) -> DeliveryList:
    """List the deliveries of a webhook with their attempts, the newest first; they are kept for 30 days."""
    views, cursor = read_deliveries(session, principal, webhook_id, params.query())
    return DeliveryList(items=[DeliveryRead.of(view) for view in views], next_cursor=cursor)


@router.post(_ONE + "/test", status_code=202, summary="Send a test event", responses=problems(*TEST))
@request_rules(access=MANAGE_WEBHOOKS)
def test(
    webhook_id: WebhookId, body: TestCreate, session: SessionDep, state: StateDep, principal: PrincipalDep
) -> QueuedRead:
    """Queue the example of an event, with `"test": true` in it."""
    return QueuedRead(delivery_id=send_test(desk_of(session, state, principal), webhook_id, body.event))


@router.post(_ONE + "/replay", status_code=202, summary="Send again", responses=problems(*REPLAY))
@request_rules(access=MANAGE_WEBHOOKS)
def replay(
    webhook_id: WebhookId, body: ReplayCreate, session: SessionDep, state: StateDep, principal: PrincipalDep
) -> ReplayRead:
    """Send deliveries again, with the ids that they had: those named, or those of a range that were not acknowledged.

    `failed_since` sends what has failed since then and was not acknowledged, also what is waiting for its next attempt.
    """
    return ReplayRead(deliveries=send_again(desk_of(session, state, principal), webhook_id, body.asked()))
