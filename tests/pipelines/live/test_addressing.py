"""An event goes to the streams of those whom it concerns, with the fields that each may know."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from core.outbox.events import Event
from pipelines.live.addressing import copies_of

ORG, MARKET, SELLER, BUYER, OWNER = (uuid4() for _ in range(5))


def event(topic: str, kind: str, org_id: UUID | None, person_id: UUID | None = None, **payload: Any) -> Event:
    return Event(1, 0, topic, uuid4(), 1, kind, org_id, person_id, (), payload, datetime(2026, 11, 27, tzinfo=UTC))


def readers(given: Event) -> dict[UUID, tuple[str, dict[str, Any]]]:
    return {copy.stream_id: (copy.role, dict(copy.payload)) for copy in copies_of(given, {MARKET})}


def test_lead_of_a_dealer_goes_to_the_dealer_and_its_buyer_who_learns_less() -> None:
    facts = {"state": "new", "owner_id": str(OWNER), "device": 7, "session": 8, "query_id": "q"}

    found = readers(event("lead", "created", ORG, OWNER, buyer_id=str(BUYER), **facts))

    assert found == {ORG: ("org", {"state": "new", "owner_id": str(OWNER)}), BUYER: ("buyer", {"state": "new"})}


def test_buyer_hears_nothing_of_how_the_dealer_works() -> None:
    for kind in ("assigned", "waiting", "sla", "merged", "changed"):
        assert set(readers(event("lead", kind, ORG, buyer_id=str(BUYER)))) == {ORG}


def test_lead_on_a_private_ad_goes_to_its_seller_alone() -> None:
    assert readers(event("lead", "message", MARKET, SELLER, state="new")) == {SELLER: ("seller", {"state": "new"})}


def test_listing_is_told_of_when_its_state_changes_alone() -> None:
    live, sold = {"state": "live", "price_pkr": 1}, {"state": "sold", "price_pkr": 1}

    assert readers(event("listing", "updated", ORG, old=live, new=sold)) == {
        ORG: ("org", {"old": "live", "new": "sold"})
    }
    assert readers(event("listing", "created", MARKET, SELLER, old=None, new=live)) == {
        SELLER: ("seller", {"old": None, "new": "live"})
    }
    assert readers(event("listing", "updated", ORG, old=live, new={**live, "price_pkr": 2})) == {}


def test_former_columns_of_a_car_go_to_no_stream() -> None:
    old = {"state": "live", "price_pkr": 1, "visibility": "private", "title": "secret", "city": None}
    told = event("listing", "updated", MARKET, SELLER, old=old, new={"state": "reserved", "price_pkr": 1})

    assert readers(told) == {SELLER: ("seller", {"old": "live", "new": "reserved"})}
    assert readers(event("unheard", "of", ORG, old=old, new={})) == {ORG: ("org", {})}


def test_deposit_goes_to_both_sides_and_ids_that_are_none_are_passed_over() -> None:
    given = event("deposit", "held", MARKET, seller_id=str(SELLER), buyer_id=str(BUYER), state="held", secret="x")

    assert readers(given) == {SELLER: ("seller", {"state": "held"}), BUYER: ("buyer", {"state": "held"})}
    assert set(readers(event("deposit", "held", ORG, BUYER, seller_id="none", buyer_id=7))) == {ORG, BUYER}


def test_one_who_is_both_gets_one_copy() -> None:
    assert set(readers(event("lead", "created", MARKET, SELLER, buyer_id=str(SELLER)))) == {SELLER}
