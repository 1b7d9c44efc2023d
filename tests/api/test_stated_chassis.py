"""Owners state the chassis numbers of their cars; nobody else is told, and feeds and people do not undo each other."""

import io
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import Engine, func, select

from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.db.tables import Listing
from core.db.tables.audit import AuditRecord
from core.db.tables.listing_chassis import ListingChassis
from tests.api.conftest import code_of
from tests.api.people import People, Person
from tests.api.test_car_history import Send, answers_without, history, listing_of, others, send
from tests.api.test_listing_writes import ORG, move, patch, post
from tests.api.test_planted_contacts import cells

__all__ = ["listing_of", "send"]
NUMBER, OTHER, SERIAL = "NZE141-6087654", "JTDBR32E166087654", "6087654"  # five digits are in some random id


@pytest.fixture
def agent(people: People, client: httpx.Client) -> Person:
    people.org("platform", "platform")
    people.org("dha-cars")
    return people.person((ORG, Role.SALES_AGENT))


def edit(client: httpx.Client, person: Person, listing_id: UUID, **fields: Any) -> httpx.Response:
    """Change a listing as it is now."""
    stock = client.get(f"/v1/orgs/{ORG}/listings", headers=person.headers).json()["items"]
    (car,) = [each for each in stock if each["id"] == str(listing_id)]
    return patch(client, person, car, **fields)


def numbers_kept(factory: SessionFactory) -> int:
    with factory() as session:
        return session.scalar(select(func.count()).select_from(ListingChassis)) or 0


def put_on_offer(factory: SessionFactory, ads: list[dict[str, Any]]) -> None:
    with transaction(factory) as session:
        for ad in ads:
            session.get_one(Listing, UUID(ad["id"])).status = "live"


def test_number_is_read_told_to_its_owner_and_taken_away(
    client: httpx.Client, agent: Person, session_factory: SessionFactory
) -> None:
    car = post(client, agent, chassis_number="dba-nze141 6087654", publish=True)
    assert car["chassis_number"] == NUMBER
    assert history(client, UUID(car["id"]), agent).json()["chassis_number"] == NUMBER
    (listed,) = client.get(f"/v1/orgs/{ORG}/listings", headers=agent.headers).json()["items"]
    assert (listed["chassis_number"], listed["etag"]) == (NUMBER, car["etag"])
    same = patch(client, agent, car, chassis_number="NZE1416087654").json()
    assert (same["chassis_number"], same["etag"]) == (NUMBER, car["etag"])
    changed = patch(client, agent, car, chassis_number=OTHER)
    assert changed.json()["chassis_number"] == OTHER
    assert changed.headers["etag"] == changed.json()["etag"] != car["etag"]
    assert changed.json()["updated_at"] == car["updated_at"]  # nothing of what others may know
    assert code_of(patch(client, agent, car, chassis_number=None)) == (412, "listing_changed")
    assert patch(client, agent, changed.json(), price_pkr=3_400_000).json()["chassis_number"] == OTHER
    gone = edit(client, agent, UUID(car["id"]), chassis_number=None).json()
    assert (gone["chassis_number"], numbers_kept(session_factory)) == (None, 0)
    assert move(client, agent, car["id"], "withdrawn").json()["chassis_number"] is None


@pytest.mark.parametrize("typed", ["DBA-NZE141", "TBA", "****7654", "NZE141 60876x5", "JTDBR32E16001234"])
def test_number_that_is_not_understood_is_refused_with_what_to_give(
    client: httpx.Client, agent: Person, session_factory: SessionFactory, typed: str
) -> None:
    car = post(client, agent, chassis_number=NUMBER)
    answers = [patch(client, agent, car, chassis_number=typed, price_pkr=1_000_000)]
    body = {"make": "Toyota", "model": "Corolla", "model_year": 2018, "chassis_number": typed}
    answers.append(client.post("/v1/listings", params={"org": ORG}, json=body, headers=agent.headers))
    for answer in answers:
        assert code_of(answer) == (422, "chassis_not_understood")
        assert "a VIN of 17 letters and digits" in answer.json()["detail"]
        assert typed not in answer.text
    with session_factory() as session:
        assert [each.price_pkr for each in session.scalars(select(Listing).order_by(Listing.id))] == [3_550_000]


