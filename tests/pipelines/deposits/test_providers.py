"""Each payment provider against a server that answers in its form, and against signatures that were made elsewhere."""

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization as form

from core.errors import InvalidInputError
from core.settings import Settings
from pipelines.deposits.providers.factory import ProviderNotSetUpError, open_providers
from pipelines.deposits.providers.jazzcash import secure_hash
from pipelines.deposits.providers.payfast import validation_hash
from pipelines.deposits.providers.port import Order, PaidFact, ProviderUnavailableError, RefundOrder, RefundState
from pipelines.deposits.providers.safepay import SIGNATURE_HEADER, signature_of
from pipelines.deposits.providers.signed_json import compact, member_text, signed
from tests.factories.payment_hashes import jazzcash_hash, payfast_hash, rsa_says, safepay_signature
from tests.factories.payment_servers import MERCHANT, PNG, SALT, SECRET, Book, Gateway, gateway

ASKING = ("jazzcash", "safepay", "payfast", "easypaisa")
REFERENCE = "AMD0123456789ABCDEFG"
NOON = datetime(2026, 5, 2, 7, tzinfo=UTC)  # of Karachi
ORDER = Order(REFERENCE, 25_000_50, "PKR", NOON + timedelta(minutes=15))


@pytest.fixture(scope="module")
def opened() -> Iterator[Gateway]:
    with gateway() as server:
        yield server


@pytest.fixture
def server(opened: Gateway) -> Gateway:
    opened.orders, opened.raw, opened.tell, opened.forge = {}, None, bool, bool
    return opened


def ordered(server: Gateway, name: str, state: str = "paid") -> Order:
    """An order that the provider knows."""
    page = server.provider(name).make_page(ORDER)
    if name == "jazzcash":  # it hears of the order from the buyer's browser
        fields = server.provider(name).checkout(ORDER, NOON).fields  # type: ignore[union-attr]
        amount = fields["pp_Amount"]
        server.orders[REFERENCE] = Book(f"{amount[:-2]}.{amount[-2:]}")
    next(iter(server.orders.values())).state = state
    return Order(ORDER.reference, ORDER.amount_paisa, ORDER.currency, ORDER.expires_at, page.token)


def test_signature_of_safepay_is_that_of_its_own_library() -> None:
    """Secret, body and signature are those of getsafepay/safepay-node, test/fixtures/verify.ts."""
    body = (
        b'{"client_id":"sec_55ca6960-e2ea-4643-b0cf-7cd65a4d3112","created_at":"2021-09-29T12:00:40Z",'
        b'"endpoint":"http://127.0.0.1:9000","notification":{"amount":"150","currency":"PKR","fee":"4.92",'
        b'"intent":"PAYFAST","metadata":{"order_id":"XG102312","source":"shopify"},"net":"145.08","state":"PAID",'
        b'"tracker":"tracker_c5a5apsbcv41om3fg0u0","user":"johndoe@gmail.com"},"token":"C5A5APSBCV41R2QF2MHG",'
        b'"type":"payment:created","updated_at":"2021-09-29T12:00:40Z"}'
    )
    published = (
        "ba4c442df5067b679f55919ebc282cb113e376d5a5e5d9c6655647d734823da7"
        "5a4371759f921bce40963cb90505ed1f8c0405cb78257fd605d259d452a1a7c7"
    )
    assert signature_of("foo", body) == safepay_signature("foo", body) == published


def test_hash_of_jazzcash_is_over_the_sorted_fields_that_are_not_empty() -> None:
    """The rule is that of JazzCash's guide to page redirection; the vector was made by HMAC as RFC 2104 writes it."""
    fields = {"pp_Version": "1.1", "pp_Amount": "2500050", "pp_BankID": "", "ppmpf_1": "x", "other": "y"}
    fields |= {"pp_TxnRefNo": REFERENCE, "pp_SecureHash": "zz"}
    assert secure_hash(SALT, fields) == jazzcash_hash(SALT, fields)
    assert secure_hash(SALT, fields) == secure_hash(SALT, dict(reversed(fields.items())))
    assert secure_hash(SALT, fields) == "940CB9EFC5674B652B38B014439D56FE8F026605A1587FFCA963EA1A1F0F7785"


