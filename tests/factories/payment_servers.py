"""A loopback server that answers as JazzCash, Safepay, PayFast and Easypaisa do, each in its own form."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from core.processes.loopback import served
from pipelines.deposits.providers.bank import Bank
from pipelines.deposits.providers.easypaisa import Easypaisa
from pipelines.deposits.providers.jazzcash import JazzCash
from pipelines.deposits.providers.payfast import PayFast
from pipelines.deposits.providers.port import Provider
from pipelines.deposits.providers.safepay import Safepay
from tests.factories.payment_hashes import compact_request, jazzcash_hash, rsa_says, rsa_signature

MERCHANT, PASSWORD, SALT, SECRET = "MC1", "pass-word", "salt0salt", "sec-ret"
OWN = "http://api.test"
PNG = "iVBORw0KGgo="
Fields = dict[str, Any]


@dataclass
class Book:
    """An order as the provider knows it; amounts are rupees in text."""

    amount: str
    state: str = "pending"
    transaction: str = "T1"
    refunds: list[Fields] = field(default_factory=list)


class Gateway(ThreadingHTTPServer):
    """Attributes:
    orders: by our reference, or by Safepay's tracker.
    forge: changes an answer after it was signed; `tell` before.
    raw: answers everything, when set: status and bytes.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.orders: dict[str, Book] = {}
        self.key: RSAPrivateKey = generate_private_key(65_537, 2048)  # theirs
        self.our_key: RSAPrivateKey = generate_private_key(65_537, 2048)
        self.raw: tuple[int, bytes] | None = None
        self.lose_refunds = 0
        self.tell: Callable[[Fields], object] = bool
        self.forge: Callable[[Fields], object] = bool

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def provider(self, name: str) -> Provider:
        page, back = f"{OWN}/v1/payments/pages", f"{OWN}/v1/payments/{name}/return"
        if name == "jazzcash":
            return JazzCash(self.url, MERCHANT, PASSWORD, SALT, page, back)
        if name == "safepay":
            return Safepay(self.url, "https://pay.test/components", MERCHANT, SECRET, SECRET, "sandbox", back)
        if name == "payfast":
            return PayFast(self.url, self.url, MERCHANT, SECRET, page, f"{OWN}/v1/payments/payfast/callbacks", back)
        if name == "bank":
            return Bank("PK36SCBL0000001123456702", "Automart", page)
        names = ("user", PASSWORD)
        return Easypaisa(self.url, MERCHANT, "923001", names, self.our_key, self.key.public_key(), page)


@contextmanager
def gateway() -> Iterator[Gateway]:
    with served(Gateway()) as server:
        yield server


