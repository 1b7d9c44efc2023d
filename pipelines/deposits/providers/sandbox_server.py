"""A provider's server on the loopback, for trying deposits out: it can be slow, repeat itself, lie and go down.

Buyers pay by `POST /pay`; the platform inquires at `/payments/{reference}` and refunds at `/refunds`. Nothing is kept
beyond the process.
"""

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from core.clock import utc_now
from core.money import BadAmountError, decimal_of, paisa_of_decimal
from pipelines.deposits.providers.sandbox import MERCHANT, SIGNATURE_HEADER, signature_of

_MOST_BYTES: Final = 64 * 1024
_OUTCOMES: Final = ("paid", "declined", "pending")


@dataclass
class Misbehaviour:
    """The faults that the server plays. Counted ones end by themselves."""

    down: bool = False
    slow_seconds: float = 0.0
    lose_refund_answers: int = 0
    refuse_refunds: bool = False
    pending_refunds: bool = False


@dataclass
class SandboxBooks:
    """The provider's books: payments by reference, refunds by reference, and the number of inquiries."""

    payments: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def pay(self, order: dict[str, Any]) -> dict[str, Any]:
        """Take a payment.

        Raises:
            BadAmountError, KeyError, TypeError, ValueError: the order cannot be read.
        """
        outcome = order.get("outcome", "paid")
        if outcome not in _OUTCOMES:
            raise ValueError
        with self.lock:
            number = sum(map(len, self.payments.values())) + 1
            payment = {
                "transaction": str(order.get("transaction") or f"S{number:09}"),
                "reference": str(order["reference"]),
                "state": outcome,
                "amount_pkr": _decimal(order["amount_pkr"]),
                "currency": str(order.get("currency", "PKR")),
                "merchant": str(order.get("merchant", MERCHANT)),
                "at": utc_now().isoformat(timespec="seconds"),
            }
            self.payments.setdefault(payment["reference"], []).append(payment)
            return payment

    def refund(self, order: dict[str, Any], state: str) -> dict[str, Any] | None:
        """Give money back, once for each reference; None where there is not so much."""
        with self.lock:
            known = self.refunds.get(str(order["reference"]))
            if known is not None:
                return known
            paid = [each for every in self.payments.values() for each in every]
            amount = paisa_of_decimal(order["amount_pkr"])
            of = [each for each in paid if each["transaction"] == order["transaction"] and each["state"] == "paid"]
            back = sum(
                paisa_of_decimal(each["amount_pkr"])
                for each in self.refunds.values()
                if each["transaction"] == order["transaction"]
            )
            if not of or back + amount > paisa_of_decimal(of[0]["amount_pkr"]):
                return None
            made = {
                "reference": str(order["reference"]),
                "transaction": str(order["transaction"]),
                "amount_pkr": decimal_of(amount),
                "refund": f"R{len(self.refunds) + 1:09}",
                "state": state,
                "at": utc_now().isoformat(timespec="seconds"),
            }
            self.refunds[made["reference"]] = made
            return made

    def settlement(self) -> str:
        """Return everything as the CSV of a settlement file."""
        with self.lock:
            rows = [("payment", each) for every in self.payments.values() for each in every if each["state"] == "paid"]
            rows += [("refund", each | {"transaction": each["refund"]}) for each in self.refunds.values()]
        lines = [
            ",".join([kind, *(each[name] for name in ("transaction", "reference", "amount_pkr", "at"))])
            for kind, each in rows
        ]
        return "\n".join(["kind,transaction,reference,amount_pkr,at", *lines, ""])


