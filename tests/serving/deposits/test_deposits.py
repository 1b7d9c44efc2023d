"""The life of deposits over a real sandbox server: holds, endings, and money that holds nothing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from core.access.principal import Principal
from core.db.session import SessionFactory, transaction
from core.db.tables import Listing
from core.db.tables.deposit_papers import DepositDesk, DepositReceipt, DepositTask
from core.db.tables.deposits import Deposit, PaymentIntent
from core.db.tables.events import OutboxEvent
from serving.deposits import acts
from serving.deposits.documents.receipts import issue
from serving.deposits.errors import (
    CoolingOffError,
    DepositAlreadyOpenError,
    DepositNeedsDealerError,
    DepositStateError,
    TooManyDepositsError,
)
from tests.factories.deposits import AMOUNT, Till, sandbox
from tests.factories.moderation import add_ad, add_seller

FEE = 500


@pytest.fixture
def till(session_factory: SessionFactory) -> Iterator[Till]:
    with sandbox() as server:
        yield Till.of(session_factory, server)


def test_paid_deposit_reserves_the_car_and_capture_sells_it(till: Till) -> None:
    deposit_id = till.open(till.car())
    assert (till.state(deposit_id), till.listing(deposit_id)) == ("awaiting_payment", ("live", "feed"))
    till.pay(deposit_id)
    till.turn()
    assert (till.state(deposit_id), till.listing(deposit_id)) == ("held", ("reserved", "deposit"))
    assert till.books() == {"buyer": -AMOUNT, "provider_clearing": AMOUNT}
    till.do(acts.accept_deposit, till.dealer(), deposit_id, till.now)
    till.capture(deposit_id)
    assert (till.state(deposit_id), till.listing(deposit_id)) == ("captured", ("sold", "person"))
    assert till.books() == {"dealer": FEE - AMOUNT, "platform_fee": -FEE, "provider_clearing": AMOUNT}
    with till.sessions() as session:
        kinds = select(OutboxEvent.kind).where(OutboxEvent.topic == "deposit").order_by(OutboxEvent.id)
        assert session.scalars(kinds).all() == ["page_made", "paid", "accepted", "capture"]


@pytest.mark.parametrize("ending", ["void", "decline", "expire", "refund"])
def test_held_deposit_that_ends_is_owed_until_the_provider_has_confirmed(till: Till, ending: str) -> None:
    deposit_id = till.held()
    buyer = Principal(till.deposit(deposit_id).buyer_id)
    till.server.misbehaviour.pending_refunds = True
    if ending == "void":
        till.do(acts.void_deposit, buyer, deposit_id, None, till.now)
    elif ending == "decline":
        till.do(acts.decline_deposit, till.dealer(), deposit_id, "call 0300 1234567", till.now)
        assert till.deposit(deposit_id).reason == "call [phone]"
    elif ending == "refund":
        till.refund(deposit_id, None)
    else:
        till.turn(73 * 60)
    till.turn()
    assert (till.state(deposit_id), till.listing(deposit_id)) == ("refunding", ("live", "feed"))
    assert till.books() == {"buyer": -AMOUNT, "provider_clearing": AMOUNT}
    till.server.misbehaviour.pending_refunds = False
    till.turn(6)
    assert (till.state(deposit_id), till.books()) == ("refunded", {})
    with till.sessions() as session:
        numbers = session.execute(select(DepositReceipt.kind, DepositReceipt.number)).all()
    assert sorted(map(tuple, numbers)) == [("payment", 1), ("refund", 1)]


def test_unpaid_deposit_keeps_the_car_until_its_page_ends(till: Till) -> None:
    car = till.car()
    first = till.open(car)
    with pytest.raises(DepositAlreadyOpenError):
        till.open(car)
    till.turn(16)
    assert (till.state(first), till.listing(first)) == ("expired", ("live", "feed"))
    assert till.state(till.open(car)) == "awaiting_payment"


def test_expiry_waits_for_an_inquiry_that_was_answered(till: Till) -> None:
    deposit_id = till.open(till.car())
    till.pay(deposit_id)
    till.server.misbehaviour.down = True
    till.turn(16)
    assert till.state(deposit_id) == "awaiting_payment"
    till.server.misbehaviour.down = False
    till.turn(1)
    assert till.state(deposit_id) == "held"


def test_money_that_came_before_an_outage_of_three_days_goes_back(till: Till) -> None:
    """An intent is watched for two days, and then until an inquiry was answered, without any callback."""
    deposit_id = till.open(till.car())
    till.pay(deposit_id)
    till.server.misbehaviour.down = True
    till.turn(72 * 60)
    assert till.state(deposit_id) == "expired"
    till.server.misbehaviour.down = False
    till.turn(20)
    till.turn(5)
    assert till.refunds(deposit_id) == [("unallocated", AMOUNT, "done")]
    with till.sessions() as session:
        assert session.scalars(select(PaymentIntent.state)).all() == ["closed"]


@pytest.mark.parametrize(
    ("order", "why"),
    [
        ({"amount_pkr": AMOUNT - 1}, "short"),
        ({"amount_pkr": AMOUNT + 1}, "over"),
        ({"currency": "USD"}, "foreign_currency"),
        ({"merchant": "another"}, "not_ours"),
    ],
)
def test_money_that_is_not_what_was_asked_for_goes_back(till: Till, order: dict[str, Any], why: str) -> None:
    deposit_id = till.open(till.car())
    till.pay(deposit_id, **order)
    till.turn()
    assert till.state(deposit_id) == "awaiting_payment"
    with till.sessions() as session:
        [task] = session.scalars(select(DepositTask)).all()
    assert (task.kind, task.details["why"], task.closed_at is not None) == ("unallocated", why, True)
    assert till.books() == {}
    till.pay(deposit_id)
    till.turn()
    assert till.state(deposit_id) == "held"


def test_money_that_comes_twice_or_late_or_for_a_sold_car_revives_nothing(till: Till) -> None:
    twice, late, sold = till.held(), till.open(till.car()), till.open(till.car())
    till.pay(twice)
    with transaction(till.sessions) as session:
        query = update(Listing).where(Listing.id == till.deposit(sold).listing_id)
        session.execute(query.values(status="sold", state_by="person"))
    till.pay(sold)
    till.turn(20)
    assert [till.state(each) for each in (twice, late, sold)] == ["held", "expired", "voided"]
    till.pay(late)
    till.turn(70)
    till.turn(5)
    assert [till.state(each) for each in (twice, late, sold)] == ["held", "expired", "voided"]
    assert till.listing(sold)[0] == "sold"
    assert till.books() == {"buyer": -AMOUNT, "provider_clearing": AMOUNT}
    assert [till.refunds(each) for each in (twice, late, sold)] == [[("unallocated", AMOUNT, "done")]] * 3
    assert till.open_tasks() == []


def test_failed_attempt_does_not_end_a_deposit_whose_other_attempt_paid(till: Till) -> None:
    deposit_id = till.open(till.car())
    till.pay(deposit_id, outcome="declined")
    till.turn()
    assert till.state(deposit_id) == "awaiting_payment"
    till.pay(deposit_id, outcome="pending")
    till.pay(deposit_id)
    till.turn()
    assert till.state(deposit_id) == "held"


def test_cooling_off_lets_the_buyer_withdraw_before_a_capture(till: Till) -> None:
    car = till.car()
    with transaction(till.sessions) as session:
        org_id = session.scalars(select(Listing.org_id).where(Listing.id == car)).one()
        session.add(DepositDesk(org_id=org_id, cooling_off_hours=24))
    deposit_id = till.open(car)
    till.pay(deposit_id)
    till.turn()
    with pytest.raises(CoolingOffError):
        till.capture(deposit_id)
    till.turn(24 * 60)
    till.capture(deposit_id)


def test_private_ads_take_no_deposits_and_a_person_has_few_unpaid_ones(till: Till) -> None:
    with transaction(till.sessions) as session:
        ad = add_ad(session, add_seller(session), status="live", visibility="public")
    with pytest.raises(DepositNeedsDealerError):
        till.open(ad)
    buyer = till.buyer()
    for _ in range(2):
        till.open(till.car(), buyer)
    with pytest.raises(TooManyDepositsError):
        till.open(till.car(), buyer)


def test_of_fifty_reservers_one_has_the_car(till: Till) -> None:
    car, buyers = till.car(), [till.buyer() for _ in range(50)]

    def reserve(buyer: Principal) -> bool:
        try:
            till.open(car, buyer)
        except DepositAlreadyOpenError:
            return False
        return True

    with ThreadPoolExecutor(5) as threads:
        assert sum(threads.map(reserve, buyers)) == 1
    with till.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Deposit)) == 1


def test_capture_void_and_expiry_at_one_instant_have_one_outcome(till: Till) -> None:
    for _ in range(6):
        deposit_id = till.held()
        buyer, agent = Principal(till.deposit(deposit_id).buyer_id), till.dealer()
        with transaction(till.sessions) as session:
            session.execute(update(Deposit).where(Deposit.id == deposit_id).values(hold_until=till.now))

        def act(number: int, deposit_id: UUID = deposit_id, buyer: Principal = buyer, agent: Any = agent) -> None:
            try:
                if number % 3 == 0:
                    till.do(acts.capture_deposit, agent, deposit_id, till.now)
                elif number % 3 == 1:
                    till.do(acts.void_deposit, buyer, deposit_id, None, till.now)
                else:
                    till.turn(0)
            except DepositStateError:
                pass

        with ThreadPoolExecutor(3) as threads:
            list(threads.map(act, range(6)))
        till.turn()
        ended = (till.state(deposit_id), till.listing(deposit_id)[0])
        assert ended in (("captured", "sold"), ("refunded", "live"))
        till.books()


def test_receipts_are_numbered_without_gaps_whoever_is_rolled_back(till: Till) -> None:
    deposit = till.deposit(till.held())

    def issue_one(number: int) -> None:
        with transaction(till.sessions) as session:
            issue(session, deposit, "payment", 100)
            if number % 3 == 0:
                session.rollback()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(issue_one, range(12)))
    with till.sessions() as session:
        numbers = session.scalars(select(DepositReceipt.number).order_by(DepositReceipt.number)).all()
    assert numbers == list(range(1, 10))
