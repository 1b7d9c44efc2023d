"""Every operation of the contract that changes something leaves a record, or stands in a list with the reason.

The operations come from the OpenAPI document: a new one fails here until it records its act.
"""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, text

from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.db.tables.audit import AuditRecord
from core.identity.contacts import phone
from core.identity.orgs import get_org
from serving.feeds.senders import add_sender
from tests.api.audited_setting import Setting
from tests.api.copies_calls import COPIES_CALLS
from tests.api.deposit_calls import ON_DEPOSITS, prepare_deposit
from tests.api.feed_calls import FEED_CALLS
from tests.api.people import People, Person
from tests.api.photo_uploads import put
from tests.api.search_calls import SEARCH_CALLS
from tests.api.test_matrix import ACCESS, OWN
from tests.factories import images
from tests.factories.listings import add_listing
from tests.factories.moderation import add_ad

CHANGES_NOTHING_OF_NOTE = {
    "POST /v1/auth/otp": "a code that nobody has used yet; the challenge is kept, its number is limited, and so is"
    " its message",
    "POST /v1/auth/refresh": "the session was recorded at its start; a token that was used twice is recorded",
    "POST /v1/listings/{listing_id}/contact": "the event of the reveal is kept in its own table, and no data change",
    "POST /v1/events": "each event is itself the record of what a shopper did",
    "POST /v1/feeds/{dealer}/mappings/suggest": "proposes a mapping and keeps nothing",
    "POST /v1/price-bands": "computes an estimate and keeps nothing",
    "POST /v1/price-bands/batch": "computes estimates and keeps nothing",
    "PUT /v1/photo-uploads/{upload_id}": "the address was recorded when it was given, and bytes are nothing until the"
    " confirmation, which is recorded",
    "POST /v1/payments/{provider}/callbacks": "the notification is kept whole in its own table, and moves no money",
    "POST /v1/payments/{provider}/return": "and so is what a provider sends with the buyer",
    "POST /v1/search/tokens": "signs a token for what GET /v1/listings shows the caller, and keeps nothing",
}
CHANGING = {name for name in ACCESS if not name.startswith("GET ")} - set(CHANGES_NOTHING_OF_NOTE)


Call = Callable[[Setting], httpx.Response]
BASE = f"/v1/orgs/{OWN}"
MEMBER = {"phone": "0300 1234567", "role": "sales_agent"}


def upload(setting: Setting, operation: str) -> httpx.Response:
    with transaction(setting.sessions) as session:
        org = get_org(session, OWN)
        org.default_mapping = "showroom"
        token = add_sender(session, org, "tests")
    return setting.call(operation, headers={"authorization": f"Bearer {token}"})


def member_path(setting: Setting) -> str:
    return f"{BASE}/members/{setting.people.person((OWN, Role.SALES_AGENT)).user_id}"


def accept_invitation(setting: Setting) -> httpx.Response:
    setting.made("POST /v1/orgs/{code}/members", "invitation_id", json=MEMBER)
    token = setting.people.messages(phone("0300 1234567"))[-1]["token"]
    joining = setting.people.person().headers
    return setting.call("POST /v1/invitations/accept", headers=joining, json={"token": token})


def log_in(setting: Setting, purpose: str = "login") -> httpx.Response:
    asked = setting.call("POST /v1/auth/otp", headers={}, json={"phone": "0300 1234567", "purpose": purpose})
    code = setting.people.messages(phone("0300 1234567"))[-1]["code"]
    body = {"request_id": asked.json()["request_id"], "code": code, "purpose": purpose}
    return setting.call("POST /v1/auth/otp/verify", headers={}, json=body)


def of_a_car(kind: str, method: str, rest: str = "/{}", *, confirmed: bool = True, body: Any = None) -> Call:
    """Call an operation on a photo or a document that was uploaded to a car of the caller's."""

    def call(setting: Setting) -> httpx.Response:
        with transaction(setting.sessions) as session:
            car = add_listing(session, org=OWN)
        path, headers = f"/v1/listings/{car}/{kind}s", setting.admin.headers
        asked = {"kind": "other"} if kind == "document" else {}
        made = setting.client.post(path, json=asked, headers=headers).json()
        name = made[f"{kind}_id"]
        assert put(setting.client, made["upload"], images.jpeg()).status_code == 204
        if confirmed:
            assert setting.client.post(f"{path}/{name}/confirm", headers=headers).status_code == 200
        given = None if body is None else {"json": body(name)}
        return setting.client.request(method, path + rest.format(name), headers=headers, **(given or {}))

    return call