class SandboxServer(ThreadingHTTPServer):
    """The server; `callback_url` is where it notifies the platform."""

    daemon_threads = True

    def __init__(self, port: int, callback_url: str, secret: str, misbehaviour: Misbehaviour | None = None) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.callback_url, self.secret = callback_url, secret
        self.misbehaviour = misbehaviour or Misbehaviour()
        self.books = SandboxBooks()

    @property
    def url(self) -> str:
        """The address that it listens at."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def call_back(self, order: dict[str, Any], payment: dict[str, Any]) -> None:
        """Notify the platform as the order says: how often, how late, and of which amount."""
        claimed = _decimal(order.get("claim_amount_pkr") or order["amount_pkr"])
        body = json.dumps({**payment, "amount_pkr": claimed}, sort_keys=True).encode()
        headers = {"content-type": "application/json", SIGNATURE_HEADER: signature_of(self.secret, body)}
        delay = float(order.get("delay_seconds", 0))
        for _ in range(int(order.get("callbacks", 1))):
            threading.Thread(target=self._send, args=(body, headers, delay), daemon=True).start()

    def _send(self, body: bytes, headers: dict[str, str], delay: float) -> None:
        import httpx

        time.sleep(delay)
        for pause in (0.2, 1.0, 3.0, 0.0):
            try:
                httpx.post(self.callback_url, content=body, headers=headers, timeout=10, trust_env=False)
            except httpx.HTTPError:
                time.sleep(pause)
            else:
                return


class _Handler(BaseHTTPRequestHandler):
    server: SandboxServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer inquiries, and show the payment page."""
        books, path = self.server.books, unquote(urlsplit(self.path).path)
        if self._wrong():
            return
        kind, _slash, name = path.strip("/").partition("/")
        if kind == "payments" and name:
            books.asked[name] += 1
            found = books.payments.get(name)
            self._answer(404 if found is None else 200, {"reference": name, "payments": found or []})
        elif kind == "refunds" and name:
            refund = books.refunds.get(name)
            if refund is not None and not self.server.misbehaviour.pending_refunds:
                refund["state"] = "done"
            self._answer(404 if refund is None else 200, refund or {})
        elif kind == "settlement.csv":
            self._send_bytes(200, "text/csv", books.settlement().encode())
        elif kind == "checkout":
            self._send_bytes(200, "text/plain; charset=utf-8", f"Pay {name} by POST {self.server.url}/pay\n".encode())
        else:
            self._answer(404, {"detail": "There is POST /pay, /payments/…, /refunds, /settlement.csv."})

    def do_POST(self) -> None:
        """Take payments and refunds."""
        body = self.rfile.read(min(int(self.headers.get("content-length") or 0), _MOST_BYTES))
        path = urlsplit(self.path).path
        if path != "/misbehave" and self._wrong():
            return
        try:
            order = json.loads(body)
            if path == "/pay":
                payment = self.server.books.pay(order)
                self.server.call_back(order, payment)
                self._answer(200, payment)
            elif path == "/refunds":
                self._refund(order)
            elif path == "/misbehave":
                self.server.misbehaviour = Misbehaviour(**order)
                self._answer(200, order)
            else:
                self._answer(404, {"detail": "There is POST /pay, /refunds, /misbehave."})
        except (BadAmountError, KeyError, TypeError, ValueError) as error:
            self._answer(422, {"detail": f"This cannot be read: {error}."})

    def _refund(self, order: dict[str, Any]) -> None:
        wrong = self.server.misbehaviour
        made = (
            None
            if wrong.refuse_refunds
            else self.server.books.refund(order, "pending" if wrong.pending_refunds else "done")
        )
        if wrong.lose_refund_answers > 0:
            wrong.lose_refund_answers -= 1
            self._answer(500, {"detail": "lost"})
        elif made is None:
            self._answer(422, {"detail": "refused"})
        else:
            self._answer(200, made)

    def _wrong(self) -> bool:
        time.sleep(self.server.misbehaviour.slow_seconds)
        if self.server.misbehaviour.down:
            self._answer(503, {"detail": "down"})
        return self.server.misbehaviour.down

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        self._send_bytes(status, "application/json", json.dumps(body).encode())

    def _send_bytes(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: requests name references of payments."""


def _decimal(amount: object) -> str:
    """Return an amount of a JSON order as providers write it."""
    if isinstance(amount, bool) or not isinstance(amount, int | str):
        raise BadAmountError
    return decimal_of(paisa_of_decimal(str(amount)))
