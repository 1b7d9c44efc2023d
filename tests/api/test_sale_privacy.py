"""The price of a sale is read by the seller of the car alone, in every answer, event, index and table."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text

from core.access.roles import Role
from core.clock import market_today
from core.db.session import SessionFactory, transaction
from core.search import SearchEngine
from core.settings import Settings
from pipelines.search.sync import sync_index
from tests.api.conftest import code_of
from tests.api.people import People, Person
from tests.dump import dump

ORG = "khan-motors"
CAR = {"make": "Toyota", "model": "Corolla", "model_year": 2018, "price_pkr": 3_550_000, "city": "Lahore"}
PRICE, DAY = 3_123_457, "2026-03-17"
PLANTED = (str(PRICE), f"{PRICE:,}", DAY)


def move(client: httpx.Client, person: Person, listing_id: str, to: str, **more: Any) -> httpx.Response:
    path = f"/v1/listings/{listing_id}/transitions"
    return client.post(path, json={"to": to} | more, headers=person.headers)


def sell(client: httpx.Client, person: Person, listing_id: str) -> None:
    sold = move(client, person, listing_id, "sold", sold_price_pkr=PRICE, sold_on=DAY)
    assert (sold.status_code, sold.json()["sold_price_pkr"], sold.json()["sold_on"]) == (200, PRICE, DAY), sold.text


@pytest.fixture
def agent(people: People) -> Person:
    return people.person((ORG, Role.ORG_ADMIN))


@pytest.fixture
def car(client: httpx.Client, agent: Person) -> str:
    made = client.post(f"/v1/listings?org={ORG}", json=CAR | {"publish": True}, headers=agent.headers)
    return str(made.json()["id"])


def reads(client: httpx.Client, car: str) -> list[str]:
    """Every address of the contract that can be read, about this car and its dealer."""
    known = {"code": ORG, "dealer": ORG}
    paths = client.get("/openapi.json").json()["paths"]
    found = [
        path
        for path, operations in paths.items()
        if "get" in operations and "event-stream" not in str(operations["get"])
    ]
    return [re.sub(r"\{(\w+)\}", lambda name: known.get(name[1], car), path) for path in found]


def test_sale_is_read_by_nobody_but_the_seller(
    client: httpx.Client, people: People, agent: Person, car: str, admin_engine: Engine,
    session_factory: SessionFactory, index: SearchEngine, api_settings: Settings,
) -> None:  # fmt: skip
    sell(client, agent, car)
    with transaction(session_factory) as session:
        sync_index(session, index)
    others = [{}, people.person().headers, people.person(("clifton-cars", Role.ORG_ADMIN)).headers]
    others += [people.person(("automart", role)).headers for role in (Role.MODERATOR, Role.ANALYST, Role.FINANCE)]
    opened = 0
    for path in [*reads(client, car), "/v1/listings?facets=make&facets=city", f"/v1/orgs/{ORG}/listings?status=sold"]:
        for headers in others:
            answer = client.get(path, headers=headers, timeout=10)
            opened += answer.status_code == 200
            assert [word for word in PLANTED if word in answer.text] == [], (path, headers)
    assert opened > 20
    stock = client.get(f"/v1/orgs/{ORG}/listings?status=sold", headers=agent.headers).json()["items"]
    assert [(each["sold_price_pkr"], each["sold_on"]) for each in stock] == [(PRICE, DAY)]
    with transaction(session_factory) as session:
        session.execute(text("UPDATE listings SET sold_price_pkr = NULL, sold_on = NULL"))
    dumped = dump(admin_engine).decode("utf-8", "replace")
    assert [word for word in PLANTED if word in dumped] == []  # events, records, kept answers, statistics
    for path in api_settings.index_dir.rglob("*"):
        assert not path.is_file() or not any(word.encode() in path.read_bytes() for word in PLANTED), path


def test_moderator_neither_reads_nor_writes_what_a_sale_brought(
    client: httpx.Client, people: People, agent: Person, car: str
) -> None:
    sell(client, agent, car)
    moderator = people.person(("automart", Role.MODERATOR))
    assert code_of(move(client, moderator, car, "sold", sold_price_pkr=99)) == (422, "sale_refused")
    answer = move(client, moderator, car, "sold")
    assert (answer.status_code, answer.json()["sold_price_pkr"], answer.json()["sold_on"]) == (200, None, None)
    stock = client.get(f"/v1/orgs/{ORG}/listings", headers=agent.headers).json()["items"]
    assert [(each["sold_price_pkr"], each["sold_on"]) for each in stock] == [(PRICE, DAY)]


@pytest.mark.parametrize(
    ("to", "sale"),
    [
        ("reserved", {"sold_price_pkr": PRICE}),
        ("withdrawn", {"sold_on": DAY}),
        ("sold", {"sold_on": str(market_today() + timedelta(days=1))}),
        ("sold", {"sold_on": "2016-12-31"}),
        ("sold", {"sold_on": "0001-01-01"}),
    ],
)
def test_sale_that_cannot_be_is_refused_and_moves_nothing(
    client: httpx.Client, agent: Person, car: str, to: str, sale: dict[str, Any]
) -> None:
    assert code_of(move(client, agent, car, to, **sale)) == (422, "sale_refused")
    stock = client.get(f"/v1/orgs/{ORG}/listings", headers=agent.headers).json()["items"]
    assert [(each["status"], each["sold_price_pkr"]) for each in stock] == [("live", None)]


def test_private_sellers_sale_is_the_sellers_alone(
    client: httpx.Client, people: People, session_factory: SessionFactory
) -> None:
    seller, moderator = people.person(), people.person(("automart", Role.MODERATOR))
    ad = client.post("/v1/listings", json=CAR, headers=seller.headers).json()["id"]
    with transaction(session_factory) as session:
        session.execute(text("UPDATE listings SET status = 'live' WHERE id = :id"), {"id": ad})
    sell(client, seller, ad)
    assert client.get("/v1/me/listings", headers=seller.headers).json()["items"][0]["sold_price_pkr"] == PRICE
    assert move(client, moderator, ad, "sold").json()["sold_price_pkr"] is None
