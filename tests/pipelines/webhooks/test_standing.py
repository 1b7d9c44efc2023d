"""An endpoint that goes on failing: the organisation is warned, told, and can have what it missed."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from core.access.principal import Membership, Principal
from core.access.roles import Role
from core.db.session import transaction
from core.db.tables.messages import Message
from core.errors import ForbiddenError
from core.identity.contacts import Contact
from core.outbox.follow import following
from core.personal_data.sealer import Sealer
from pipelines.notifications.queue import opened_recipient, opened_values
from pipelines.webhooks.consumers import NOTICES
from serving.webhooks.endpoints import EndpointSpec, add_endpoint, change_endpoint
from serving.webhooks.notices import notifying_administrators
from tests.api.people import People
from tests.factories.turns import OneTurn
from tests.factories.webhooks import Partner, answer, partner, subscribe
from tests.pipelines.webhooks.conftest import PRICE, START, Clock, Stage

ADMINS = ("+923001234567", "+923007654321")


def notices(stage: Stage) -> list[tuple[str, str, dict[str, str]]]:
    """Return the messages that wait to be sent to people: template, contact, values."""
    while following(NOTICES, notifying_administrators(stage.keys))(OneTurn(stage.factory)):
        pass
    with transaction(stage.factory) as session:
        sealer = Sealer(session, stage.keys)
        rows = session.scalars(select(Message).order_by(Message.created_at, Message.id)).all()
        return sorted(
            (row.template, opened_recipient(sealer, row).value, dict(opened_values(sealer, row))) for row in rows
        )


def fail_daily(stage: Stage, clock: Clock, days: range, webhook: UUID) -> list[str]:
    phases = []
    for day in days:
        clock.now = START + timedelta(days=day)
        stage.price(2_000_000 + day)
        while stage.send():
            pass
        phases.append(stage.endpoint(webhook).phase)
    return phases


def test_organisation_is_warned_before_and_told_when_its_endpoint_is_disabled(
    stage: Stage, here: Partner, clock: Clock
) -> None:
    people = People(stage.factory, stage.keys)
    for phone, role in (*((phone, Role.ORG_ADMIN) for phone in ADMINS), ("+923009999999", Role.SALES_AGENT)):
        people.person(("khan-motors", role), contact=Contact("phone", phone))
    webhook = subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE, "webhook.failing", order="loose")
    here.answers = answer(500)
    with partner() as other:
        subscribe(stage.factory, stage.keys, stage.org_id, other, "webhook.failing", "webhook.disabled")
        assert set(fail_daily(stage, clock, range(3), webhook)) == {"active"}
        assert stage.endpoint(webhook).warned_at is None
        assert notices(stage) == []
        fail_daily(stage, clock, range(3, 4), webhook)
        assert stage.endpoint(webhook).warned_at == clock.now
        host = {"host": "127.0.0.1"}
        warned = [("webhook_failing", phone, host) for phone in ADMINS]
        assert notices(stage) == warned
        assert fail_daily(stage, clock, range(4, 6), webhook) == ["active", "disabled"]
        stage.queue()
        while stage.send():
            pass
        assert notices(stage) == sorted([*warned, *(("webhook_disabled", phone, host) for phone in ADMINS)])
        told = {body["type"]: body["data"] for _, body in other.received[1:]}
    assert told == {
        "webhook.failing": {
            "webhook_id": str(webhook),
            "failing_since": START.isoformat().replace("+00:00", "Z"),
            "disabled_at": (START + timedelta(days=5)).isoformat().replace("+00:00", "Z"),
        },
        "webhook.disabled": {"webhook_id": str(webhook), "reason": "failing"},
    }
    assert "webhook.failing" not in {body["type"] for _, body in here.received}, json.dumps(here.received)


@pytest.mark.parametrize("by", ["success", "enabling"])
def test_success_and_enabling_begin_anew(stage: Stage, here: Partner, clock: Clock, by: str) -> None:
    webhook = subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE, order="loose")
    here.answers = answer(500)
    last = 4 if by == "success" else 5
    fail_daily(stage, clock, range(last + 1), webhook)
    assert stage.endpoint(webhook).phase == ("active" if by == "success" else "disabled")
    if by == "success":
        here.answers = answer(204)
        clock.now += timedelta(hours=6)  # it was left in peace for some minutes
        while stage.send():
            pass
    else:
        with transaction(stage.factory) as session:
            change_endpoint(stage.desk(session), webhook, EndpointSpec(), "active")
    assert stage.endpoint(webhook).warned_at is None
    here.answers = answer(500)
    assert set(fail_daily(stage, clock, range(last + 1, last + 5), webhook)) == {"active"}


def test_events_are_for_those_who_may_read_what_they_tell_of(stage: Stage) -> None:
    with transaction(stage.factory) as session:
        own = stage.desk(session)
        staff = Principal(None, (Membership(stage.org_id, "automart", Role.PLATFORM_ADMIN),), uuid4())
        spec = EndpointSpec(url="https://crm.example.com/", events=["lead.created"])
        with pytest.raises(ForbiddenError):
            add_endpoint(replace(own, principal=staff), stage.org_id, spec)
        assert add_endpoint(own, stage.org_id, spec)[0].events == ["lead.created"]
