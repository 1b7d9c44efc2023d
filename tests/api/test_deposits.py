"""Deposits through the API: keys, parties, repetition, payouts, and callbacks that prove nothing."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, select

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables import Listing
from core.db.tables.deposit_papers import SettlementLine
from core.db.tables.deposits import Deposit, PaymentIntent, PaymentWebhook
from pipelines.deposits.ledger.balances import prove
from pipelines.deposits.providers.sandbox import SIGNATURE_HEADER, signature_of
from tests.api.conftest import code_of
from tests.api.deposit_calls import OWN, Counter, keyed
from tests.api.people import People

CARD = "4111 1111 1111 1111"


@pytest.fixture
def counter(client: httpx.Client, people: People, session_factory: SessionFactory) -> Counter:
    return Counter(client, people, session_factory)


def status_of(counter: Counter, deposit: str) -> str:
    with counter.sessions() as session:
        query = select(Listing.status).join(Deposit, Deposit.listing_id == Listing.id)
        return session.scalars(query.where(Deposit.id == UUID(deposit))).one()


def test_deposit_from_the_payment_page_to_the_sale(counter: Counter) -> None:
    made = counter.open()
    assert (made["state"], made["fee_pkr"], made["amount_pkr"]) == ("awaiting_payment", 500, 25_000)
    assert made["payment_url"].startswith("http://127.0.0.1:8099/checkout/AMD")
    held = counter.held()
    told = counter.client.get(f"/v1/deposits/{held}", headers=counter.buyer.headers).json()
    assert (told["state"], told["payment_url"], status_of(counter, held)) == ("held", None, "reserved")
    assert [each["kind"] for each in told["receipts"]] == ["payment"]
    for act, state in (("accept", "held"), ("capture", "captured")):
        assert counter.post(f"/v1/deposits/{held}/{act}", counter.agent).json()["state"] == state
    assert status_of(counter, held) == "sold"
    with counter.sessions() as session:
        assert prove(session).holds


def test_buyer_withdraws_and_the_dealers_car_is_free_again(counter: Counter) -> None:
    held = counter.held()
    told = counter.post(f"/v1/deposits/{held}/void", counter.buyer, {"reason": "too far"}).json()
    assert (told["state"], told["ended_as"], status_of(counter, held)) == ("refunding", "voided", "live")


def test_every_act_needs_a_key_and_gives_the_first_answer_to_a_repetition(counter: Counter) -> None:
    body = {"listing_id": counter.car(), "amount_pkr": 25_000, "provider": "sandbox"}
    bare = counter.client.post("/v1/deposits", json=body, headers=counter.buyer.headers)
    assert code_of(bare) == (400, "idempotency_key_needed")
    key = str(uuid4())
    first, again = (counter.post("/v1/deposits", counter.buyer, body, key) for _ in range(2))
    assert (first.status_code, again.status_code, first.content) == (201, 201, again.content)
    other = counter.post("/v1/deposits", counter.buyer, body | {"amount_pkr": 26_000}, key)
    assert code_of(other) == (422, "idempotency_key_reused")
    with counter.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Deposit)) == 1


def test_strangers_neither_read_nor_act(counter: Counter, people: People) -> None:
    held, stranger = counter.held(), people.person()
    path = f"/v1/deposits/{held}"
    assert code_of(counter.client.get(path, headers=stranger.headers)) == (403, "forbidden")
    for verb, person in (("void", stranger), ("capture", counter.buyer), ("refund", counter.agent)):
        answer = counter.post(f"{path}/{verb}", person, {"reason": "x"} if verb != "capture" else None)
        assert code_of(answer) == (403, "forbidden"), verb
    lost = counter.post(f"{path}/dispute", counter.buyer, {"reason": "x", "outcome": "lost"})
    assert code_of(lost) == (403, "forbidden")


def test_deposits_at_once_on_one_car_have_one_winner(counter: Counter, people: People) -> None:
    body = {"listing_id": counter.car(), "amount_pkr": 25_000, "provider": "sandbox"}
    buyers = [people.person() for _ in range(12)]
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda buyer: counter.post("/v1/deposits", buyer, body), buyers))
    assert sorted(each.status_code for each in answers) == [201, *[409] * 11]


def test_refund_above_the_limit_is_approved_by_another_person(counter: Counter) -> None:
    for _ in range(4):
        asked = counter.post(f"/v1/deposits/{counter.captured()}/refund", counter.finance, {"reason": "x"}).json()
        assert asked["state"] == "refunding"
    deposit = counter.captured()
    [refund] = counter.post(f"/v1/deposits/{deposit}/refund", counter.finance, {"reason": "x"}).json()["refunds"]
    assert refund["state"] == "awaiting_approval"
    path = f"/v1/deposits/{deposit}/refunds/{refund['id']}/approve"
    assert code_of(counter.post(path, counter.finance)) == (403, "same_person")
    assert counter.post(path, counter.other).json()["state"] == "refunding"
    assert code_of(counter.post(path, counter.other)) == (404, "refund_not_found")


def test_payout_empties_a_dealers_account_once_with_four_eyes(counter: Counter) -> None:
    counter.captured()
    asked = counter.post("/v1/deposits/payouts", counter.finance, {"org": OWN}).json()
    assert (asked["amount_pkr"], asked["state"], asked["bank_file"]) == (24_500, "requested", None)
    again = counter.post("/v1/deposits/payouts", counter.other, {"org": OWN})
    assert code_of(again) == (409, "payout_refused")
    path = f"/v1/deposits/payouts/{asked['id']}/approve"
    assert code_of(counter.post(path, counter.finance)) == (403, "same_person")
    paid = counter.post(path, counter.other).json()
    assert paid["bank_file"].splitlines()[1] == f"{asked['id']},{OWN},24500.00"
    assert code_of(counter.post("/v1/deposits/payouts", counter.finance, {"org": OWN})) == (409, "payout_refused")


def test_finance_reads_payouts_that_the_bank_did_not_do_as_they_were_asked_for(counter: Counter) -> None:
    path = "/v1/deposits/differences"
    assert counter.client.get(path, headers=counter.agent.headers).status_code == 403
    with transaction(counter.sessions) as session:
        line = {"provider": "bank", "kind": "payout", "provider_transaction": "FT1", "reference": str(uuid4())}
        session.add(SettlementLine(**line, amount_paisa=500, day=utc_now().date(), file_digest="x"))
    told = counter.client.get(path, headers=counter.finance.headers).json()
    assert (told["matched"], told["total"]) == (0, 1)
    (found,) = told["differences"]
    assert (found["transaction"], found["verdict"], found["here_paisa"]) == ("FT1", "missing_here", None)
    assert (found["kind"], found["reference"], found["there_paisa"]) == ("payout", line["reference"], 500)


@pytest.mark.parametrize(
    "change",
    [{"amount_pkr": value} for value in (0, -1, 1.5, "25000", 1e30, True, None)]
    + [{"provider": "\0"}, {"listing_id": "x"}, {"lead_id": 5}, {"x": 1}],
)
def test_bad_wishes_are_refused(counter: Counter, change: dict[str, Any]) -> None:
    body = {"listing_id": str(uuid4()), "amount_pkr": 25_000, "provider": "sandbox"} | change
    assert counter.post("/v1/deposits", counter.buyer, body).status_code == 422


def call_back(counter: Counter, body: bytes, **headers: str) -> httpx.Response:
    return counter.client.post("/v1/payments/sandbox/callbacks", content=body, headers=headers)


def test_callback_wakes_the_reconciler_and_is_kept_without_cards(counter: Counter) -> None:
    made = counter.open()
    reference = made["payment_url"].partition("/checkout/")[2].partition("?")[0]
    body = f'{{"reference": "{reference}", "card": "{CARD}", "phone": "0300 1234567"}}'.encode()
    signature = signature_of("sandbox", body)

    def next_at() -> Any:
        with counter.sessions() as session:
            return session.scalars(select(PaymentIntent.next_at)).one()

    before = next_at()
    assert call_back(counter, body).status_code == 200
    assert call_back(counter, body + b" ", **{SIGNATURE_HEADER: signature}).status_code == 200
    assert next_at() == before
    for _ in range(3):
        assert call_back(counter, body, **{SIGNATURE_HEADER: signature, "authorization-x": "secret"}).is_success
    assert next_at() < before
    with counter.sessions() as session:
        kept = session.scalars(select(PaymentWebhook).order_by(PaymentWebhook.id)).all()
        assert [(each.verdict, each.times) for each in kept] == [("refused", 4), ("refused", 1)]
        assert all(b"4111" not in each.body and b"0300" not in each.body for each in kept)
        assert session.scalars(select(Deposit.state)).one() == "awaiting_payment"


def test_unsigned_callbacks_fill_a_bounded_room(counter: Counter) -> None:
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda n: call_back(counter, b"%d" % n).status_code, range(520)))
    assert set(answers) == {200}
    with counter.sessions() as session:
        rows, seen = session.execute(select(func.count(), func.sum(PaymentWebhook.times))).one()
        assert (rows <= 510, seen) == (True, 520)


@pytest.mark.parametrize("body", [b"", b"\0", b"[", b'{"reference": 5}', b"\xff" * 100, b"9" * 66_000])
def test_rubbish_in_a_callback_is_no_failure(counter: Counter, body: bytes) -> None:
    assert call_back(counter, body).status_code in (200, 413)
    unknown = counter.client.post("/v1/payments/nowhere/callbacks", content=body, headers=keyed(counter.buyer))
    assert unknown.status_code in (404, 413)