def test_request_that_is_repeated_states_the_number_once(
    client: httpx.Client, agent: Person, session_factory: SessionFactory
) -> None:
    car = post(client, agent)
    headers = agent.headers | {"if-match": car["etag"], "idempotency-key": str(uuid4())}
    path, body = f"/v1/listings/{car['id']}", {"chassis_number": NUMBER}
    answers = [client.patch(path, json=body, headers=headers) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert [each.headers["etag"] for each in answers] == [answers[0].json()["etag"]] * 2
    assert "idempotency-replayed" in answers[1].headers
    with session_factory() as session:
        acts = session.scalars(select(AuditRecord).where(AuditRecord.action == "listings.change")).all()
    assert [(act.before, act.after) for act in acts] == [({"chassis_number": None}, {"chassis_number": "stated"})]


def test_feed_and_people_state_numbers_of_one_car(
    client: httpx.Client, agent: Person, send: Send, listing_of: Callable[[str], UUID]
) -> None:
    send(ORG, ("A1", "", 4_500_000), ("A2", OTHER, 3_000_000))
    first, second = listing_of("A1"), listing_of("A2")
    assert edit(client, agent, first, chassis_number=NUMBER).json()["chassis_number"] == NUMBER
    for fields in ({"chassis_number": NUMBER}, {"chassis_number": None}):
        assert code_of(edit(client, agent, second, **fields)) == (422, "feed_states_chassis")
    assert edit(client, agent, second, chassis_number=OTHER).status_code == 200
    assert edit(client, agent, second, let_go=["chassis_number"]).json()["chassis_number"] == OTHER
    send(ORG, ("A1", "", 4_400_000), ("A2", OTHER, 3_000_000))
    assert history(client, first, agent).json()["chassis_number"] == NUMBER, "the feed states none"
    assert edit(client, agent, first, let_go=["chassis_number"]).json()["chassis_number"] is None
    edit(client, agent, first, chassis_number=NUMBER)
    send(ORG, ("A1", "ZVW51-8012345", 4_400_000), ("A2", "", 3_000_000))
    told = [history(client, each, agent).json()["chassis_number"] for each in (first, second)]
    assert told == ["ZVW51-8012345", None]


def test_private_sellers_and_dealers_are_told_nothing_of_each_other(
    client: httpx.Client, people: People, agent: Person, session_factory: SessionFactory
) -> None:
    seller, second = people.person(), people.person()
    dealers = post(client, agent, chassis_number=NUMBER, publish=True)
    ads = [post(client, each, None, chassis_number=NUMBER) for each in (seller, seller, second)]
    assert [ad["chassis_number"] for ad in ads] == [NUMBER] * 3
    put_on_offer(session_factory, ads)
    for person, car, own in ((agent, dealers, [dealers]), (seller, ads[0], ads[1::-1]), (second, ads[2], [ads[2]])):
        told = history(client, UUID(car["id"]), person).json()
        assert [each["listing_id"] for each in told["listings"]] == [each["id"] for each in own]
        assert told["chassis_number"] == NUMBER
    moderator = people.person(("platform", Role.MODERATOR))
    answer = client.get("/v1/moderation/shared-chassis", headers=moderator.headers)
    (group,) = answer.json()["items"]
    assert [(car["org"], car["listing_id"]) for car in group["cars"]] == [
        (ORG, dealers["id"]), *(("classifieds", ad["id"]) for ad in ads),
    ]  # fmt: skip
    assert SERIAL not in answer.text
    seen = history(client, UUID(ads[0]["id"]), moderator).json()
    assert (seen["chassis_number"], len(seen["listings"])) == (None, 2)


def test_two_ads_of_one_seller_are_no_shared_car(
    client: httpx.Client, people: People, agent: Person, session_factory: SessionFactory
) -> None:
    seller = people.person()
    put_on_offer(session_factory, [post(client, seller, None, chassis_number=NUMBER) for _ in range(2)])
    moderator = people.person(("platform", Role.MODERATOR))
    assert client.get("/v1/moderation/shared-chassis", headers=moderator.headers).json()["items"] == []


def test_people_of_the_marketplace_are_not_told_a_sellers_number(
    client: httpx.Client, people: People, agent: Person
) -> None:
    ad = post(client, people.person(), None, chassis_number=NUMBER)
    staff = people.person(("classifieds", Role.ORG_ADMIN))
    shown = client.get("/v1/orgs/classifieds/listings", headers=staff.headers).json()["items"]
    assert [(each["id"], each["chassis_number"]) for each in shown] == [(ad["id"], None)]
    assert history(client, UUID(ad["id"]), staff).json()["chassis_number"] is None


@pytest.mark.slow
@pytest.mark.parametrize("is_private", [False, True])
def test_stated_number_stands_in_no_answer_to_others_no_log_and_no_column(
    client: httpx.Client, people: People, agent: Person, engine: Engine, log: io.StringIO, *, is_private: bool
) -> None:
    seller = people.person()
    owner = seller if is_private else agent
    headers = owner.headers | {"idempotency-key": str(uuid4())}
    car = {"make": "Toyota", "model": "Corolla", "model_year": 2018, "price_pkr": 3_550_000, "chassis_number": OTHER}
    posted = client.post("/v1/listings", params={} if is_private else {"org": ORG}, json=car, headers=headers).json()
    changed = patch(client, owner, posted, chassis_number=NUMBER).json()
    assert changed["chassis_number"] == NUMBER
    for rubbish in ("NZE141-6087654123", "N" * 61 + SERIAL, f"NZE141-{SERIAL[2:]}\n"):
        assert patch(client, owner, changed, chassis_number=rubbish).status_code == 422
    move(client, owner, posted["id"], "in_review" if is_private else "live")
    strangers = [{}, *others(people, "dha-cars"), (agent if is_private else seller).headers]
    assert answers_without(SERIAL, client, UUID(posted["id"]), strangers) > 20
    assert SERIAL not in log.getvalue()
    assert [column for column, value in cells(engine) if SERIAL in value] == []