class _Handler(BaseHTTPRequestHandler):
    server: Gateway
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("content-length") or 0)))

    def _serve(self, body: bytes) -> None:
        if self.server.raw is not None:
            return self._send(*self.server.raw)
        path = unquote(urlsplit(self.path).path)
        form = body.startswith((b"MERCHANT_ID", b"merchant_id", b"txnamt"))
        given = dict(parse_qsl(body.decode())) if form else json.loads(body or b"{}")
        for start, answer in _ROUTES.items():
            if path.startswith(start):
                status, told = answer(self, path.removeprefix(start).strip("/"), given, body)
                if not isinstance(told, str):
                    told = json.dumps(told)
                return self._send(status, told.encode())
        return self._send(404, b"{}")

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _jazzcash(self, what: str, given: Fields, _body: bytes) -> tuple[int, Any]:
        assert given["pp_SecureHash"] == jazzcash_hash(SALT, given)
        assert (given["pp_MerchantID"], given["pp_Password"]) == (MERCHANT, PASSWORD)
        book = self.server.orders.get(given["pp_TxnRefNo"])
        told: Fields = {"pp_ResponseCode": "000" if book is not None else "404", "pp_AuthCode": "", "pp_BankID": None}
        if book is not None and what == "authorize/Refund":
            book.refunds.append({"amount": given["pp_Amount"]})
            if self._loses():
                return 500, {}
        elif book is not None:
            paid = book.state == "paid"
            told |= {
                "pp_PaymentResponseCode": "121" if paid else "157",
                "pp_Status": "Completed" if paid else "Pending",
                "pp_RetreivalReferenceNo": book.transaction if paid else "",
                "pp_TxnRefNo": given["pp_TxnRefNo"],
                "pp_MerchantID": MERCHANT,
                "pp_Amount": book.amount.replace(".", ""),
                "pp_TxnCurrency": "PKR",
            }
        self.server.tell(told)
        told["pp_SecureHash"] = jazzcash_hash(SALT, told)
        self.server.forge(told)
        return 200, told

    def _safepay(self, what: str, given: Fields, _body: bytes) -> tuple[int, Any]:
        if what == "init":
            assert given["client"] == MERCHANT
            tracker = f"track_{len(self.server.orders) + 1}"
            self.server.orders[tracker] = Book(f"{given['amount']:.2f}")
            return 201, {"data": {"token": tracker, "environment": given["environment"]}}
        assert self.headers["x-sfpy-merchant-secret"] == SECRET
        tracker, _slash, verb = what.partition("/")
        book = self.server.orders.get(tracker)
        if book is None:
            return 404, {}
        if verb == "refund":
            left = float(book.amount) - sum(float(each["amount"]) for each in book.refunds)
            if given["amount"] > left:
                return 422, {}
            book.refunds.append({"token": f"refund_{len(book.refunds) + 1}", "amount": f"{given['amount']:.2f}"})
            return (500, {}) if self._loses() else (200, {"data": {}})
        told = {
            "token": tracker,
            "state": "TRACKER_ENDED" if book.state == "paid" else "TRACKER_STARTED",
            "amount": book.amount,
            "currency": "PKR",
            "client": MERCHANT,
            "refunds": book.refunds,
        }
        self.server.tell(told)
        self.server.forge(told)
        return 200, {"data": told}

    def _payfast_token(self, what: str, given: Fields, _body: bytes) -> tuple[int, Any]:
        if what:  # GetAccessToken of a page
            assert (given["MERCHANT_ID"], given["SECURED_KEY"]) == (MERCHANT, SECRET)
            self.server.orders[given["BASKET_ID"]] = Book(given["TXNAMT"])
            return 200, {"MERCHANT_ID": MERCHANT, "ACCESS_TOKEN": "bound"}
        assert (given["merchant_id"], given["secured_key"]) == (MERCHANT, SECRET)
        return 200, {"token": "bearer", "expires_in": 3600}

    def _payfast(self, what: str, given: Fields, _body: bytes) -> tuple[int, Any]:
        assert self.headers["authorization"] == "Bearer bearer"
        verb, _slash, name = what.partition("/")
        if verb == "refund":
            book = next(each for each in self.server.orders.values() if each.transaction == name)
            book.refunds.append({"amount": given["txnamt"]})
            return (500, {}) if self._loses() else (200, {"status_code": "00", "transaction_id": f"R{name}"})
        found = self.server.orders.get(name)
        if found is None:
            return 404, {}
        assert "order_date=20" in self.path
        told = {
            "status_code": "00" if found.state == "paid" else "001",
            "basket_id": name,
            "transaction_id": found.transaction,
            "txnamt": found.amount,
            "merchant_id": MERCHANT,
            "currency_code": "PKR",
        }
        self.server.tell(told)
        self.server.forge(told)
        return 200, told

    def _easypaisa(self, what: str, given: Fields, body: bytes) -> tuple[int, Any]:
        request = given["request"]
        digest = hashlib.sha256(compact_request(body).encode()).digest()
        assert rsa_says(given["signature"], self.server.our_key.public_key()) == digest
        assert self.headers["credentials"] == "dXNlcjpwYXNzLXdvcmQ="
        told: Fields = {"responseCode": "0000", "responseDesc": "SUCCESS"}
        if what.endswith("generate-qr"):
            self.server.orders[request["orderRefNum"]] = Book(request["amount"])
            told["qrCode"] = PNG
        else:
            book = self.server.orders[request["orderId"]]
            told |= {
                "orderId": request["orderId"],
                "accountNum": request["accountNum"],
                "storeId": request["storeId"],
                "transactionStatus": book.state.upper(),
                "transactionAmount": float(book.amount),
            }
        self.server.tell(told)
        signature = rsa_signature(json.dumps(told, separators=(",", ":")), self.server.key)
        self.server.forge(told)
        spaced = json.dumps(told, indent=1)  # spaces between the parts are not signed
        return 200, f'{{ "response" : {spaced},\n"signature":"{signature}"}}'

    def _loses(self) -> bool:
        self.server.lose_refunds -= 1
        return self.server.lose_refunds >= 0


_ROUTES = {
    "/ApplicationAPI/API": _Handler._jazzcash,
    "/order/v1": _Handler._safepay,
    "/Ecommerce/api/Transaction": _Handler._payfast_token,
    "/token": _Handler._payfast_token,
    "/transaction": _Handler._payfast,
    "/easypay-service/rest": _Handler._easypaisa,
}
