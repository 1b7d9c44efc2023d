"""States that people and feeds ask for while a deposit holds a car are remembered, and taken when the deposit ends."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from core.access.principal import Principal
from core.access.roles import Role
from core.clock import market_today
from core.db.session import SessionFactory, transaction
from core.db.tables import Listing, Org
from core.identity.orgs import add_org
from core.storage import Storage
from core.vocabulary import ListingStatus as State
from pipelines.feeds.mapping.store import load_mapping
from pipelines.imports import Delivery, ImportContext, ImportResult, import_delivery
from serving.deposits import acts
from serving.listings.errors import MoveRefusedError, SaleRefusedError
from serving.listings.management.managed import managed
from serving.listings.management.moving import Move, Sale, move_listing
from tests.factories.deposits import Till, sandbox
from tests.factories.feeds import row, sheet
from tests.factories.managers import manager

SHOWROOM = load_mapping("showroom")


@pytest.fixture
def till(session_factory: SessionFactory) -> Iterator[Till]:
    with sandbox() as server:
        yield Till.of(session_factory, server)


def end(till: Till, deposit_id: UUID) -> tuple[str, str]:
    buyer = Principal(till.deposit(deposit_id).buyer_id)
    till.do(acts.void_deposit, buyer, deposit_id, None, till.now)
    till.turn()
    assert till.books() == {}
    return till.listing(deposit_id)


def ask(till: Till, deposit_id: UUID, to: State, *, sale: Sale | None = None, **how: Any) -> str | None:
    by, leave = how.get("by"), how.get("leave", False)
    move = Move(to, sale or Sale(), leave_to_feed=leave)
    car = till.deposit(deposit_id).listing_id
    with transaction(till.sessions) as session:
        view = move_listing(session, manager(by or till.dealer()), car, move)
        assert (view.listing.status, view.listing.state_by) == ("reserved", "deposit")
        return view.asked_status


def sale_of(till: Till, deposit_id: UUID) -> tuple[int | None, date | None]:
    with till.sessions() as session:
        car = session.get_one(Listing, till.deposit(deposit_id).listing_id)
        return car.sold_price_pkr, car.sold_on


@pytest.mark.parametrize("to", [State.SOLD, State.WITHDRAWN])
def test_state_that_the_dealer_asks_for_is_taken_when_the_deposit_ends(till: Till, to: State) -> None:
    deposit_id = till.held()
    assert ask(till, deposit_id, to) == to
    assert end(till, deposit_id) == (to, "person")


def test_price_and_day_of_a_sale_that_is_asked_for_are_kept_and_seen_by_the_owner_alone(till: Till) -> None:
    day = market_today() - timedelta(days=1)
    for ending in (end, lambda till, each: till.capture(each)):
        deposit_id = till.held()
        assert ask(till, deposit_id, State.SOLD, sale=Sale(3_400_000, day)) == "sold"
        assert sale_of(till, deposit_id) == (None, None), "it is not sold yet"
        car = till.deposit(deposit_id).listing_id
        with till.sessions() as session:
            listing = session.get_one(Listing, car)
            assert managed(session, manager(till.dealer()), listing).sale == Sale(3_400_000, day)
            assert managed(session, manager(till.staff(Role.MODERATOR)), listing).sale == Sale()
        ending(till, deposit_id)
        assert till.listing(deposit_id) == ("sold", "person")
        assert sale_of(till, deposit_id) == (3_400_000, day)


def test_sale_is_asked_for_by_its_seller_with_a_day_that_can_be_and_goes_with_the_wish(till: Till) -> None:
    deposit_id = till.held()
    with pytest.raises(SaleRefusedError):
        ask(till, deposit_id, State.SOLD, sale=Sale(1, market_today() + timedelta(days=1)))
    with pytest.raises(SaleRefusedError):
        ask(till, deposit_id, State.WITHDRAWN, sale=Sale(1))
    ask(till, deposit_id, State.SOLD, sale=Sale(3_400_000))
    ask(till, deposit_id, State.WITHDRAWN)
    till.capture(deposit_id)
    assert sale_of(till, deposit_id) == (None, None)


def test_last_wish_counts_and_can_be_taken_back(till: Till) -> None:
    deposit_id = till.held()
    ask(till, deposit_id, State.SOLD)
    assert ask(till, deposit_id, State.WITHDRAWN) == "withdrawn"
    assert ask(till, deposit_id, State.LIVE) is None
    assert end(till, deposit_id) == ("live", "feed")


def test_wish_that_is_left_to_the_feed_is_the_feeds_word(till: Till) -> None:
    deposit_id = till.held()
    ask(till, deposit_id, State.WITHDRAWN, leave=True)
    assert end(till, deposit_id) == ("withdrawn", "feed")


def test_wish_of_the_moderation_is_remembered_and_one_that_nobody_has_is_refused(till: Till) -> None:
    deposit_id = till.held()
    assert ask(till, deposit_id, State.REJECTED, by=till.staff(Role.MODERATOR)) == "rejected"
    with pytest.raises(MoveRefusedError):
        ask(till, deposit_id, State.DRAFT)
    assert end(till, deposit_id) == ("rejected", "person")


def test_capture_sells_the_car_whatever_was_asked_for(till: Till) -> None:
    deposit_id = till.held()
    ask(till, deposit_id, State.WITHDRAWN)
    till.capture(deposit_id)
    assert till.listing(deposit_id) == ("sold", "person")


@pytest.mark.parametrize("status", ["sold", "withdrawn"])
def test_car_that_is_sold_or_withdrawn_at_the_end_never_becomes_live(till: Till, status: str) -> None:
    deposit_id = till.held()
    with transaction(till.sessions) as session:
        car = session.scalars(select(Listing).where(Listing.id == till.deposit(deposit_id).listing_id)).one()
        car.status, car.state_by = status, "person"
    assert end(till, deposit_id) == (status, "person")


def deliver(till: Till, storage: Storage, *rows: str) -> ImportResult:
    """Import a full feed of the dealer."""
    with transaction(till.sessions) as session:
        context = ImportContext(session, storage, run_id="test")
        found = session.scalar(select(Org).where(Org.code == "khan-motors"))
        org = found or add_org(session, "khan-motors", "Khan Motors", default_mapping="showroom")
        return import_delivery(context, Delivery(org, "stock.csv", sheet(*rows), SHOWROOM))


def car_of(till: Till, key: str) -> tuple[UUID, str, str]:
    with till.sessions() as session:
        car = session.scalars(select(Listing).where(Listing.source_key == key)).one()
        return car.id, car.status, car.state_by


def held_car(till: Till, storage: Storage, cars: list[str]) -> UUID:
    """A deposit that holds the car K0 of a feed."""
    assert deliver(till, storage, *cars).status == "applied"
    with transaction(till.sessions) as session:
        session.execute(update(Listing).values(visibility="public"))
    deposit_id = till.open(car_of(till, "K0")[0])
    till.pay(deposit_id)
    till.turn()
    assert till.listing(deposit_id) == ("reserved", "deposit")
    return deposit_id


CARS = [row(f"K{number}") for number in range(20)]


@pytest.mark.parametrize("gone", [[], [row("K0", status="sold")]], ids=["missing", "sold"])
def test_car_that_its_feed_took_off_meanwhile_is_withdrawn_and_the_feeds_again(
    till: Till, storage: Storage, gone: list[str]
) -> None:
    deposit_id = held_car(till, storage, CARS)
    assert deliver(till, storage, *gone, *CARS[1:]).status == "applied"
    assert till.listing(deposit_id) == ("reserved", "deposit")
    assert end(till, deposit_id) == ("withdrawn", "feed")
    deliver(till, storage, *CARS[:-1], row("K19", year=2019))
    assert car_of(till, "K0")[1:] == ("live", "feed")


def test_car_that_its_feed_offers_again_is_live_again(till: Till, storage: Storage) -> None:
    deposit_id = held_car(till, storage, CARS)
    deliver(till, storage, *CARS[1:])
    deliver(till, storage, *CARS[:-1], row("K19", year=2019))
    assert end(till, deposit_id) == ("live", "feed")


def test_feed_that_halved_withdraws_no_car_at_the_end_of_its_deposit(till: Till, storage: Storage) -> None:
    deposit_id = held_car(till, storage, CARS)
    assert deliver(till, storage, *CARS[12:]).removals_held == 11
    assert end(till, deposit_id) == ("live", "feed")


def test_feed_does_not_overrule_what_a_person_had_decided_before_the_deposit(till: Till, storage: Storage) -> None:
    deliver(till, storage, *CARS)
    with transaction(till.sessions) as session:
        move_listing(session, manager(till.dealer()), car_of(till, "K0")[0], Move(State.LIVE))
    deposit_id = till.open(car_of(till, "K0")[0])
    till.pay(deposit_id)
    till.turn()
    deliver(till, storage, *CARS[1:])
    assert end(till, deposit_id) == ("live", "person")