def test_hash_of_payfast_is_plain_sha256_of_four_values() -> None:
    """The rule is that of PayFast's guide to notifications: basket, secured key, merchant, code, joined by bars."""
    assert validation_hash("B1", SECRET, "102", "000") == payfast_hash("B1", SECRET, "102", "000")
    assert (
        validation_hash("B1", SECRET, "102", "000")
        == "7acc350dd1e172d782ffcf541ac2440b551cf1159d050e7b2b1bbed97430be99"
    )


def test_signature_of_easypaisa_is_of_the_compact_text(server: Gateway) -> None:
    """The rule is that of Easypaisa's guides: SHA256withRSA over the object's JSON without spaces."""
    wrapped = signed({"orderId": "a b", "amount": "1.00"}, server.our_key)
    digest = hashlib.sha256(b'{"orderId":"a b","amount":"1.00"}').digest()
    assert rsa_says(wrapped["signature"], server.our_key.public_key()) == digest
    assert compact('{ "a" : "b \\" c" , "d": [ 1.50 ] }') == '{"a":"b \\" c","d":[1.50]}'
    assert member_text('{"x": 1, "response" : {"a": 1.50} , "y": []}', "response") == '{"a": 1.50}'
    for text in ('{"response": 1, "response": 2}', "{", "", "[]", '{"response"', '{"a" 1}'):
        assert member_text(text, "response") is None, text


def test_form_of_jazzcash_is_signed_and_ends_with_the_order(server: Gateway) -> None:
    checkout = server.provider("jazzcash").checkout(ORDER, NOON)
    assert checkout is not None
    assert checkout.action == f"{server.url}/CustomerPortal/transactionmanagement/merchantform/"
    assert checkout.fields["pp_SecureHash"] == jazzcash_hash(SALT, checkout.fields)
    told = (checkout.fields[f"pp_{name}"] for name in ("Amount", "TxnDateTime", "TxnExpiryDateTime", "TxnRefNo"))
    assert tuple(told) == ("2500050", "20260502120000", "20260502121500", REFERENCE)


def test_page_of_safepay_names_order_and_tracker(server: Gateway) -> None:
    page = server.provider("safepay").make_page(ORDER)
    named = parse_qs(urlsplit(page.url).query)
    assert (named["beacon"], named["order_id"], named["env"]) == (["track_1"], [REFERENCE], ["sandbox"])
    assert (page.token, server.orders["track_1"].amount) == ("track_1", "25000.50")


def test_form_of_payfast_has_the_token_for_its_amount(server: Gateway) -> None:
    order = ordered(server, "payfast")
    checkout = server.provider("payfast").checkout(order, NOON)
    assert checkout is not None
    told = [checkout.fields[name] for name in ("TOKEN", "TXNAMT", "BASKET_ID", "ORDER_DATE")]
    assert told == ["bound", "25000.50", REFERENCE, "2026-05-02"]
    assert server.orders[REFERENCE].amount == "25000.50"


def test_page_of_easypaisa_shows_its_code(server: Gateway) -> None:
    order = ordered(server, "easypaisa")
    checkout = server.provider("easypaisa").checkout(order, NOON)
    assert checkout is not None
    assert (checkout.image, checkout.action, server.orders[REFERENCE].amount) == (PNG, None, "25000.50")


@pytest.mark.parametrize("name", ASKING)
def test_inquiry_tells_what_was_paid_to_the_paisa(server: Gateway, name: str) -> None:
    [paid] = server.provider(name).inquire(ordered(server, name)).paid
    assert (paid.reference, paid.amount_paisa, paid.currency, paid.merchant) == (REFERENCE, 25_000_50, "PKR", MERCHANT)
    server.orders.clear()
    assert server.provider(name).inquire(ordered(server, name, "pending")).paid == ()


@pytest.mark.slow
@pytest.mark.parametrize("name", ASKING)
def test_answer_with_one_field_changed_pays_nothing(server: Gateway, name: str) -> None:
    """A signed answer is refused as a whole; of an unsigned one the money is not what was asked for."""
    order, provider = ordered(server, name), server.provider(name)
    seen: dict[str, Any] = {}
    server.forge = seen.update
    [right] = provider.inquire(order).paid
    free = {"refunds", "transaction_id"}  # the last is PayFast's own name of the payment, of which we know no other
    for field in sorted(set(seen) - free):
        for value in ("1", "x", 7, None, [], ""):
            if (seen[field] or "") == (value or "") or (field in ("merchant_id", "currency_code") and not value):
                continue  # PayFast pays in rupees and to us, whether it says so or not
            server.forge = lambda told, field=field, value=value: told.update({field: value})
            try:
                facts = provider.inquire(order).paid
            except ProviderUnavailableError:
                continue
            assert all(_differs(fact, right) for fact in facts), (field, value)