def decide_about_plates(setting: Setting) -> httpx.Response:
    made = of_a_car("photo", "POST", "/{}/appeal", body=lambda _: {"kind": "missed_plate"})(setting)
    headers = setting.people.person(("automart", Role.MODERATOR)).headers
    return setting.client.post(f"{made.request.url.path}/decision", json={"decision": "refuse"}, headers=headers)


def delete_own(setting: Setting, thing: str) -> httpx.Response:
    return setting.client.delete(f"/v1/me/{thing}", headers=setting.admin.headers)


def erase(setting: Setting) -> httpx.Response:
    leaving = setting.people.person((OWN, Role.SALES_AGENT))
    return setting.call("DELETE /v1/me", headers=leaving.headers)


def rejected_ad(setting: Setting) -> tuple[UUID, Person]:
    """An ad that was rejected, with its seller."""
    seller = setting.people.person()
    with transaction(setting.sessions) as session:
        return add_ad(session, seller.user_id, status="rejected"), seller


def appeal(setting: Setting) -> httpx.Response:
    ad, seller = rejected_ad(setting)
    return setting.call(f"POST {_CAR}/appeal", path=f"/v1/listings/{ad}/appeal", headers=seller.headers)


def decide(setting: Setting) -> httpx.Response:
    ad, seller = rejected_ad(setting)
    setting.client.post(f"/v1/listings/{ad}/appeal", json={"statement": "x"}, headers=seller.headers)
    moderator = setting.people.person(("automart", Role.MODERATOR))
    [case] = setting.client.get("/v1/moderation/queue", headers=moderator.headers).json()["items"]
    return setting.call(
        "POST /v1/moderation/{case_id}/decision",
        path=f"/v1/moderation/{case['case_id']}/decision",
        headers=moderator.headers | {"if-match": case["etag"]},
    )


def ask_about_a_car(setting: Setting) -> httpx.Response:
    buyer = setting.people.person(contact=phone("0300 7654321"))
    with transaction(setting.sessions) as session:
        body = {"listing_id": str(add_listing(session, org=OWN)), "message": "Is it there?"}
    return setting.call("POST /v1/leads", headers=buyer.headers, json=body)


def made_lead(setting: Setting, number: str = "0300 7654321") -> tuple[str, dict[str, str]]:
    """A lead of a car without a branch, and the headers of an administrator of its organisation."""
    buyer = setting.people.person(contact=phone(number))
    with transaction(setting.sessions) as session:
        body = {"listing_id": str(add_listing(session, org=OWN)), "message": "Is it there?"}
    answer = setting.client.post("/v1/leads", json=body, headers=buyer.headers)
    return str(answer.json()["lead_id"]), setting.admin.headers


def work_a_lead(setting: Setting, what: str, body: dict[str, Any]) -> httpx.Response:
    lead, headers = made_lead(setting)
    return setting.client.post(f"/v1/leads/{lead}/{what}", json=body, headers=headers)


def add_a_file(setting: Setting) -> httpx.Response:
    lead, headers = made_lead(setting)
    return setting.call(
        "POST /v1/leads/{lead_id}/attachments", path=f"/v1/leads/{lead}/attachments",
        headers=headers | {"content-type": "application/pdf"},
    )  # fmt: skip


def merge_leads(setting: Setting) -> httpx.Response:
    (first, headers), (second, _) = made_lead(setting), made_lead(setting)
    return setting.client.post(f"/v1/leads/{first}/merge", json={"into": second}, headers=headers)


def give_leads_away(setting: Setting) -> httpx.Response:
    lead, headers = made_lead(setting)
    body = {"lead_ids": [lead], "owner_id": str(setting.admin.user_id)}
    return setting.client.post("/v1/leads/reassign", json=body, headers=headers)


def set_desk(setting: Setting, operation: str) -> httpx.Response:
    return setting.call(operation, headers=setting.admin.headers | {"if-match": "*"})


