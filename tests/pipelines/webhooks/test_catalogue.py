"""The catalogue of events, their schemas, the contract and the docs say the same."""

import json
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator

from api.contract.webhook_messages import webhook_operations
from core.clock import utc_now
from core.declarations import WebhookEvent
from core.outbox.events import Event
from pipelines.webhooks.catalogue import event_types, messages_of, needed_permissions, topics
from pipelines.webhooks.consumers import QUEUE
from serving.webhooks.catalogue import describe_events

DOCS = Path("docs/webhooks.md")
MOST_BYTES = 20_000
EVENTS = describe_events()
PERSONAL = {"name", "phone", "email", "contact", "text", "message", "buyer_id", "owner_id", "device", "session", "cnic"}
LEAD = {
    "listing_id": str(uuid4()), "type": "message", "state": "new", "number": 1, "owner_id": str(uuid4()),
    "event": "message", "branch_id": str(uuid4()), "buyer_id": str(uuid4()),
    "device": "device-of-buyer", "session": "visit-of-buyer", "query_id": None, "reason": None,
}  # fmt: skip
DEPOSIT = {"state": "held", "listing_id": str(uuid4()), "amount_pkr": 50_000, "ended_as": None}
ROWS = dict.fromkeys(("read", "created", "updated", "unchanged", "rejected", "removed"), 3)
FEED = {"mapping": "showroom", "rows": ROWS, "removals_held": 0, "refusal": None}
HAPPENED: list[tuple[str, str, dict[str, Any], set[str]]] = [
    ("lead", "created", LEAD, {"lead.created"}),
    ("lead", "created", LEAD | {"listing_id": None}, {"lead.created"}),
    ("lead", "message", LEAD, {"lead.message_received"}),
    ("lead", "assigned", LEAD, {"lead.assigned"}),
    ("lead", "state", LEAD | {"state": "won"}, {"lead.state_changed"}),
    ("lead", "sla", LEAD | {"reason": "breach", "clock": "first_answer", "to": None}, {"lead.sla_breached"}),
    ("lead", "sla", LEAD | {"reason": "warn_50", "clock": "first_answer", "to": None}, set()),
    ("lead", "changed", LEAD, set()),
    ("deposit", "paid", DEPOSIT, {"deposit.held"}),
    ("deposit", "capture", DEPOSIT | {"state": "captured"}, {"deposit.captured"}),
    ("deposit", "cancel", DEPOSIT | {"state": "voided", "ended_as": "voided"}, {"deposit.voided"}),
    ("deposit", "run_out", DEPOSIT | {"state": "expired", "ended_as": "expired"}, {"deposit.expired"}),
    ("deposit", "refund_done", DEPOSIT | {"state": "refunded"}, {"deposit.refunded"}),
    ("deposit", "charged_back", DEPOSIT | {"state": "refunded"}, {"deposit.refunded"}),
    ("deposit", "dispute", DEPOSIT | {"state": "disputed"}, {"deposit.disputed"}),
    ("deposit", "created", DEPOSIT | {"state": "created"}, set()),
    ("feed", "applied", FEED, {"feed.applied"}),
    ("feed", "refused", FEED | {"refusal": "It has no price."}, {"feed.refused"}),
    ("feed", "stale", FEED | {"refusal": "It came late."}, {"feed.refused"}),
    ("feed", "mail_refused", {"code": "no_list_attached", "refusal": "It has no list."}, set()),
    (
        "webhook",
        "failing",
        {name: utc_now().isoformat() for name in ("failing_since", "disabled_at")},
        {"webhook.failing"},
    ),
    ("webhook", "disabled", {"reason": "gone"}, {"webhook.disabled"}),
    ("price_band", "rated", {"old": {}, "new": {}}, {"band.changed"}),
]


def happened(topic: str, kind: str, payload: dict[str, Any]) -> Event:
    return Event(1, 0, topic, uuid4(), 1, kind, uuid4(), None, (), payload, utc_now())


@pytest.mark.parametrize("described", EVENTS, ids=lambda each: each["name"])
def test_example_is_valid_small_and_without_personal_data(described: dict[str, Any]) -> None:
    schema, example = described["schema"], described["example"]
    Draft202012Validator.check_schema(schema)
    assert "$ref" not in json.dumps(schema), "a reference would lead nowhere in the contract"
    Draft202012Validator(schema).validate(example)
    assert len(json.dumps(example).encode()) < MOST_BYTES / 10
    assert not PERSONAL & set(schema["properties"]["data"]["properties"])
    for name in schema["required"]:
        broken = {key: value for key, value in example.items() if key != name}
        assert list(Draft202012Validator(schema).iter_errors(broken)), f"{name} may be left out"


def test_contract_and_docs_list_the_events_of_the_catalogue() -> None:
    operations = webhook_operations()
    assert set(operations) == set(event_types()) == {each["name"] for each in EVENTS}
    committed = json.loads(Path("docs/openapi.json").read_text("utf-8"))
    assert committed["webhooks"] == json.loads(json.dumps(operations)), "run make openapi"
    documented = re.findall(r"^\| `(\w+\.\w+)` \| (.+) \| (.*) \|$", DOCS.read_text("utf-8"), re.MULTILINE)
    described = [
        (
            each["name"],
            each["says"],
            ", ".join(f"`{name}`" for name in each["schema"]["properties"]["data"]["required"]),
        )
        for each in EVENTS
    ]
    assert documented == described


def test_queue_reads_the_topics_that_events_are_made_of() -> None:
    assert set(QUEUE.topics) == set(topics())
    for event in event_types().values():
        if event.needs:
            assert [each.name for each in needed_permissions([event.name])] == [event.needs]


@pytest.mark.parametrize(("topic", "kind", "payload", "names"), HAPPENED)
def test_each_change_makes_the_messages_that_it_should(
    topic: str, kind: str, payload: dict[str, Any], names: set[str]
) -> None:
    made = messages_of(happened(topic, kind, payload), list(event_types().values()))
    assert {each.type for each in made} == names
    for each in made:
        described = next(event for event in EVENTS if event["name"] == each.type)
        Draft202012Validator(described["schema"]).validate(each.payload)
        told = json.dumps(each.payload)
        assert len(told.encode()) < MOST_BYTES
        for secret in ("buyer_id", "owner_id", "device", "session"):
            assert str(payload.get(secret)) not in told or payload.get(secret) is None


def test_every_event_that_is_declared_is_made_of_something() -> None:
    made = {name for *_, names in HAPPENED for name in names}
    declared: dict[str, WebhookEvent] = event_types()
    assert made == {name for name, event in declared.items() if event.topic != "listing"}
