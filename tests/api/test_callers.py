"""A caller is known from the bearer token, and sees cars by channel and organisation."""

import logging
from collections.abc import Iterator

import httpx
import pytest

from api.app import create_app
from api.deps import SessionDep
from api.routing import DomainRouter
from api.rules import LOGIN, PUBLIC
from core.access.principal import Membership, Principal
from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.settings import Settings
from serving.identity.declarations import READ_MEMBERS
from serving.identity.orgs.orgs import find_org
from serving.identity.orgs.service_accounts import add_service_account
from tests.api.conftest import Add, code_of, served
from tests.api.people import People
from tests.api.test_statements import Counted

AGENT = Role.SALES_AGENT


def ids(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {item["id"] for item in answer.json()["items"]}


@pytest.fixture
def cars(client: httpx.Client, people: People, add: Add) -> dict[str, str]:
    both = ["automart", "autotrader"]

    def car(org: str, visibility: str, channels: list[str]) -> str:
        return str(add(org=org, visibility=visibility, channels=channels))

    return {
        "public": car("clifton-cars", "public", ["automart"]),
        "trade": car("clifton-cars", "wholesale_public", both),
        "own": car("khan-motors", "private", both),
        "foreign": car("clifton-cars", "private", both),
    }


@pytest.mark.parametrize(
    "header",
    ["Basic YTpi", "Bearer", "Bearer x", "Bearer a.b.c", "x", "Bearer aut_sa_unknown", "Bearer aut_rt_AAAA"],
)
def test_header_that_is_no_valid_token_is_refused_everywhere(client: httpx.Client, header: str) -> None:
    for path in ("/v1/me", "/v1/listings"):
        answer = client.get(path, headers={"authorization": header})
        assert answer.status_code == 401, (path, answer.text)
        assert answer.headers["www-authenticate"] == "Bearer"


def test_two_authorization_headers_are_refused(client: httpx.Client, people: People) -> None:
    token = people.person().headers["authorization"]
    answer = client.get("/v1/listings", headers=[("authorization", token), ("authorization", token)])
    assert code_of(answer) == (401, "invalid_token")


def test_login_is_needed_before_anything_else_is_said(client: httpx.Client) -> None:
    answer = client.post("/v1/orgs/khan-motors/branches", json={"nonsense": 1})
    assert code_of(answer) == (401, "login_needed")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_channel_and_organisation_decide_what_is_seen(
    client: httpx.Client, people: People, cars: dict[str, str]
) -> None:
    agent = people.person(("khan-motors", AGENT)).headers
    assert ids(client.get("/v1/listings")) == {cars["public"]}
    assert ids(client.get("/v1/listings", headers=agent)) == {cars["public"]}
    assert ids(client.get("/v1/listings?org=khan-motors", headers=agent)) == {cars["public"], cars["own"]}
    assert ids(client.get("/v1/listings?channel=autotrader", headers=agent)) == {cars["trade"], cars["own"]}
    for car, status in (("own", 200), ("trade", 200), ("foreign", 404), ("public", 404)):
        assert client.get(f"/v1/listings/{cars[car]}?channel=autotrader", headers=agent).status_code == status, car
    assert client.get(f"/v1/listings/{cars['own']}", headers=agent).status_code == 404


def test_autotrader_is_for_people_of_dealers(client: httpx.Client, people: People, cars: dict[str, str]) -> None:
    staff = people.person(("automart", Role.MODERATOR))
    for headers in ({}, people.person().headers, staff.headers):
        answer = client.get("/v1/listings?channel=autotrader", headers=headers)
        assert code_of(answer) == (403, "dealers_only")
    assert client.get("/v1/listings?channel=wholesale").status_code == 422


def test_organisation_is_named_where_the_caller_has_several(
    client: httpx.Client, people: People, cars: dict[str, str]
) -> None:
    both = people.person(("khan-motors", AGENT), ("clifton-cars", AGENT)).headers
    assert code_of(client.get("/v1/listings?channel=autotrader", headers=both)) == (422, "org_required")
    seen = ids(client.get("/v1/listings?channel=autotrader&org=clifton-cars", headers=both))
    assert seen == {cars["trade"], cars["foreign"]}


def test_foreign_and_missing_organisations_answer_alike(
    client: httpx.Client, people: People, cars: dict[str, str]
) -> None:
    agent = people.person(("khan-motors", AGENT)).headers
    for channel in ("automart", "autotrader"):
        answers = [
            client.get(f"/v1/listings?channel={channel}&org={org}", headers=agent)
            for org in ("clifton-cars", "no-such-org")
        ]
        assert code_of(answers[0]) == (403, "not_a_member")
        assert answers[0].json() == answers[1].json()


def test_coroutine_endpoint_and_one_without_a_session_know_the_caller_too(
    client: httpx.Client, people: People, cars: dict[str, str]
) -> None:
    stranger = people.person().headers
    car = {"make": "Toyota", "model": "Corolla", "model_year": 2018}
    answer = client.post("/v1/price-bands?channel=autotrader", json=car, headers=stranger)
    assert code_of(answer) == (403, "dealers_only")
    answer = client.get("/v1/listings/suggest?channel=autotrader", headers=stranger)
    assert code_of(answer) == (403, "dealers_only")
    agent = people.person(("khan-motors", AGENT)).headers
    assert client.get("/v1/listings/suggest?channel=autotrader", headers=agent).status_code == 200


def test_service_account_acts_for_its_organisation(
    client: httpx.Client, people: People, cars: dict[str, str], session_factory: SessionFactory
) -> None:
    with transaction(session_factory) as session:
        khan = people.org("khan-motors")
        admin = Principal(people.person().user_id, (Membership(khan, "khan-motors", Role.ORG_ADMIN),))
        org = find_org(session, admin, "khan-motors", READ_MEMBERS)
        _, secret = add_service_account(session, admin, org, "erp", [READ_MEMBERS])
    system = {"authorization": f"Bearer {secret}"}
    assert ids(client.get("/v1/listings?channel=autotrader", headers=system)) == {cars["trade"], cars["own"]}
    me = client.get("/v1/me", headers=system).json()
    assert (me["kind"], me["name"], me["scopes"], me["user_id"]) == ("service_account", "erp", ["members.read"], None)
    assert code_of(client.get("/v1/me/sessions", headers=system)) == (403, "people_only")


@pytest.fixture(scope="module")
def counted(api_settings: Settings) -> Iterator[Counted]:
    app = create_app(api_settings)
    with served(app) as client:
        yield Counted(client, app)


def test_caller_costs_a_look_up_and_its_setting_and_nobody_none(counted: Counted, people: People, add: Add) -> None:
    add()
    path, headers = "/v1/listings?limit=1", people.person(("khan-motors", AGENT)).headers
    with counted.statements() as anonymous:
        counted.client.get(path)
    with counted.statements() as logged_in:
        assert counted.client.get(path, headers=headers).status_code == 200
    assert len(logged_in) == len(anonymous) + 2


def test_request_id_comes_back_and_stands_in_the_log(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="api.access"):
        answer = client.get("/healthz?q=secret", headers={"x-request-id": "app-7f9c24e5"})
    assert answer.headers["x-request-id"] == "app-7f9c24e5"
    (line,) = [record.getMessage() for record in caplog.records if record.name == "api.access"]
    assert line.startswith("GET /healthz 422 ")


@pytest.mark.parametrize("given", ["short", "x" * 65, "with blank in it", "a;b=c--------"])
def test_unsound_request_id_is_replaced(client: httpx.Client, given: str) -> None:
    answers = [client.get("/v1/nothing", headers={"x-request-id": given}) for _ in range(2)]
    made = {answer.headers["x-request-id"] for answer in answers}
    assert given not in made
    assert len(made) == 2


def test_operation_without_declared_access_is_refused() -> None:
    undeclared, declared = DomainRouter(), DomainRouter(access=PUBLIC)

    async def endpoint() -> None:
        """Do nothing."""

    with pytest.raises(TypeError, match="declares no access"):
        undeclared.get("/undeclared")(endpoint)
    declared.get("/declared")(endpoint)


def test_operation_with_a_session_but_no_caller_is_refused_unless_it_is_public() -> None:
    private, public = DomainRouter(access=LOGIN), DomainRouter(access=PUBLIC)

    def read_own(session: SessionDep) -> None:
        """Read rows for an unknown caller."""

    def read_public(session: SessionDep) -> None:
        """Read rows that everybody may see."""

    with pytest.raises(TypeError, match="takes a session but no caller"):
        private.get("/private")(read_own)
    public.get("/public")(read_public)
