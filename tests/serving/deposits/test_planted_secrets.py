"""Numbers of cards and secrets that were planted everywhere are found neither in tables, nor in logs."""

import io
import logging
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from sqlalchemy import text

from core.db.base import Base
from core.db.session import SessionFactory, transaction
from core.db.tables import register_tables
from serving.deposits import acts
from serving.deposits.masking import mask_private
from serving.deposits.providers.callbacks import RawCallback, receive_callback
from tests.factories.deposits import Till, sandbox
from tests.factories.payment_hashes import jazzcash_hash
from tests.factories.payment_servers import PASSWORD, SALT, SECRET, Book, Gateway, gateway

CARDS = ("4111111111111111", "5555 5555 5555 4444", "3782-822463-10005")
TOKEN = "planted-token"


@pytest.fixture(scope="module")
def server() -> Iterator[Gateway]:
    with gateway() as opened:
        yield opened


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Collect all log records, from debug on."""
    out, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(out), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield out
    root.setLevel(level)
    root.removeHandler(handler)


def everything(sessions: SessionFactory) -> str:
    """All rows of all tables as text, bytes read as text."""
    register_tables()
    with sessions() as session:
        rows = [
            str(row[0])
            for table in Base.metadata.sorted_tables
            for row in session.execute(text(f"SELECT t::text FROM {table.name} t"))
        ]
        kept = session.execute(text("SELECT body FROM payment_webhooks")).scalars()
        return "\n".join([*rows, *(body.decode("utf-8", "replace") for body in kept)])


def test_planted_cards_and_secrets_are_nowhere(
    session_factory: SessionFactory, server: Gateway, logged: io.StringIO
) -> None:
    with sandbox() as own:
        till = Till.of(session_factory, own)
        till.others = {name: server.provider(name) for name in ("jazzcash", "safepay", "payfast", "easypaisa")}
        for name in till.others:
            server.orders = {}
            deposit_id = till.open(till.car(), at=name)
            till.turn(0)
            reference = till.reference(deposit_id)
            book = server.orders.setdefault(reference, Book("25000.00")) if name == "jazzcash" else None
            book = book or next(iter(server.orders.values()))
            book.state, book.transaction = "paid", f"T{name}"
            for card in CARDS:
                fields = {"pp_TxnRefNo": reference, "basket_id": reference, "pp_CardNumber": card, "note": card}
                signed = fields | {"pp_SecureHash": jazzcash_hash(SALT, fields)}
                for body in (urlencode(signed).encode(), f'{{"card": "{card}"}}'.encode()):
                    headers = {"authorization": f"Bearer {TOKEN}", "x-sfpy-signature": TOKEN, "user-agent": "x"}
                    with transaction(session_factory) as session:
                        receive_callback(session, till.providers[name], RawCallback(body, headers), till.now)
            server.tell = lambda told: told.update({"pp_CustomerCardNumber": CARDS[0], "cardNumber": CARDS[0]})
            till.turn()
            server.tell = bool
            till.refund(deposit_id, None, till.staff())
            till.turn()
            assert till.state(deposit_id) in ("refunded", "refunding"), name
        till.do(acts.dispute_deposit, till.staff(), deposit_id, acts.DisputeStep(f"card {CARDS[0]}"), till.now)
        found = everything(session_factory) + logged.getvalue()
    assert reference in found
    for card in CARDS:
        bare = card.translate({ord(" "): None, ord("-"): None})
        for written in (card, bare, card.replace(" ", "+"), card.replace(" ", "%20")):
            assert written not in found, written
    for secret in (PASSWORD, SALT, SECRET, TOKEN, "BEGIN"):
        assert secret not in found, secret


@pytest.mark.parametrize("before", ["", "x", "card=", "card%20", "card+", "card%2B", "a1 "])
@pytest.mark.parametrize("card", [*CARDS, "5555+5555+5555+4444", "5555%205555%205555%204444", "5555%2d5555%2D55554444"])
def test_card_is_masked_however_it_is_spaced_and_other_numbers_are_not(before: str, card: str) -> None:
    assert mask_private(f"{before}{card}&x") == f"{before}[card]&x"
    assert "[card]" not in mask_private("FT26120123456789 and 2500050")


@pytest.mark.parametrize("piece", ["9", "1 ", "4-", "%20", "+92 "])
@pytest.mark.timeout(60)  # a pattern that goes back takes minutes
def test_long_rubbish_is_masked_in_no_time(piece: str) -> None:
    assert mask_private(piece * (65_000 // len(piece)))
