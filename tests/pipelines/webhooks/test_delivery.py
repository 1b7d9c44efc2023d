"""From a change of a car to the partner's server, with a partner that behaves and with ones that do not."""

from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from socket import SHUT_RDWR
from threading import Event
from typing import Any

import pytest
from sqlalchemy import select, text

from core.db.session import transaction
from core.db.tables.webhooks import WebhookAttempt, WebhookDelivery
from pipelines.webhooks import claims
from serving.webhooks.endpoints import EndpointSpec, change_endpoint, delete_endpoint, ping, rotate_secret
from serving.webhooks.replay import replay_deliveries, replay_range
from tests.factories.listings import add_listing
from tests.factories.webhooks import Partner, answer, partner, subscribe
from tests.pipelines.webhooks.conftest import PRICE, START, Clock, Stage


def test_each_change_is_told_once_with_its_own_prices_and_in_order(stage: Stage, here: Partner) -> None:
    subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE)
    stage.price(1_100_000, 1_200_000)
    stage.price(1_300_000)
    while stage.send():
        pass
    prices = [(data["old_price_pkr"], data["new_price_pkr"]) for data in here.told(PRICE)]
    assert prices == [(1_000_000, 1_100_000), (1_100_000, 1_200_000), (1_200_000, 1_300_000)]
    assert [body["sequence"] for _, body in here.received[1:]] == [2, 3, 4]
    assert len({message_id for message_id, _ in here.received}) == 4


def test_nothing_but_the_ping_is_sent_before_it_is_answered(stage: Stage, here: Partner) -> None:
    here.answers = answer(500)
    webhook = subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE)
    stage.price(2_000_000)
    assert stage.send() == 0
    assert stage.outcomes() == [("skipped", "unconfirmed")]
    assert stage.endpoint(webhook).phase == "unconfirmed"


def test_failures_follow_the_plan_and_the_message_keeps_its_id(stage: Stage, here: Partner, clock: Clock) -> None:
    subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE, order="loose")
    stage.price(2_000_000)
    here.answers = answer(500, b"database of partner@example.com is down")
    sent_at = []
    for _ in range(3_000):
        if stage.outcomes()[0][0] != "waiting":
            break
        if stage.send():
            sent_at.append((clock.now - START).total_seconds())
        with transaction(stage.factory) as session:
            due = session.scalar(text("SELECT min(due_at) FROM webhook_deliveries WHERE outcome = 'waiting'"))
            quiet = session.scalar(text("SELECT quiet_until FROM webhook_endpoints"))
        clock.now = max(filter(None, (due, quiet, clock.now)))
    assert stage.outcomes()[0][0] in ("failed", "skipped")
    plan = [0, 5, 305, 2_105, 9_305, 27_305, 63_305, 113_705, 185_705, 272_105]
    assert len(sent_at) == len(plan)
    for at, planned in zip(sent_at, plan, strict=True):
        assert planned <= at <= planned * 1.1 + 320  # the pause of an endpoint that goes on failing
    assert len({message_id for message_id, body in here.received if body["type"] == PRICE}) == 1
    assert stage.codes() == ["ok", *["http_500"] * 10]
    with transaction(stage.factory) as session:
        bodies = set(session.scalars(select(WebhookAttempt.body)))
    assert bodies == {None, "database of [email] is down"}


def test_later_change_of_a_car_waits_for_the_earlier_one_and_other_cars_do_not(
    stage: Stage, here: Partner, clock: Clock
) -> None:
    subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE)
    with transaction(stage.factory) as session:
        other = add_listing(session, org="khan-motors", price_pkr=5)
    stage.price(1_100_000)
    here.answers = answer(503)
    assert stage.send() == 1
    here.answers = answer(204)
    stage.price(1_200_000)
    stage.price(6, car=other)
    assert stage.send() == 1
    assert here.told(PRICE)[-1]["new_price_pkr"] == 6
    clock.now += timedelta(seconds=10)
    while stage.send():
        pass
    assert [data["new_price_pkr"] for data in here.told(PRICE)] == [1_100_000, 6, 1_100_000, 1_200_000]


def hang_up(handler: BaseHTTPRequestHandler, _: int) -> None:
    handler.close_connection = True
    handler.connection.shutdown(SHUT_RDWR)


@pytest.mark.parametrize(
    ("answering", "code"),
    [
        (answer(302, Location="http://127.0.0.1:1/"), "redirect"),
        (answer(404), "http_404"),
        (hang_up, "server_unreachable"),
    ],
)
def test_what_is_no_success_is_sent_again(stage: Stage, here: Partner, answering: Any, code: str) -> None:
    subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE)
    stage.price(2_000_000)
    here.answers = answering
    stage.send()
    assert stage.outcomes() == [("waiting", code)]


def test_server_that_answers_byte_by_byte_is_cut_off_and_holds_nobody_up(
    stage: Stage, here: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.webhooks.sending.TOTAL_SECONDS", 0.4)

    def trickle(handler: BaseHTTPRequestHandler, _: int) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        try:
            for _ in range(20):
                handler.wfile.write(b"x")
                handler.wfile.flush()
                Event().wait(0.1)
        except OSError:
            pass

    subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE)
    with partner() as quick:
        subscribe(stage.factory, stage.keys, stage.org_id, quick, PRICE)
        stage.price(2_000_000)
        here.answers = trickle
        stage.send()
        assert len(quick.told(PRICE)) == 1
    assert sorted(stage.outcomes()) == [("delivered", None), ("waiting", "timeout")]


