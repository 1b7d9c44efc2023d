"""The contact of a car on offer is revealed by a call of its own, which counts once."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select, update

from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.db.tables import Branch, OutboxEvent
from core.db.tables.listings import ListingContact
from core.identity import contacts
from tests.api.conftest import Add, code_of
from tests.api.people import People
from tests.factories.listings import change_listing

ORG = "khan-motors"


def reveal(client: httpx.Client, car: UUID | str, event: UUID | None = None, **more: Any) -> httpx.Response:
    body = {"event_id": str(event or uuid4()), "device_id": "phone-1"}
    return client.post(f"/v1/listings/{car}/contact", json=body, **more)


def events(factory: SessionFactory) -> int:
    """The reveals; each has its event in the outbox, with the id that the app gave, and no other."""
    with factory() as session:
        kept = session.scalars(select(ListingContact).order_by(ListingContact.created_at)).all()
        told = session.execute(
            select(OutboxEvent.subject_id, OutboxEvent.kind, OutboxEvent.payload, OutboxEvent.audience)
            .where(OutboxEvent.topic == "listing_contact")
            .order_by(OutboxEvent.id)
        ).all()
    assert [tuple(each) for each in told] == [
        (each.listing_id, "revealed", {"event_id": str(each.event_id)}, []) for each in kept
    ]
    return len(kept)


@pytest.fixture
def car(client: httpx.Client, people: People, add: Add, session_factory: SessionFactory) -> UUID:
    people.org(ORG)
    car = add(org=ORG)
    with transaction(session_factory) as session:
        session.execute(update(Branch).where(Branch.code == "dha").values(phones=["042 35711111"], city="Lahore"))
    return car


def test_dealers_car_names_its_branch_to_anybody(
    client: httpx.Client, car: UUID, session_factory: SessionFactory
) -> None:
    event = uuid4()
    first, again = reveal(client, car, event), reveal(client, car, event)
    assert (first.status_code, first.json()) == (200, again.json())
    assert (first.json()["phones"], first.json()["branch"], first.json()["city"]) == (["042 35711111"], "dha", "Lahore")
    assert events(session_factory) == 1
    assert reveal(client, car).status_code == 200
    assert events(session_factory) == 2


def test_private_seller_is_reached_by_the_proven_phone(
    client: httpx.Client, people: People, session_factory: SessionFactory
) -> None:
    seller, moderator = (
        people.person(contact=contacts.phone("0300 1234567")),
        people.person(("automart", Role.MODERATOR)),
    )
    fields = {"make": "Toyota", "model": "Corolla", "model_year": 2018, "publish": True}
    ad = client.post("/v1/listings", json=fields, headers=seller.headers).json()["id"]
    assert code_of(reveal(client, ad)) == (404, "listing_not_found")
    assert code_of(reveal(client, ad, headers=seller.headers)) == (404, "listing_not_found")
    client.post(f"/v1/listings/{ad}/transitions", json={"to": "live"}, headers=moderator.headers)
    assert reveal(client, ad).json()["phones"] == ["+923001234567"]
    assert events(session_factory) == 1


@pytest.mark.parametrize("columns", [{"status": "sold"}, {"visibility": "private"}, {"channels": ["autotrader"]}])
def test_car_that_strangers_may_not_open_tells_no_contact(
    client: httpx.Client, car: UUID, session_factory: SessionFactory, columns: dict[str, Any]
) -> None:
    with transaction(session_factory) as session:
        change_listing(session, car, **columns)
    assert reveal(client, car).json()["code"] == reveal(client, uuid4()).json()["code"] == "listing_not_found"
    assert events(session_factory) == 0


def test_contacts_are_limited(client: httpx.Client, car: UUID) -> None:
    device = {"X-Device-ID": reveal(client, car).headers["X-Device-ID"]}
    answers = [reveal(client, car, headers=device).status_code for _ in range(31)]
    assert answers == [200] * 30 + [429]
