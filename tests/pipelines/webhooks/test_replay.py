"""A replay sends failed messages again, by the time since when, and none that the partner has acknowledged."""

from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from sqlalchemy import select

from core.db.session import transaction
from core.db.tables.webhooks import WebhookDelivery
from serving.webhooks.deliveries import send_test
from serving.webhooks.endpoints import EndpointSpec, change_endpoint
from serving.webhooks.errors import UnknownDeliveryError
from serving.webhooks.replay import replay_deliveries, replay_failed, replay_range
from tests.factories.listings import dealer
from tests.factories.webhooks import Partner, answer, desk, partner, subscribe
from tests.pipelines.webhooks.conftest import PRICE, START, Clock, Stage

EVER = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def deliveries(stage: Stage) -> list[WebhookDelivery]:
    with transaction(stage.factory) as session:
        mine = select(WebhookDelivery).where(WebhookDelivery.is_ping.is_(False)).order_by(WebhookDelivery.id)
        return list(session.scalars(mine))


def test_all_that_failed_since_a_time_is_sent_at_once_and_nothing_else(
    stage: Stage, here: Partner, clock: Clock
) -> None:
    webhook = subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE, order="loose")
    stage.price(1_100_000)
    stage.send()
    here.answers = answer(500)
    stage.price(1_200_000)
    stage.send()
    clock.now += timedelta(seconds=1)
    failed_at = clock.now
    stage.price(1_300_000)
    stage.send()
    here.answers = answer(204)
    for since, count in ((failed_at + timedelta(seconds=1), 0), (failed_at, 1), (START, 2)):
        with transaction(stage.factory) as session:
            assert replay_failed(stage.desk(session), webhook, since) == count
    while stage.send():
        pass
    told = [data["new_price_pkr"] for data in here.told(PRICE)]
    assert told[:3] == [1_100_000, 1_200_000, 1_300_000]
    assert sorted(told[3:]) == [1_200_000, 1_300_000], "a loose order: both are sent at once"
    assert {row.outcome for row in deliveries(stage)} == {"delivered"}
    with transaction(stage.factory) as session:
        assert replay_failed(stage.desk(session), webhook, EVER[0]) == 0, "all is acknowledged"


def test_what_was_given_up_and_what_was_skipped_after_failures_counts_as_failed(stage: Stage, here: Partner) -> None:
    webhook = subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE)
    here.answers = answer(410)
    stage.price(1_100_000)
    stage.send()
    stage.price(1_200_000)
    assert (
        stage.outcomes() == [("waiting", "gone"), ("skipped", "disabled")]
        or stage.outcomes() == [("skipped", "disabled")] * 2
    )
    with transaction(stage.factory) as session:
        change_endpoint(stage.desk(session), webhook, EndpointSpec(), "active")
    with transaction(stage.factory) as session:
        assert replay_failed(stage.desk(session), webhook, START) == 1, "the other one was never tried"
        assert replay_range(stage.desk(session), webhook, *EVER) == 1


@pytest.mark.parametrize("phase", ["paused", "failing"])
def test_acknowledgement_that_comes_after_the_webhook_was_paused_still_counts(
    stage: Stage, here: Partner, phase: str
) -> None:
    webhook = subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE)
    stage.price(2_000_000)

    def pause(handler: BaseHTTPRequestHandler, number: int) -> None:
        with transaction(stage.factory) as session:
            change_endpoint(stage.desk(session), webhook, EndpointSpec(), "paused")
        if phase == "failing":
            answer(500)(handler, number)
        else:
            answer(204)(handler, number)

    here.answers = pause
    stage.send()
    acknowledged = phase == "paused"
    assert stage.outcomes() == [("delivered", None) if acknowledged else ("skipped", "paused")]
    with transaction(stage.factory) as session:
        change_endpoint(stage.desk(session), webhook, EndpointSpec(), "active")
        assert replay_range(stage.desk(session), webhook, *EVER) == int(not acknowledged)


def test_asked_for_again_by_id_and_failed_it_is_not_doubled_by_a_recovery(
    stage: Stage, here: Partner, clock: Clock
) -> None:
    webhook = subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE)
    stage.price(2_000_000)
    stage.send()
    (sent,) = deliveries(stage)
    with transaction(stage.factory) as session:
        assert replay_deliveries(stage.desk(session), webhook, [sent.id]) == 1
    here.answers = answer(410)
    stage.send()
    here.answers = answer(204)
    clock.now += timedelta(days=4)
    with transaction(stage.factory) as session:
        change_endpoint(stage.desk(session), webhook, EndpointSpec(), "active")
    assert deliveries(stage)[0].delivered_at == sent.delivered_at
    with transaction(stage.factory) as session:
        assert replay_failed(stage.desk(session), webhook, EVER[0]) == 0
        assert replay_range(stage.desk(session), webhook, *EVER) == 0
        assert replay_deliveries(stage.desk(session), webhook, [sent.id]) == 1


def test_delivery_of_another_webhook_is_unknown_and_then_none_is_sent(stage: Stage, here: Partner) -> None:
    webhook = subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE)
    with partner() as there:
        with transaction(stage.factory) as session:
            other = dealer(session, "other").id
        foreign = subscribe(stage.factory, stage.keys, other, there, PRICE)
        own = subscribe(stage.factory, stage.keys, stage.org_id, there, PRICE)
        with transaction(stage.factory) as session:
            send_test(desk(session, stage.keys, other), foreign, PRICE)
        there.secrets = []  # of two webhooks
        there.answers = answer(204)
        stage.price(2_000_000)
        while stage.send():
            pass
    by_webhook = {row.endpoint_id: row.id for row in deliveries(stage)}
    for theirs in (by_webhook[foreign], by_webhook[own]):
        with pytest.raises(UnknownDeliveryError), transaction(stage.factory) as session:
            replay_deliveries(stage.desk(session), webhook, [by_webhook[webhook], theirs])
    with pytest.raises(UnknownDeliveryError), transaction(stage.factory) as session:
        replay_deliveries(desk(session, stage.keys, other), foreign, [by_webhook[webhook]])
    assert stage.send() == 0
