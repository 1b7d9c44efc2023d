"""Owners post, change and move their cars; everybody else is told nothing of them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select

from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.db.tables import Listing
from core.db.tables.audit import AuditRecord
from core.search import SearchEngine
from pipelines.search.sync import sync_index
from tests.api.conftest import Add, code_of
from tests.api.people import People, Person
from tests.factories.listings import PRICES

ORG = "khan-motors"
CAR: dict[str, Any] = {
    "make": "toyota", "model": "corolla", "variant": "GLi", "model_year": 2018, "mileage_km": 84_000,
    "price_pkr": 3_550_000, "fuel": "petrol", "color": "Super White", "city": "lahore",
    "description": "First owner. Call 0300 1234567",
}  # fmt: skip


@pytest.fixture
def agent(client: httpx.Client, people: People) -> Person:
    return people.person((ORG, Role.SALES_AGENT))


def post(client: httpx.Client, person: Person, org: str | None = ORG, **fields: Any) -> dict[str, Any]:
    answer = client.post(
        "/v1/listings", params={} if org is None else {"org": org}, json=CAR | fields, headers=person.headers
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def move(client: httpx.Client, person: Person, car: str, to: str, **more: Any) -> httpx.Response:
    return client.post(f"/v1/listings/{car}/transitions", json={"to": to} | more, headers=person.headers)


def patch(client: httpx.Client, person: Person, car: dict[str, Any], **fields: Any) -> httpx.Response:
    headers = person.headers | {"if-match": car["etag"]}
    return client.patch(f"/v1/listings/{car['id']}", json=fields, headers=headers)


def found(client: httpx.Client, factory: SessionFactory, index: SearchEngine) -> list[tuple[str, str]]:
    with transaction(factory) as session:
        sync_index(session, index)
    return [(car["id"], car["status"]) for car in client.get("/v1/listings").json()["items"]]


def test_posted_car_is_read_as_feeds_are(client: httpx.Client, agent: Person) -> None:
    car = post(client, agent, branch="dha")
    named = ("make", "model", "color", "color_raw", "city", "province", "title", "status", "source", "branch", "org")
    assert [car[name] for name in named] == [
        "Toyota", "Corolla", "white", "Super White", "Lahore", "Punjab", "Toyota Corolla GLi 2018", "draft", "form",
        "dha", ORG,
    ]  # fmt: skip
    assert "0300" not in car["description"]
    assert [point["price_pkr"] for point in car["prices"]] == [3_550_000]


def test_life_of_a_dealers_car(
    client: httpx.Client, agent: Person, session_factory: SessionFactory, index: SearchEngine
) -> None:
    car = post(client, agent)
    path = f"/v1/listings/{car['id']}"
    assert found(client, session_factory, index) == []
    assert client.get(path).status_code == 404
    assert move(client, agent, car["id"], "live").json()["status"] == "live"
    assert found(client, session_factory, index) == [(car["id"], "live")]
    move(client, agent, car["id"], "reserved")
    assert found(client, session_factory, index) == [(car["id"], "reserved")]
    assert client.get(path).json()["status"] == "reserved"
    sold = move(client, agent, car["id"], "sold", sold_price_pkr=3_400_000, sold_on="2026-05-02").json()
    assert (sold["sold_price_pkr"], sold["sold_on"], sold["decided_by"]) == (3_400_000, "2026-05-02", "person")
    assert found(client, session_factory, index) == []
    assert client.get(path).status_code == 404
    again = move(client, agent, car["id"], "sold", sold_price_pkr=3_390_000).json()
    assert (again["sold_price_pkr"], again["sold_on"]) == (3_390_000, "2026-05-02")
    again = move(client, agent, car["id"], "sold").json()
    assert (again["sold_price_pkr"], again["sold_on"]) == (3_390_000, "2026-05-02")
    refused = move(client, agent, car["id"], "reserved")
    assert code_of(refused) == (409, "move_refused")
    assert "live" in refused.json()["detail"]
    back = move(client, agent, car["id"], "live").json()
    assert (back["status"], back["sold_price_pkr"]) == ("live", None)


def test_change_needs_the_form_that_was_read(client: httpx.Client, agent: Person) -> None:
    car = post(client, agent)
    path = f"/v1/listings/{car['id']}"
    assert code_of(client.patch(path, json={"price_pkr": 1}, headers=agent.headers)) == (428, "if_match_needed")
    changed = patch(client, agent, car, price_pkr=3_300_000, city=None)
    assert changed.headers["etag"] == changed.json()["etag"] != car["etag"]
    assert [point["price_pkr"] for point in changed.json()["prices"]] == [3_300_000, 3_550_000]
    assert (changed.json()["city"], changed.json()["province"]) == (None, None)
    assert code_of(patch(client, agent, car, price_pkr=3_200_000)) == (412, "listing_changed")
    same = patch(client, agent, changed.json(), price_pkr=3_300_000)
    assert (same.status_code, same.json()["etag"], len(same.json()["prices"])) == (200, changed.json()["etag"], 2)


def test_composed_title_follows_the_car_and_a_given_one_stays(client: httpx.Client, agent: Person) -> None:
    car = patch(client, agent, post(client, agent), model_year=2019).json()
    assert car["title"] == "Toyota Corolla GLi 2019"
    car = patch(client, agent, car, title="My Corolla").json()
    assert patch(client, agent, car, model_year=2020).json()["title"] == "My Corolla"


@pytest.mark.parametrize("field", ["org_id", "source", "status", "origin", "seller_id", "id", "source_key"])
def test_owner_source_and_state_are_no_fields(client: httpx.Client, agent: Person, field: str) -> None:
    car = post(client, agent)
    assert patch(client, agent, car, **{field: "live"}).status_code == 422


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"price_pkr": 12}, "listing_refused"),
        ({"model_year": 1930}, "listing_refused"),
        ({"make": "-"}, "listing_refused"),
        ({"branch": "no-such"}, "bad_branch"),
        ({"visibility": "wholesale_public", "channels": ["automart"]}, "not_shown_there"),
        ({"let_go": ["price_pkr"]}, "no_feed"),
    ],
)
def test_bad_change_is_refused_and_changes_nothing(
    client: httpx.Client, agent: Person, fields: dict[str, Any], code: str
) -> None:
    car = post(client, agent)
    assert code_of(patch(client, agent, car, **fields)) == (422, code)
    kept = client.get(f"/v1/orgs/{ORG}/listings", headers=agent.headers).json()["items"]
    assert kept == [car]


def test_fifty_calls_with_one_key_make_one_car(
    client: httpx.Client, agent: Person, session_factory: SessionFactory
) -> None:
    headers = agent.headers | {"idempotency-key": str(uuid4())}

    def call(_: int) -> tuple[int, str | None]:
        answer = client.post("/v1/listings", params={"org": ORG}, json=CAR, headers=headers)
        return answer.status_code, answer.json().get("id")

    with ThreadPoolExecutor(50) as threads:
        answers = set(threads.map(call, range(50)))
    assert {status for status, _ in answers} <= {201, 409}
    assert len({car for status, car in answers if status == 201}) == 1
    with session_factory() as session:
        assert session.scalar(select(func.count()).select_from(Listing)) == 1
        assert session.scalar(select(func.count()).select_from(PRICES)) == 1


def test_replay_asks_for_the_right_again(
    client: httpx.Client, people: People, agent: Person, session_factory: SessionFactory
) -> None:
    admin = people.person((ORG, Role.ORG_ADMIN))
    headers = agent.headers | {"idempotency-key": "one"}
    assert client.post("/v1/listings", params={"org": ORG}, json=CAR, headers=headers).status_code == 201
    assert client.delete(f"/v1/orgs/{ORG}/members/{agent.user_id}", headers=admin.headers).status_code == 204
    again = client.post("/v1/listings", params={"org": ORG}, json=CAR, headers=headers)
    assert code_of(again) == (403, "not_a_member")


def test_private_ad_waits_for_review_and_moderators_decide(
    client: httpx.Client, people: People, session_factory: SessionFactory, index: SearchEngine
) -> None:
    seller, second, moderator = people.person(), people.person(), people.person(("automart", Role.MODERATOR))
    ad = post(client, seller, None, publish=True)
    assert (ad["status"], ad["source"], ad["org"], ad["channels"]) == (
        "in_review", "private", "classifieds", ["automart"],
    )  # fmt: skip
    assert code_of(move(client, seller, ad["id"], "live")) == (409, "move_refused")
    assert code_of(move(client, second, ad["id"], "draft")) == (403, "forbidden")
    assert code_of(patch(client, second, ad, price_pkr=1_000_000)) == (403, "forbidden")
    assert [car["id"] for car in client.get("/v1/me/listings", headers=seller.headers).json()["items"]] == [ad["id"]]
    assert client.get("/v1/me/listings", headers=second.headers).json()["items"] == []
    assert found(client, session_factory, index) == []
    assert move(client, moderator, ad["id"], "live").json()["status"] == "live"
    assert found(client, session_factory, index) == [(ad["id"], "live")]


def test_rejected_car_of_a_dealer_comes_back_through_moderators_alone(
    client: httpx.Client, people: People, agent: Person, session_factory: SessionFactory
) -> None:
    moderator = people.person(("automart", Role.MODERATOR))
    car = post(client, agent)
    move(client, agent, car["id"], "live")
    assert move(client, moderator, car["id"], "rejected").json()["status"] == "rejected"
    for way in ("live", "withdrawn", "draft", "sold"):
        assert code_of(move(client, agent, car["id"], way)) == (409, "move_refused")
    assert move(client, agent, car["id"], "in_review").json()["status"] == "in_review"
    for way in ("live", "withdrawn", "draft"):
        assert code_of(move(client, agent, car["id"], way)) == (409, "move_refused")
    assert move(client, moderator, car["id"], "live").json()["status"] == "live"


@pytest.mark.parametrize("way", ["rejected", "in_review"])
def test_price_of_a_car_that_was_taken_down_does_not_teach_after_it_is_withdrawn(
    client: httpx.Client, people: People, session_factory: SessionFactory, way: str
) -> None:
    seller, moderator = people.person(), people.person(("automart", Role.MODERATOR))
    ad = post(client, seller, None, publish=True)
    for person, to in ((moderator, "live"), (moderator, way), (seller, "withdrawn")):
        assert move(client, person, ad["id"], to).json()["status"] == to
    with transaction(session_factory) as session:
        assert session.scalars(select(Listing.removed_at).where(Listing.id == ad["id"])).one() is None


@pytest.mark.parametrize("state", ["reserved", "sold"])
def test_only_states_that_feeds_move_can_be_left_to_the_feed(
    client: httpx.Client, agent: Person, add: Add, state: str
) -> None:
    add(org=ORG)
    car = client.get(f"/v1/orgs/{ORG}/listings", headers=agent.headers).json()["items"][0]
    assert code_of(move(client, agent, car["id"], state, leave_to_feed=True)) == (422, "no_feed")
    assert move(client, agent, car["id"], state).json()["decided_by"] == "person"
    assert code_of(move(client, agent, car["id"], state, leave_to_feed=True)) == (422, "no_feed")
    assert move(client, agent, car["id"], "live", leave_to_feed=True).json()["decided_by"] == "feed"


def test_private_ad_is_on_automart_alone(client: httpx.Client, people: People) -> None:
    seller = people.person()
    for fields in ({"visibility": "wholesale_public"}, {"channels": ["automart", "autotrader"]}):
        answer = client.post("/v1/listings", json=CAR | fields, headers=seller.headers)
        assert code_of(answer) == (422, "not_shown_there")
    assert post(client, seller, None, visibility="private")["visibility"] == "private"


def test_what_a_person_sets_on_a_feeds_car_is_marked_and_can_be_let_go(
    client: httpx.Client, agent: Person, add: Add
) -> None:
    add(org=ORG)
    car = client.get(f"/v1/orgs/{ORG}/listings", headers=agent.headers).json()["items"][0]
    edited = patch(client, agent, car, price_pkr=3_100_000, color="Silver", branch="dha").json()
    assert edited["kept_fields"] == ["branch_id", "color", "color_raw", "price_pkr"]
    back = patch(client, agent, edited, let_go=["price_pkr", "branch"]).json()
    assert (back["price_pkr"], back["branch"], back["kept_fields"]) == (3_500_000, None, ["color", "color_raw"])
    gone = move(client, agent, car["id"], "withdrawn").json()
    assert (gone["status"], gone["decided_by"]) == ("withdrawn", "person")
    left = move(client, agent, car["id"], "live", leave_to_feed=True).json()
    assert (left["status"], left["decided_by"]) == ("live", "feed")


def test_agent_of_a_branch_handles_its_cars_alone(client: httpx.Client, people: People, agent: Person) -> None:
    narrowed = people.person((ORG, Role.SALES_AGENT), branches=("clifton",))
    mine, other = post(client, narrowed), post(client, agent, branch="dha")
    assert mine["branch"] == "clifton"
    listed = client.get(f"/v1/orgs/{ORG}/listings", headers=narrowed.headers).json()["items"]
    assert [car["id"] for car in listed] == [mine["id"]]
    assert code_of(patch(client, narrowed, other, price_pkr=1_000_000)) == (404, "listing_not_found")
    assert code_of(patch(client, narrowed, mine, branch="dha")) == (422, "bad_branch")


def test_stock_comes_in_pages_and_by_state(client: httpx.Client, agent: Person) -> None:
    cars = [post(client, agent, publish=number % 2 == 0)["id"] for number in range(5)]
    path, seen, cursor = f"/v1/orgs/{ORG}/listings", [], None
    while True:
        page = client.get(
            path, params={"limit": 2} | ({"cursor": cursor} if cursor else {}), headers=agent.headers
        ).json()
        seen += [car["id"] for car in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == cars[::-1]
    drafts = client.get(path, params={"status": "draft"}, headers=agent.headers).json()["items"]
    assert [car["id"] for car in drafts] == [cars[3], cars[1]]


def test_every_write_is_in_the_audit_trail(
    client: httpx.Client, agent: Person, session_factory: SessionFactory
) -> None:
    car = post(client, agent)
    patch(client, agent, car, price_pkr=3_300_000)
    move(client, agent, car["id"], "live", reason="Photos are ready")
    with session_factory() as session:
        records = session.scalars(
            select(AuditRecord).where(AuditRecord.subject_id == car["id"]).order_by(AuditRecord.id)
        ).all()
    assert [each.action for each in records] == ["listings.post", "listings.change", "listings.move"]
    assert (records[1].before, records[1].after) != (None, None)
    assert records[2].after == {"status": "live", "state_by": "person"}