def test_partner_that_is_gone_is_disabled_and_what_it_missed_can_be_asked_for(
    stage: Stage, here: Partner, clock: Clock
) -> None:
    webhook = subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE)
    stage.price(2_000_000, 3_000_000)
    here.answers = answer(410)
    stage.send()
    assert stage.endpoint(webhook).phase == "disabled"
    assert stage.endpoint(webhook).phase_reason == "gone"
    assert stage.outcomes() == [("skipped", "disabled")] * 2
    stage.price(4_000_000)
    here.answers = answer(204)
    assert stage.send() == 0
    with transaction(stage.factory) as session:
        change_endpoint(stage.desk(session), webhook, EndpointSpec(), "active")
    assert stage.send() == 0, "what happened meanwhile is not sent by itself"
    clock.now += timedelta(seconds=1)
    with transaction(stage.factory) as session:
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        assert replay_range(stage.desk(session), webhook, long_ago, datetime(2100, 1, 1, tzinfo=UTC)) == 3
    while stage.send():
        pass
    assert [data["new_price_pkr"] for data in here.told(PRICE)[-3:]] == [2_000_000, 3_000_000, 4_000_000]


def test_endpoint_without_a_success_for_five_days_is_disabled(stage: Stage, here: Partner, clock: Clock) -> None:
    webhook = subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE, order="loose")
    here.answers = answer(500)
    for day in range(7):
        clock.now = START + timedelta(days=day)
        stage.price(2_000_000 + day)
        stage.send()
        if stage.endpoint(webhook).phase == "disabled":
            break
    assert day == 5
    assert stage.endpoint(webhook).phase_reason == "failing"


def test_both_secrets_sign_for_a_day_after_a_rotation(stage: Stage, here: Partner, clock: Clock) -> None:
    webhook = subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE)
    with transaction(stage.factory) as session:
        _, new = rotate_secret(stage.desk(session), webhook, end_old_now=False)
    here.secrets.append(new)
    stage.price(2_000_000)
    stage.send()
    assert len(here.told(PRICE)) == 1
    clock.now += timedelta(hours=24, seconds=1)
    here.secrets = [new]
    stage.price(3_000_000)
    stage.send()
    assert len(here.told(PRICE)) == 2
    assert [len(each["webhook-signature"].split()) for each in here.headers] == [2, 3, 2]


def test_another_address_is_confirmed_anew_before_anything_goes_there(stage: Stage, here: Partner) -> None:
    webhook = subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE)
    stage.price(2_000_000)
    with partner() as there:
        there.answers = answer(500)
        with transaction(stage.factory) as session:
            _, secret = change_endpoint(stage.desk(session), webhook, EndpointSpec(url=there.url), None)
        assert secret is not None
        there.secrets = [secret]
        stage.send()
        assert [body["type"] for _, body in there.received] == ["webhook.ping"]
        there.answers = answer(204)
        with transaction(stage.factory) as session:
            ping(stage.desk(session), stage.desk(session).find(webhook))
        while stage.send():
            pass
        assert [body["type"] for _, body in there.received] == ["webhook.ping", "webhook.ping", PRICE]
    assert here.told(PRICE) == []


def test_deleted_endpoint_gets_nothing_that_waited(stage: Stage, here: Partner) -> None:
    webhook = subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE)
    stage.price(2_000_000)
    with transaction(stage.factory) as session:
        delete_endpoint(stage.desk(session), webhook)
    assert stage.send() == 0
    assert stage.outcomes() == [("skipped", "deleted")]


def test_message_that_was_acknowledged_is_sent_again_only_by_its_id(stage: Stage, here: Partner) -> None:
    webhook = subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE)
    stage.price(2_000_000)
    stage.send()
    with transaction(stage.factory) as session:
        everything = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
        assert replay_range(stage.desk(session), webhook, *everything) == 0
        ids = session.scalars(select(WebhookDelivery.id).where(WebhookDelivery.is_ping.is_(False))).all()
        assert replay_deliveries(stage.desk(session), webhook, ids) == 1
    stage.send()
    first, second = [message_id for message_id, body in here.received if body["type"] == PRICE]
    assert first == second


def test_claimed_message_is_nobody_elses_until_its_lease_ends(stage: Stage, here: Partner, clock: Clock) -> None:
    subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE)
    stage.price(2_000_000)
    with transaction(stage.factory) as session:
        assert len(claims.claim(session, clock.now, 10)) == 1
    assert stage.send() == 0
    clock.now += claims.LEASE + timedelta(seconds=1)
    assert stage.send() == 1


def test_concurrency_and_rate_of_an_endpoint_are_kept(stage: Stage, here: Partner, clock: Clock) -> None:
    subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE, order="loose", concurrency=3, per_second=2)
    stage.price(*range(2_000_000, 2_000_008))
    with transaction(stage.factory) as session:
        assert claims.claim(session, clock.now, 50) == [], "the ping of this second counts"
    clock.now += timedelta(seconds=1)
    with transaction(stage.factory) as session:
        assert len(claims.claim(session, clock.now, 50)) == 2
    clock.now += timedelta(seconds=1)
    with transaction(stage.factory) as session:
        assert len(claims.claim(session, clock.now, 50)) == 1
    clock.now += timedelta(seconds=1)
    with transaction(stage.factory) as session:
        assert len(claims.claim(session, clock.now, 50)) == 0