def change_branch(setting: Setting) -> httpx.Response:
    setting.made("POST /v1/orgs/{code}/branches", "code", json={"code": "gulberg", "name": "Gulberg"})
    return setting.call("PATCH /v1/orgs/{code}/branches/{branch_code}", path=f"{BASE}/branches/gulberg")


def of_a_deposit(operation: str) -> Call:
    """Call an operation on a deposit that is in a state for it."""

    def call(setting: Setting) -> httpx.Response:
        path, headers = prepare_deposit(operation, setting.client, setting.people, setting.sessions)
        bodies = {
            "POST /v1/deposits": {"listing_id": path, "amount_pkr": 25_000, "provider": "sandbox"},
            "POST /v1/payments/entries": {
                "kind": "refund", "reference": path, "transaction": "x", "amount_pkr": 25_000
            },
        }  # fmt: skip
        given: dict[str, Any] = {"json": bodies[operation]} if operation in bodies else {"path": path}
        return setting.call(operation, headers=headers, **given)

    return call


def of_a_webhook(method: str, rest: str = "", body: Any = None) -> Call:
    """Call an operation on an active webhook of the caller's organisation."""

    def call(setting: Setting) -> httpx.Response:
        webhook = setting.made("POST /v1/webhooks", "id")
        with transaction(setting.sessions) as session:
            session.execute(text("UPDATE webhook_endpoints SET phase = 'active'"))
        path = f"/v1/webhooks/{webhook}{rest}"
        return setting.client.request(method, path, headers=setting.admin.headers, json=body)

    return call


