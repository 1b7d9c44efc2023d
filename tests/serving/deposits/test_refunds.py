"""Refunds and disputes of deposits over a real sandbox server, and what they do to the books."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from core.db.session import SessionFactory
from core.errors import AutomartError
from serving.deposits import acts
from serving.deposits.errors import BadRefundAmountError, DepositStateError, SamePersonError
from tests.factories.deposits import AMOUNT, Till, sandbox

FEE = 500


@pytest.fixture
def till(session_factory: SessionFactory) -> Iterator[Till]:
    with sandbox() as server:
        yield Till.of(session_factory, server)


def test_refund_whose_answer_is_lost_is_done_once(till: Till) -> None:
    deposit_id = till.held()
    till.server.misbehaviour.lose_refund_answers = 1
    till.do(acts.decline_deposit, till.dealer(), deposit_id, None, till.now)
    till.turn()
    till.turn()
    assert (till.state(deposit_id), len(till.server.books.refunds)) == ("refunded", 1)


def test_refund_that_a_provider_refuses_is_owed_and_told_to_people(till: Till) -> None:
    deposit_id = till.held()
    till.server.misbehaviour.refuse_refunds = True
    till.do(acts.decline_deposit, till.dealer(), deposit_id, None, till.now)
    till.turn()
    assert (till.state(deposit_id), till.open_tasks()) == ("refunding", ["refund_refused"])
    assert till.books() == {"buyer": -AMOUNT, "provider_clearing": AMOUNT}


def test_parts_of_a_captured_deposit_go_back_by_shares(till: Till) -> None:
    deposit_id = till.held()
    till.capture(deposit_id)
    back = 0
    for part in (1, 9_999, 3_333, 11_667):
        till.refund(deposit_id, part)
        till.turn()
        back += part
        books, left = till.books(), AMOUNT - back
        assert till.state(deposit_id) == "refunded"
        assert books.get("dealer", 0) + books.get("platform_fee", 0) == -left
        assert -books.get("platform_fee", 0) == FEE * left // AMOUNT
    assert till.books() == {}
    with pytest.raises(DepositStateError):
        till.refund(deposit_id, 1)


def test_refunds_at_once_never_sum_to_more_than_was_captured(till: Till) -> None:
    deposit_id = till.held()
    till.capture(deposit_id)
    people = [till.staff() for _ in range(10)]

    def ask(number: int) -> int:
        try:
            till.refund(deposit_id, 1_000, people[number % 10])
        except (BadRefundAmountError, DepositStateError):
            return 0
        return 1_000

    with ThreadPoolExecutor(5) as threads:
        assert sum(threads.map(ask, range(50))) == AMOUNT
    for _ in range(3):
        till.turn()
    assert (till.state(deposit_id), till.books()) == ("refunded", {})
    assert len(till.server.books.refunds) == 25


@pytest.mark.parametrize("amount", [0, -1, AMOUNT + 1])
def test_refund_of_nothing_or_of_more_than_there_is_is_refused(till: Till, amount: int) -> None:
    deposit_id = till.held()
    with pytest.raises(BadRefundAmountError):
        till.refund(deposit_id, AMOUNT - 1)
    till.capture(deposit_id)
    with pytest.raises(BadRefundAmountError):
        till.refund(deposit_id, amount)


def test_four_eyes_limit_sums_a_deposit_and_a_persons_day(till: Till) -> None:
    deposit_id, by, limit = till.held(), till.staff(), 10_000
    till.capture(deposit_id)
    assert till.refund(deposit_id, 6_000, by, limit).refunds[-1].state == "due"
    waiting = till.refund(deposit_id, 5_000, by, limit).refunds[-1]
    assert waiting.state == "awaiting_approval"
    other = till.held()
    till.capture(other)
    assert till.refund(other, 1_000, by, limit).refunds[-1].state == "awaiting_approval"
    with pytest.raises(SamePersonError):
        till.do(acts.approve_deposit_refund, by, deposit_id, waiting.id, till.now)
    till.do(acts.approve_deposit_refund, till.staff(), deposit_id, waiting.id, till.now)
    till.turn()
    assert till.refunds(deposit_id) == [("asked", 6_000, "done"), ("asked", 5_000, "done")]


def prepare(till: Till, moment: str) -> Any:
    """Bring a deposit to the moment at which its dispute is opened."""
    deposit_id = till.held()
    if moment != "held":
        till.capture(deposit_id)
    till.server.misbehaviour.pending_refunds = moment == "refunding"
    if moment in ("refunded", "part", "refunding"):
        till.refund(deposit_id, None if moment == "refunded" else 10_000)
        till.turn()
    return deposit_id


@pytest.mark.parametrize("moment", ["held", "captured", "refunding", "refunded", "part"])
def test_dispute_that_is_won_leaves_everything_as_it_was(till: Till, moment: str) -> None:
    deposit_id, finance = prepare(till, moment), till.staff()
    before, books = till.state(deposit_id), till.books()
    till.do(acts.dispute_deposit, finance, deposit_id, acts.DisputeStep("claimed"), till.now)
    for act in (lambda: till.capture(deposit_id), lambda: till.refund(deposit_id, 1)):
        with pytest.raises(AutomartError):
            act()
    till.do(acts.dispute_deposit, finance, deposit_id, acts.DisputeStep("claimed", "won"), till.now)
    assert (till.state(deposit_id), till.books()) == (before, books)


@pytest.mark.parametrize(
    ("moment", "loss", "later"),
    [("held", 0, 0), ("captured", 0, 0), ("refunding", 0, 10_000), ("refunded", AMOUNT, AMOUNT), ("part", 0, 0)],
)
def test_dispute_that_is_lost_takes_the_money_out_of_the_books(till: Till, moment: str, loss: int, later: int) -> None:
    deposit_id, finance = prepare(till, moment), till.staff()
    till.do(acts.dispute_deposit, finance, deposit_id, acts.DisputeStep("claimed"), till.now)
    till.turn()
    till.do(acts.dispute_deposit, finance, deposit_id, acts.DisputeStep("claimed", "lost"), till.now)
    assert till.state(deposit_id) == "refunded"
    assert till.books() == ({"losses": loss, "provider_clearing": -loss} if loss else {})
    till.server.misbehaviour.pending_refunds = False
    till.turn(10)
    assert till.books().get("losses", 0) == later


@pytest.mark.parametrize("outcome", [None, "won", "lost"])
def test_refund_that_never_arrived_is_not_sent_while_disputed_nor_after_a_lost_dispute(
    till: Till, outcome: Any
) -> None:
    deposit_id, finance = till.held(), till.staff()
    till.server.misbehaviour.down = True
    till.do(acts.decline_deposit, till.dealer(), deposit_id, None, till.now)
    till.turn()
    till.do(acts.dispute_deposit, finance, deposit_id, acts.DisputeStep("claimed"), till.now)
    till.server.misbehaviour.down = False
    till.turn(6)
    assert till.server.books.refunds == {}
    if outcome is not None:
        till.do(acts.dispute_deposit, finance, deposit_id, acts.DisputeStep("claimed", outcome), till.now)
        till.turn(6)
    assert len(till.server.books.refunds) == (1 if outcome == "won" else 0)
    assert till.books() == ({} if outcome else {"buyer": -AMOUNT, "provider_clearing": AMOUNT})