def _differs(fact: PaidFact, right: PaidFact) -> bool:
    return (fact.reference, fact.amount_paisa, fact.currency, fact.merchant) != (
        right.reference, right.amount_paisa, right.currency, right.merchant,
    )  # fmt: skip


@pytest.mark.parametrize("amount", ["25000.505", "2.5e4", "NaN", "-25000", "Infinity", "", "25,000", True, 1e300, None])
@pytest.mark.parametrize("name", ["safepay", "payfast", "easypaisa"])
def test_amount_that_is_none_says_nothing(server: Gateway, name: str, amount: Any) -> None:
    order = ordered(server, name)
    field = {"safepay": "amount", "payfast": "txnamt", "easypaisa": "transactionAmount"}[name]
    server.tell = lambda told: told.update({field: amount})
    with pytest.raises(ProviderUnavailableError):
        server.provider(name).inquire(order)


@pytest.mark.parametrize("status", [200, 301, 400, 401, 404, 500, 503])
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff\0", b"<html>", b'{"data": 5}', b"[" * 100_000])
def test_answer_that_is_not_understood_says_nothing(server: Gateway, status: int, body: bytes) -> None:
    server.raw = (status, body)
    for name in ASKING:
        with pytest.raises(ProviderUnavailableError):
            server.provider(name).inquire(ORDER)


def refund_order(order: Order, amount: int, **more: Any) -> RefundOrder:
    return RefundOrder("AMR1", "T1", amount, "PKR", order.reference, order.token, **more)


def test_refunds_are_of_the_payment_and_of_the_amount(server: Gateway) -> None:
    for name, sent in (("jazzcash", "1000050"), ("payfast", "10000.50"), ("safepay", "10000.50")):
        server.orders.clear()
        order = ordered(server, name)
        assert server.provider(name).refund(refund_order(order, 10_000_50)).state is RefundState.DONE
        [book] = server.orders.values()
        assert [each["amount"] for each in book.refunds] == [sent]


def test_refund_at_safepay_is_found_again_by_its_amount_once(server: Gateway) -> None:
    order, provider = ordered(server, "safepay"), server.provider("safepay")
    asked = refund_order(order, 10_000_00)
    assert provider.inquire_refund(asked).state is RefundState.NOT_FOUND
    server.lose_refunds = 1
    with pytest.raises(ProviderUnavailableError):
        provider.refund(asked)
    found = provider.inquire_refund(asked)
    assert (found.state, found.provider_refund) == (RefundState.DONE, "refund_1")
    other = refund_order(order, 10_000_00, others=frozenset({"refund_1"}))
    assert provider.inquire_refund(other).state is RefundState.NOT_FOUND
    assert provider.refund(refund_order(order, 20_000_00)).state is RefundState.REFUSED


@pytest.mark.parametrize("name", ["jazzcash", "payfast", "easypaisa", "bank"])
def test_refund_that_cannot_be_asked_about_is_for_people(server: Gateway, name: str) -> None:
    assert server.provider(name).inquire_refund(refund_order(ORDER, 1_00)).state is RefundState.BY_HAND


def callback_of(name: str) -> tuple[dict[str, str], bytes, dict[str, str]]:
    """Fields, bytes and headers of a notification, signed as the provider does."""
    if name == "jazzcash":
        fields = {"pp_TxnRefNo": REFERENCE, "pp_Amount": "2500050", "pp_ResponseCode": "000", "pp_MerchantID": MERCHANT}
        fields["pp_SecureHash"] = jazzcash_hash(SALT, fields)
        return fields, urlencode(fields).encode(), {}
    if name == "payfast":
        fields = {"basket_id": REFERENCE, "err_code": "000", "transaction_id": "T1", "transaction_amount": "25000.50"}
        fields["validation_hash"] = payfast_hash(REFERENCE, SECRET, MERCHANT, "000")
        return fields, urlencode(fields).encode(), {}
    fields = {"state": "PAID", "amount": "25000.50", "currency": "PKR", "tracker": "track_1"}
    notification = {**fields, "metadata": {"order_id": REFERENCE}}
    body = json.dumps({"type": "payment:created", "notification": notification}).encode()
    return fields, body, {SIGNATURE_HEADER: safepay_signature(SECRET, body)}


@pytest.mark.parametrize("name", ["jazzcash", "payfast", "safepay"])
def test_notification_is_believed_as_it_was_signed_and_in_no_other_form(server: Gateway, name: str) -> None:
    provider = server.provider(name)
    fields, body, headers = callback_of(name)
    read = provider.read_callback(body, headers)
    assert (read.reference, read.signature) == (REFERENCE, "valid")
    beyond = {"transaction_id", "transaction_amount"} if name == "payfast" else set()  # its hash does not cover them
    for field, value in fields.items():
        for other in (f"{value}0", value[:-1], ""):
            changed = body.replace(value.encode(), other.encode())
            assert (provider.read_callback(changed, headers).signature == "valid") is (field in beyond), (field, other)
    assert provider.read_callback(body + b"&" + body, {}).signature == "invalid"
    for rubbish in (b"", b"\0", b"\xff", b"[" * 50_000, b"=" * 500, b'{"notification": 5}', b"&".join([b"a=1"] * 200)):
        assert provider.read_callback(rubbish, headers).signature == "invalid"


def test_notification_of_easypaisa_names_an_order_and_proves_nothing(server: Gateway) -> None:
    provider = server.provider("easypaisa")
    for body in (
        f"orderRefNumber={REFERENCE}&status=0000".encode(),
        urlencode({"url": f"https://evil.test/ipn?order_id={REFERENCE}"}).encode(),
    ):
        assert provider.read_callback(body, {}).reference == REFERENCE
        assert provider.read_callback(body, {}).signature == "none"
    for body in (b"", b"url=http%3A%2F%2F%5B", b"\xff=1", b"order_id="):
        assert provider.read_callback(body, {}).reference is None
    assert server.provider("bank").read_callback(b"reference=x", {}).signature == "invalid"


GIVEN: dict[str, dict[str, str]] = {
    "jazzcash": {"merchant": "m", "password": "p", "salt": "s"},
    "safepay": {"merchant": "m", "secret": "s", "webhook_secret": "w"},
    "payfast": {"api_url": "http://x", "merchant": "m", "secured_key": "k"},
    "easypaisa": {"merchant": "m", "account": "a", "user": "u", "password": "p", "key": "k", "their_key": "k"},
    "bank": {"iban": "i", "title": "t"},
    "sandbox": {"secret": "s"},
}


def settings_of(name: str, values: dict[str, str]) -> Settings:
    named: dict[str, Any] = {f"payment_{name}_{key}": value for key, value in values.items()}
    return Settings(payment_providers=name, **named)


@pytest.mark.parametrize(("name", "lacking"), [(name, key) for name, values in GIVEN.items() for key in values])
def test_provider_without_one_of_its_settings_does_not_start(name: str, lacking: str, server: Gateway) -> None:
    values = GIVEN[name] | ({"key": pem(server), "their_key": public_pem(server)} if name == "easypaisa" else {})
    assert open_providers(settings_of(name, values)).keys() == {name}
    setting = f"PAYMENT_{name}_{lacking}".upper()
    with pytest.raises(ProviderNotSetUpError, match=f"names {name}, and {setting} is not set") as refused:
        open_providers(settings_of(name, values | {lacking: " "}))
    assert re.search(r"set it, or leave the provider out\.$", str(refused.value))


def test_provider_that_there_is_not_and_key_that_is_none_are_named() -> None:
    with pytest.raises(InvalidInputError, match="names pigeon; there are bank, easypaisa, jazzcash"):
        open_providers(Settings(payment_providers="sandbox, pigeon"))
    with pytest.raises(ProviderNotSetUpError, match="PAYMENT_EASYPAISA_KEY is no RSA key"):
        open_providers(settings_of("easypaisa", GIVEN["easypaisa"]))


def pem(server: Gateway) -> str:
    text = server.our_key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    return text.decode().replace("\n", "\\n")


def public_pem(server: Gateway) -> str:
    return server.key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo).decode()