_CAR = "/v1/listings/{listing_id}"
DESK = [name for name in CHANGING if name.endswith(("/calendar", "/sla-policies", "/assignment-rules"))]
CALLS: dict[str, Call] = {
    **{operation: of_a_deposit(operation) for operation in ON_DEPOSITS},
    "PATCH /v1/webhooks/{webhook_id}": of_a_webhook("PATCH", body={"order": "loose"}),
    "DELETE /v1/webhooks/{webhook_id}": of_a_webhook("DELETE"),
    "POST /v1/webhooks/{webhook_id}/ping": of_a_webhook("POST", "/ping"),
    "POST /v1/webhooks/{webhook_id}/rotate": of_a_webhook("POST", "/rotate", {}),
    "POST /v1/webhooks/{webhook_id}/test": of_a_webhook("POST", "/test", {"event": "listing.sold"}),
    "POST /v1/webhooks/{webhook_id}/replay": of_a_webhook("POST", "/replay", {"from": "2026-05-02T00:00:00Z"}),
    "DELETE /v1/me": erase,
    "PATCH /v1/orgs/{code}/branches/{branch_code}": change_branch,
    "POST /v1/leads": ask_about_a_car,
    "POST /v1/leads/{lead_id}/events": lambda s: work_a_lead(s, "events", {"kind": "note", "text": "x"}),
    "POST /v1/leads/{lead_id}/attachments": add_a_file,
    "POST /v1/leads/{lead_id}/assign": lambda s: work_a_lead(s, "assign", {"owner_id": str(s.admin.user_id)}),
    "POST /v1/leads/{lead_id}/merge": merge_leads,
    "POST /v1/leads/reassign": give_leads_away,
    **{operation: partial(set_desk, operation=operation) for operation in DESK},
    "DELETE /v1/me/notifications/devices/{device_id}": lambda s: delete_own(
        s, f"notifications/devices/{s.made('POST /v1/me/notifications/devices', 'device_id')}"
    ),
    **SEARCH_CALLS,
    f"POST {_CAR}/appeal": appeal,
    "POST /v1/moderation/{case_id}/decision": decide,
    f"POST {_CAR}/photos": of_a_car("photo", "POST", "", confirmed=False, body=lambda _: {}),
    f"POST {_CAR}/photos/{{photo_id}}/confirm": of_a_car("photo", "POST", "/{}/confirm", confirmed=False),
    f"PUT {_CAR}/photos/order": of_a_car("photo", "PUT", "/order", body=lambda name: {"photo_ids": [name]}),
    f"DELETE {_CAR}/photos/{{photo_id}}": of_a_car("photo", "DELETE"),
    f"POST {_CAR}/photos/{{photo_id}}/appeal": of_a_car(
        "photo", "POST", "/{}/appeal", body=lambda _: {"kind": "missed_plate"}
    ),
    f"POST {_CAR}/photos/{{photo_id}}/appeal/decision": decide_about_plates,
    f"POST {_CAR}/photos/{{photo_id}}/boxes": of_a_car(
        "photo", "POST", "/{}/boxes", body=lambda _: {"boxes": [[0, 0, 9, 9]]}
    ),
    **COPIES_CALLS,
    f"POST {_CAR}/documents": of_a_car("document", "POST", "", confirmed=False, body=lambda _: {"kind": "other"}),
    f"POST {_CAR}/documents/{{document_id}}/confirm": of_a_car("document", "POST", "/{}/confirm", confirmed=False),
    f"DELETE {_CAR}/documents/{{document_id}}": of_a_car("document", "DELETE"),
    **FEED_CALLS,
    "POST /v1/feeds/{dealer}/files": lambda s: upload(s, "POST /v1/feeds/{dealer}/files"),
    "PUT /v1/feeds/{dealer}/files": lambda s: upload(s, "PUT /v1/feeds/{dealer}/files"),
    "POST /v1/orgs/{code}/branches": lambda s: s.call(
        "POST /v1/orgs/{code}/branches", json={"code": "gulberg", "name": "Gulberg"}
    ),
    "DELETE /v1/orgs/{code}/service-accounts/{account_id}": lambda s: s.call(
        "DELETE /v1/orgs/{code}/service-accounts/{account_id}",
        path=f"{BASE}/service-accounts/{s.made('POST /v1/orgs/{code}/service-accounts', 'account_id')}",
    ),
    "DELETE /v1/orgs/{code}/invitations/{invitation_id}": lambda s: s.call(
        "DELETE /v1/orgs/{code}/invitations/{invitation_id}",
        path=f"{BASE}/invitations/{s.made('POST /v1/orgs/{code}/members', 'invitation_id', json=MEMBER)}",
    ),
    "PATCH /v1/listings/{listing_id}": lambda s: s.call(
        "PATCH /v1/listings/{listing_id}",
        path=f"/v1/listings/{s.made('POST /v1/listings', 'id')}",
        headers=s.admin.headers | {"if-match": "*"},
    ),
    "POST /v1/listings/{listing_id}/transitions": lambda s: s.call(
        "POST /v1/listings/{listing_id}/transitions",
        path=f"/v1/listings/{s.made('POST /v1/listings', 'id')}/transitions",
        json={"to": "withdrawn"},
    ),
    "POST /v1/invitations/accept": accept_invitation,
    "POST /v1/auth/otp/verify": log_in,
    "POST /v1/auth/logout": lambda s: s.call("POST /v1/auth/logout", json={}),
    "DELETE /v1/me/sessions/{session_id}": lambda s: delete_own(s, f"sessions/{s.admin.session_id}"),
    "PATCH /v1/orgs/{code}/members/{user_id}": lambda s: s.call(
        "PATCH /v1/orgs/{code}/members/{user_id}", path=member_path(s)
    ),
    "DELETE /v1/orgs/{code}/members/{user_id}": lambda s: s.call(
        "DELETE /v1/orgs/{code}/members/{user_id}", path=member_path(s)
    ),
}
"""Calls that need more than the example of the contract."""


@pytest.fixture
def setting(client: httpx.Client, people: People, session_factory: SessionFactory) -> Setting:
    return Setting(client, people, session_factory, people.person((OWN, Role.ORG_ADMIN)))


def records(setting: Setting, request_id: str) -> list[AuditRecord]:
    with setting.sessions() as session:
        found = select(AuditRecord).where(AuditRecord.request_id == request_id, AuditRecord.action != "access.refuse")
        return list(session.scalars(found))


@pytest.mark.parametrize("operation", sorted(CHANGING))
@pytest.mark.slow
def test_operation_leaves_a_record(setting: Setting, operation: str) -> None:
    answer = CALLS.get(operation, lambda s: s.call(operation))(setting)
    assert answer.status_code < 300, answer.text
    found = records(setting, answer.headers["x-request-id"])
    assert len(found) >= 1
    for row in found:
        assert row.action.count(".") == 1
        assert row.address_class == "127.0.0.0/24"
        assert row.actor != "anonymous"


