"""Deposits paid at each provider, over a server that answers in the provider's form."""

from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from core.access.principal import Principal
from core.db.session import SessionFactory, transaction
from core.db.tables.deposits import DepositRefund, PaymentIntent, PaymentWebhook
from serving.deposits import acts
from serving.deposits.documents.pages import checkout_page, find_checkout, policy_of
from serving.deposits.errors import EntryRefusedError, NothingToEnterError, PaymentPageEndedError, SamePersonError
from serving.deposits.money.entries import Seen, approve_entry, enter_payment
from serving.deposits.providers.callbacks import RawCallback, receive_callback
from tests.factories.deposits import AMOUNT, Till, sandbox
from tests.factories.payment_hashes import jazzcash_hash, payfast_hash
from tests.factories.payment_servers import MERCHANT, SALT, SECRET, Book, Gateway, gateway

ASKED = ("jazzcash", "safepay", "payfast", "easypaisa")


@pytest.fixture(scope="module")
def server() -> Iterator[Gateway]:
    with gateway() as opened:
        yield opened


@pytest.fixture
def till(session_factory: SessionFactory, server: Gateway) -> Iterator[Till]:
    server.orders = {}
    with sandbox() as own:
        till = Till.of(session_factory, own)
        till.others = {name: server.provider(name) for name in (*ASKED, "bank")}
        yield till


def intent(till: Till, deposit_id: UUID) -> PaymentIntent:
    with till.sessions() as session:
        return session.scalars(select(PaymentIntent).where(PaymentIntent.deposit_id == deposit_id)).one()


def opened(till: Till, server: Gateway, name: str) -> tuple[UUID, Book]:
    """A deposit whose page is made, and the provider's order of it."""
    deposit_id = till.open(till.car(), at=name)
    till.turn(0)
    made = intent(till, deposit_id)
    assert (till.state(deposit_id), made.page_url is not None) == ("awaiting_payment", True)
    if name == "jazzcash":
        server.orders[made.reference] = Book(f"{AMOUNT}.00")
    return deposit_id, server.orders[made.provider_token if name == "safepay" else made.reference]  # type: ignore[index]


def end(till: Till, deposit_id: UUID) -> None:
    buyer = Principal(till.deposit(deposit_id).buyer_id)
    till.do(acts.void_deposit, buyer, deposit_id, None, till.now)
    till.turn()


def confirm(till: Till, seen: Seen, by: Principal | None = None) -> Any:
    """Have one person of finance enter the payment and another one approve it."""
    first = till.staff()
    with transaction(till.sessions) as session:
        entry = enter_payment(session, first, seen).id
    with transaction(till.sessions) as session:
        return approve_entry(session, by or till.staff(), entry, till.now)


def refund_of(till: Till, deposit_id: UUID) -> DepositRefund:
    with till.sessions() as session:
        return session.scalars(select(DepositRefund).where(DepositRefund.deposit_id == deposit_id)).one()


@pytest.mark.parametrize("name", ASKED)
def test_deposit_is_paid_held_and_given_back_at_every_provider(till: Till, server: Gateway, name: str) -> None:
    deposit_id, book = opened(till, server, name)
    book.state = "paid"
    till.turn()
    assert (till.state(deposit_id), till.listing(deposit_id)) == ("held", ("reserved", "deposit"))
    end(till, deposit_id)
    if name == "easypaisa":
        assert (till.state(deposit_id), till.open_tasks()) == ("refunding", ["refund_by_hand"])
        confirm(till, Seen("refund", str(refund_of(till, deposit_id).id), "E1", AMOUNT))
    assert (till.state(deposit_id), till.books(), till.open_tasks()) == ("refunded", {}, [])


@pytest.mark.parametrize("name", ["jazzcash", "payfast", "safepay"])
def test_refund_whose_answer_is_lost_is_sent_once_and_settled_without_age(
    till: Till, server: Gateway, name: str
) -> None:
    deposit_id, book = opened(till, server, name)
    book.state = "paid"
    till.turn()
    server.lose_refunds = 1
    end(till, deposit_id)
    for _ in range(3):
        till.turn(60)
    assert len(book.refunds) == 1
    if name != "safepay":  # it alone can be asked
        assert (till.state(deposit_id), till.open_tasks()) == ("refunding", ["refund_by_hand"])
        confirm(till, Seen("refund", str(refund_of(till, deposit_id).id), "P1", AMOUNT))
    assert (till.state(deposit_id), till.books()) == ("refunded", {})


def test_payment_at_payfast_of_a_changed_amount_goes_back(till: Till, server: Gateway) -> None:
    deposit_id, book = opened(till, server, "payfast")
    book.state, book.amount = "paid", "1.00"
    reference = till.reference(deposit_id)
    fields = {"basket_id": reference, "err_code": "000", "transaction_id": "T1", "transaction_amount": f"{AMOUNT}.00"}
    fields["validation_hash"] = payfast_hash(reference, SECRET, MERCHANT, "000")
    deliver(till, "payfast", urlencode(fields).encode())
    till.turn()
    assert till.state(deposit_id) == "awaiting_payment"
    assert till.refunds(deposit_id) == [("unallocated", 1, "done")]
    assert till.books() == {}


