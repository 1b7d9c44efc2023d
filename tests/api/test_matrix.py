"""Every operation of the contract, asked by every kind of caller, for its own organisation and for others'.

The operations come from the OpenAPI document and the rights from the declarations, so a new domain is in the matrix
with its first endpoint; only what is public is listed here, so that opening one to everybody is a decision.
"""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from core.access.permissions import Permission
from core.access.roles import Role
from core.db.session import SessionFactory
from core.declarations import gather_declarations
from tests.api.actors import OTHER, OWN, Actor, Callers, all_actors
from tests.api.conftest import Add
from tests.api.contract import platform_contract
from tests.api.example_requests import ExampleRequest, example_requests
from tests.api.people import People

pytestmark = pytest.mark.slow

PUBLIC = {
    "POST /v1/events",
    "GET /v1/event-schemas",
    "GET /v1/market-demand",
    "GET /healthz",
    "GET /readyz",
    "GET /.well-known/jwks.json",
    "POST /v1/auth/otp",
    "POST /v1/auth/otp/verify",
    "POST /v1/auth/refresh",
    "POST /v1/auth/logout",
    "GET /v1/listings",
    "GET /v1/listings/suggest",
    "GET /v1/listings/{listing_id}",
    "GET /v1/listings/{listing_id}/similar",
    "POST /v1/listings/{listing_id}/contact",
    "GET /v1/listings/{listing_id}/price-band",
    "GET /v1/listings/{listing_id}/price-report",
    "POST /v1/price-bands",
    "POST /v1/price-bands/batch",
    "GET /v1/price-bands/accuracy",
    "GET /v1/price-bands/depreciation",
    "GET /v1/market-index",
    "GET /v1/listings/{listing_id}/photos",
    "GET /v1/photos/{key}",
    "PUT /v1/photo-uploads/{upload_id}",
    "POST /v1/payments/{provider}/callbacks",
    "GET /v1/payments/{provider}/return",
    "POST /v1/payments/{provider}/return",
    "GET /v1/payments/pages/{reference}",
    "POST /v1/leads",
}
WORDS = {"public", "login"}
OF_THE_CALLERS_ORG = {"audit.read", "leads.measure", "leads.export", "leads.assign", "leads.import"}
CONTRACT = platform_contract()
ACCESS = {
    f"{method.upper()} {path}": operation.get("x-access")
    for path, operations in CONTRACT["paths"].items()
    for method, operation in operations.items()
}
PERMISSIONS: dict[str, Permission] = {
    permission.name: permission for each in gather_declarations().values() for permission in each.permissions
}
ACTORS = list(all_actors(frozenset(PERMISSIONS)))
REQUESTS = {one.operation: one for one in example_requests(CONTRACT)}


@pytest.fixture
def callers(client: httpx.Client, people: People, session_factory: SessionFactory) -> Callers:
    return Callers(people, session_factory, PERMISSIONS)


def ask(client: httpx.Client, request: ExampleRequest, path: str, headers: dict[str, str]) -> httpx.Response:
    given = {name: value for name, value in request.headers.items() if name != "authorization"} | headers
    return client.request(request.method, path, content=request.content, headers=given)


def code_of(answer: httpx.Response) -> tuple[int, str | None]:
    problem = answer.headers.get("content-type") == "application/problem+json"
    return answer.status_code, answer.json()["code"] if problem else None


def test_every_operation_declares_who_may_call_it() -> None:
    assert {name for name, access in ACCESS.items() if access not in WORDS | set(PERMISSIONS)} == set()
    assert {name for name, access in ACCESS.items() if access == "public"} == PUBLIC


def test_every_permission_names_roles_and_says_what_it_allows() -> None:
    for name, permission in PERMISSIONS.items():
        assert permission.roles <= set(Role), name
        assert permission.roles, name
        assert permission.allows, name


def is_refused(access: str, actor: Actor, path: str) -> bool:
    """Tell whether the table of permissions refuses a caller who has logged in."""
    org = OWN if OWN in path else None
    if PERMISSIONS[access].name in {"audit.read", "webhooks.manage"} and actor.scopes is not None:
        org = actor.org  # a system acts for its own organisation alone, and need not name it
    if PERMISSIONS[access].name in OF_THE_CALLERS_ORG and actor.scopes is not None:
        org = actor.org  # where the path names none, a system acts for its own alone
    return not actor.may(PERMISSIONS[access], org)


def verdict(access: str, actor: Actor, path: str, outcome: tuple[int, str | None]) -> bool:
    """Whether an answer is the one that access and actor call for; what lies beyond access is not judged here."""
    status, code = outcome
    if access == "public":
        return code not in {"login_needed", "forbidden"} or (path == "/v1/auth/logout" and actor.is_anonymous)
    if actor.is_anonymous:
        return outcome == (401, "login_needed")
    if access == "login":
        return status < 400 or code == "people_only" if actor.scopes is not None else status not in {401, 403}
    if is_refused(access, actor, path):
        return outcome == (403, "forbidden")
    beyond = {"role_above_own", "scope_not_held"}  # rules that go beyond the permission
    return status != 401 and (status != 403 or code in beyond)


@pytest.mark.parametrize("operation", sorted(REQUESTS))
def test_operation_answers_each_caller_by_the_table(client: httpx.Client, callers: Callers, operation: str) -> None:
    request, access = REQUESTS[operation], ACCESS[operation]
    wrong = {}
    for actor in ACTORS:
        outcome = code_of(ask(client, request, request.path, callers.headers(actor)))
        if not verdict(access, actor, request.path, outcome):
            wrong[actor.name] = outcome
    assert wrong == {}