def test_list_of_exceptions_names_operations_that_exist() -> None:
    assert set(CHANGES_NOTHING_OF_NOTE) <= set(ACCESS)
    assert set(CALLS) <= CHANGING


def test_proof_of_a_contact_is_recorded(setting: Setting) -> None:
    answer = log_in(setting, "contact")
    assert answer.status_code == 200, answer.text
    assert [row.action for row in records(setting, answer.headers["x-request-id"])] == ["contacts.prove"]


def test_login_names_person_session_and_a_device_that_we_signed(setting: Setting) -> None:
    device = setting.call("POST /v1/auth/otp", headers={}, json={"phone": "0311 1234567"}).headers["x-device-id"]
    known = {"x-device-id": device}
    asked = setting.call("POST /v1/auth/otp", headers=known, json={"phone": "0300 1234567"})
    code = setting.people.messages(phone("0300 1234567"))[-1]["code"]
    body = {"request_id": asked.json()["request_id"], "code": code, "purpose": "login"}
    answer = setting.call("POST /v1/auth/otp/verify", headers=known, json=body)
    assert answer.status_code == 200, answer.text
    [row] = records(setting, answer.headers["x-request-id"])
    assert (row.action, row.actor_kind, row.device) == ("sessions.start", "person", device.partition(".")[0])
    assert row.subject_id == str(row.session_id)


def test_member_change_names_fields_before_and_after_and_both_organisations(setting: Setting) -> None:
    answer = CALLS["PATCH /v1/orgs/{code}/members/{user_id}"](setting)
    [row] = records(setting, answer.headers["x-request-id"])
    assert row.before == {"role": "sales_agent", "branches": None}
    assert row.after == {"role": "branch_manager", "branches": ["dha"]}
    assert (row.user_id, row.session_id) == (setting.admin.user_id, setting.admin.session_id)
    assert isinstance(row.org_id, UUID)
    assert row.actor_org_id == row.org_id


def test_refresh_token_used_twice_is_recorded(setting: Setting) -> None:
    tokens = log_in(setting).json()["refresh_token"]
    for _ in range(2):
        last = setting.call("POST /v1/auth/refresh", headers={}, json={"refresh_token": tokens})
        tokens_now = last.json()["refresh_token"]
    setting.call("POST /v1/auth/refresh", headers={}, json={"refresh_token": tokens_now})
    reused = setting.call("POST /v1/auth/refresh", headers={}, json={"refresh_token": tokens})
    assert reused.status_code == 401
    [row] = records(setting, reused.headers["x-request-id"])
    assert (row.action, row.reason) == ("sessions.end", "refresh_token_reused")


def test_reading_of_contacts_is_recorded_with_the_people_that_were_shown(setting: Setting) -> None:
    shown = setting.people.person((OWN, Role.SALES_AGENT), contact=phone("0300 7654321"))
    answer = setting.client.get(f"{BASE}/members", headers=setting.admin.headers)
    [row] = records(setting, answer.headers["x-request-id"])
    assert (row.action, row.after) == ("members.read_contacts", {"users": [str(shown.user_id)]})


def test_reading_of_invited_contacts_is_recorded(setting: Setting) -> None:
    offer = setting.made("POST /v1/orgs/{code}/members", "invitation_id", json=MEMBER)
    answer = setting.client.get(f"{BASE}/invitations", headers=setting.admin.headers)
    [row] = records(setting, answer.headers["x-request-id"])
    assert (row.action, row.after) == ("invitations.read_contacts", {"invitations": [offer]})


def test_reading_of_the_trail_of_another_person_is_recorded(setting: Setting) -> None:
    path = member_path(setting)
    setting.call("PATCH /v1/orgs/{code}/members/{user_id}", path=path)
    subject = f"user:{path.rpartition('/')[2]}"
    answer = setting.client.get("/v1/audit", params={"subject": subject}, headers=setting.admin.headers)
    assert len(answer.json()["records"]) == 1
    [row] = records(setting, answer.headers["x-request-id"])
    assert (row.action, row.subject_kind, row.subject_id) == ("audit.read", "audit", subject)
    empty = setting.client.get("/v1/audit", params={"subject": "listing:1"}, headers=setting.admin.headers)
    assert records(setting, empty.headers["x-request-id"]) == []