def deliver(till: Till, name: str, body: bytes) -> None:
    with transaction(till.sessions) as session:
        receive_callback(session, till.providers[name], RawCallback(body, {}), till.now)


def notifications(reference: str) -> list[bytes]:
    """Return JazzCash's notifications of a payment: pending, then done; a failed attempt; and a forged one."""
    sent = []
    for code in ("157", "000", "199"):
        fields = {"pp_TxnRefNo": reference, "pp_Amount": f"{AMOUNT}00", "pp_ResponseCode": code}
        fields["pp_SecureHash"] = jazzcash_hash(SALT, fields)
        sent.append(urlencode(fields).encode())
    return [*sent, sent[1].replace(b"000", b"001")]


def test_notifications_a_hundred_times_and_in_any_order_change_nothing(till: Till, server: Gateway) -> None:
    deposit_id, book = opened(till, server, "jazzcash")
    book.state = "paid"
    all_of_them = notifications(till.reference(deposit_id)) * 25
    Random(7).shuffle(all_of_them)
    for number, body in enumerate(all_of_them):
        deliver(till, "jazzcash", body)
        if number % 20 == 0:
            till.turn(0.05)
    till.turn(0.05)
    assert till.state(deposit_id) == "held"
    assert till.books() == {"buyer": -AMOUNT, "provider_clearing": AMOUNT}
    with till.sessions() as session:
        kept = session.scalars(select(PaymentWebhook)).all()
    assert sorted((each.verdict, each.times) for each in kept) == [("refused", 25), *[("woke", 25)] * 3]


def test_notification_that_comes_before_its_intent_is_kept_and_settled_later(
    till: Till, server: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = "AMD" + "7" * 17
    [_pending, done, *_others] = notifications(reference)
    deliver(till, "jazzcash", done)
    with till.sessions() as session:
        assert session.scalars(select(PaymentWebhook.verdict)).all() == ["unknown_reference"]
    monkeypatch.setattr("serving.deposits.holds.opening.new_reference", lambda _kind: reference)
    deposit_id, book = opened(till, server, "jazzcash")
    book.state = "paid"
    till.turn(1)
    assert till.state(deposit_id) == "held"


def test_transfer_to_the_bank_counts_when_two_people_have_seen_it(till: Till) -> None:
    deposit_id = till.open(till.car(), at="bank")
    reference, by = till.reference(deposit_id), till.staff()
    seen = Seen("payment", reference, "FT1", AMOUNT)
    with transaction(till.sessions) as session:
        entry = enter_payment(session, by, seen).id
    with pytest.raises(SamePersonError), transaction(till.sessions) as session:
        approve_entry(session, by, entry, till.now)
    assert till.state(deposit_id) == "awaiting_payment"
    with transaction(till.sessions) as session:
        approve_entry(session, till.staff(), entry, till.now)
    assert till.state(deposit_id) == "held"
    with pytest.raises(EntryRefusedError):
        confirm(till, seen)
    end(till, deposit_id)
    refund = str(refund_of(till, deposit_id).id)
    with pytest.raises(EntryRefusedError):
        confirm(till, Seen("refund", refund, "FT2", AMOUNT - 1))
    confirm(till, Seen("refund", refund, "FT2", AMOUNT))
    assert (till.state(deposit_id), till.books()) == ("refunded", {})
    for nothing in (refund, "x", str(uuid4())):
        with pytest.raises(NothingToEnterError):
            confirm(till, Seen("refund", nothing, "FT3", AMOUNT))


def test_transfer_that_is_short_goes_back_by_hand(till: Till) -> None:
    deposit_id = till.open(till.car(), at="bank")
    confirm(till, Seen("payment", till.reference(deposit_id), "FT1", AMOUNT - 1))
    till.turn(0)
    assert (till.state(deposit_id), till.books()) == (
        "awaiting_payment", {"unallocated": 1 - AMOUNT, "provider_clearing": AMOUNT - 1},
    )  # fmt: skip
    confirm(till, Seen("refund", str(refund_of(till, deposit_id).id), "FT2", AMOUNT - 1))
    assert (till.books(), till.open_tasks()) == ({}, [])


@pytest.mark.parametrize("name", ["jazzcash", "payfast", "easypaisa", "bank"])
def test_payment_page_of_the_platform_ends_with_the_order(till: Till, server: Gateway, name: str) -> None:
    deposit_id = till.open(till.car(), at=name)
    till.turn(0)
    reference = till.reference(deposit_id)
    with till.sessions() as session:
        checkout = find_checkout(session, till.providers, reference, till.now)
        text = checkout_page(checkout)
        assert reference in text
        assert SALT not in text
        assert SECRET not in text
        assert (server.url in policy_of(checkout)) is (name in ("jazzcash", "payfast"))
        with pytest.raises(PaymentPageEndedError):
            find_checkout(session, till.providers, reference, till.deposit(deposit_id).pay_until)
        with pytest.raises(PaymentPageEndedError):
            find_checkout(session, {}, reference, till.now)
        with pytest.raises(PaymentPageEndedError):
            find_checkout(session, till.providers, "AMD" + "0" * 17, till.now)