def without_names(answer: httpx.Response, *names: str) -> tuple[int, Any]:
    text = answer.text
    for name in names:
        text = text.replace(name, "…")
    return answer.status_code, text


@pytest.mark.parametrize("operation", sorted(name for name in REQUESTS if "{code}" in name))
def test_foreign_and_missing_organisations_answer_alike(client: httpx.Client, callers: Callers, operation: str) -> None:
    request = REQUESTS[operation]
    strangers = [actor for actor in ACTORS if actor.org != OWN and actor.org != "automart"]
    assert len(strangers) >= 6
    for actor in strangers:
        answers = []
        for org in (OWN, "no-such-org"):
            answer = ask(client, request, request.path.replace(OWN, org), callers.headers(actor))
            assert answer.status_code in (401, 403), (actor.name, answer.text)
            answers.append(without_names(answer, org))
        assert answers[0] == answers[1], actor.name


def test_foreign_and_missing_things_answer_alike(
    client: httpx.Client, people: People, callers: Callers, add: Add
) -> None:
    own = callers.headers(Actor("org_admin, own org", OWN, Role.ORG_ADMIN))
    stranger = callers.headers(Actor("org_admin, other org", OTHER, Role.ORG_ADMIN))
    member = people.person((OWN, Role.SALES_AGENT))
    base = f"/v1/orgs/{OWN}"
    account = client.post(f"{base}/service-accounts", json={"name": "erp", "scopes": ["branches.read"]}, headers=own)
    offer = client.post(f"{base}/members", json={"phone": "0300 1234567", "role": "sales_agent"}, headers=own)
    branch = client.post(f"{base}/branches", json={"code": "gulberg", "name": "Gulberg"}, headers=own)
    assert [answer.status_code for answer in (account, offer, branch)] == [201, 201, 201]
    car = str(add(org=OWN, visibility="private", channels=["autotrader"]))
    here = f"/v1/orgs/{OTHER}"
    things: list[tuple[str, str, str, dict[str, Any] | None]] = [
        ("PATCH", f"{here}/members/{{}}", str(member.user_id), {"role": "sales_agent"}),
        ("DELETE", f"{here}/members/{{}}", str(member.user_id), None),
        ("DELETE", f"{here}/invitations/{{}}", offer.json()["invitation_id"], None),
        ("DELETE", f"{here}/service-accounts/{{}}", account.json()["account_id"], None),
        ("DELETE", "/v1/me/sessions/{}", str(member.session_id), None),
        ("GET", "/v1/listings/{}?channel=autotrader", car, None),
        ("GET", "/v1/listings/{}/similar?channel=autotrader", car, None),
        ("GET", "/v1/listings/{}/price-band?channel=autotrader", car, None),
        ("GET", "/v1/listings/{}/price-report?channel=autotrader", car, None),
        ("GET", "/v1/audit?subject=user:{}", str(member.user_id), None),
        ("PATCH", "/v1/listings/{}", car, {"price_pkr": 1_000_000}),
        ("POST", "/v1/listings/{}/transitions", car, {"to": "sold"}),
        ("POST", "/v1/listings/{}/contact?channel=autotrader", car, {"event_id": str(uuid4()), "device_id": "x"}),
        ("GET", "/v1/listings/{}/moderation", car, None),
        ("POST", "/v1/listings/{}/appeal", car, {"statement": "x"}),
        ("GET", "/v1/listings/{}/photos", car, None),
        ("POST", "/v1/listings/{}/photos", car, {}),
        ("PUT", "/v1/listings/{}/photos/order", car, {"photo_ids": []}),
        ("POST", f"/v1/listings/{{}}/photos/{uuid4()}/confirm", car, None),
        ("DELETE", f"/v1/listings/{{}}/photos/{uuid4()}", car, None),
        ("POST", f"/v1/listings/{{}}/photos/{uuid4()}/appeal", car, {"kind": "unblur"}),
        ("POST", f"/v1/listings/{{}}/photos/{uuid4()}/boxes", car, {"boxes": [[0, 0, 9, 9]]}),
        ("GET", "/v1/listings/{}/documents", car, None),
        ("POST", "/v1/listings/{}/documents", car, {"kind": "other"}),
        ("POST", f"/v1/listings/{{}}/documents/{uuid4()}/confirm", car, None),
        ("GET", f"/v1/listings/{{}}/documents/{uuid4()}", car, None),
        ("DELETE", f"/v1/listings/{{}}/documents/{uuid4()}", car, None),
    ]
    for method, template, foreign, body in things:
        answers = [
            without_names(client.request(method, template.format(name), json=body, headers=stranger), name)
            for name in (foreign, str(uuid4()))
        ]
        assert answers[0] == answers[1], template
        assert answers[0][0] in (200, 404), template
    for method, path in (("PATCH", f"{here}/branches/{{}}"), ("POST", f"{here}/members")):
        answers = []
        for name in ("gulberg", "no-such"):
            json = (
                {"city": "Lahore"}
                if method == "PATCH"
                else {"phone": "0300 1234567", "role": "sales_agent", "branches": [name]}
            )
            answer = client.request(method, path.format(name), json=json, headers=stranger)
            answers.append(without_names(answer, name))
        assert answers[0] == answers[1], path
        assert answers[0][0] in (404, 422)


def test_second_private_seller_sees_nothing_of_the_first(client: httpx.Client, people: People) -> None:
    first, second = people.person(), people.person()
    seen = client.get("/v1/me/sessions", headers=second.headers).json()["sessions"]
    assert [one["session_id"] for one in seen] == [str(second.session_id)]
    assert client.delete(f"/v1/me/sessions/{first.session_id}", headers=second.headers).status_code == 404
    assert client.get("/v1/me", headers=first.headers).status_code == 200
