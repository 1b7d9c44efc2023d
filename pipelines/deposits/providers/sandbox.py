"""The sandbox provider: it speaks to the loopback server of `automart deposits sandbox`."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from core.money import BadAmountError, decimal_of, paisa_of_decimal
from pipelines.deposits.providers.calls import Answer, Call, call
from pipelines.deposits.providers.port import (
    Callback,
    Checkout,
    Inquiry,
    Order,
    Page,
    PaidFact,
    ProviderUnavailableError,
    RefundAnswer,
    RefundOrder,
    RefundState,
)

SIGNATURE_HEADER: Final = "x-sandbox-signature"
MERCHANT: Final = "automart"


def signature_of(secret: str, body: bytes) -> str:
    """Sign the bytes of a callback."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Sandbox:
    """The sandbox provider."""

    url: str
    secret: str
    name: str = "sandbox"
    merchant: str = MERCHANT

    def page_in_place(self, order: Order) -> Page | None:
        """Return the address of the sandbox's own page."""
        until = int(order.expires_at.timestamp())
        amount = decimal_of(order.amount_paisa)
        return Page(f"{self.url}/checkout/{quote(order.reference)}?amount={amount}&until={until}")

    def make_page(self, order: Order) -> Page:
        """Return the same address: there is nothing to ask."""
        page = self.page_in_place(order)
        assert page is not None  # noqa: S101  (says so to the type checker)
        return page

    def checkout(self, order: Order, now: datetime) -> Checkout | None:
        """Return None: the sandbox has a page of its own."""
        del order, now
        return None

    def inquire(self, order: Order) -> Inquiry:
        """Ask what was paid."""
        answer = self._ask(Call("GET", f"{self.url}/payments/{quote(order.reference)}"), (200, 404))
        if answer.status == 404:
            return Inquiry()
        try:
            paid = [each for each in answer.body["payments"] if each["state"] == "paid"]
            return Inquiry(tuple(map(_fact, paid)))
        except (KeyError, TypeError, BadAmountError) as error:
            raise ProviderUnavailableError(self.name, "an answer that cannot be read") from error

    def refund(self, order: RefundOrder) -> RefundAnswer:
        """Ask for a refund."""
        body = {
            "reference": order.reference,
            "transaction": order.transaction,
            "amount_pkr": decimal_of(order.amount_paisa),
        }
        return self._refund_answer(self._ask(Call("POST", f"{self.url}/refunds", body), (200, 422)))

    def inquire_refund(self, order: RefundOrder) -> RefundAnswer:
        """Ask what became of a refund."""
        answer = self._ask(Call("GET", f"{self.url}/refunds/{quote(order.reference)}"), (200, 404))
        return RefundAnswer(RefundState.NOT_FOUND) if answer.status == 404 else self._refund_answer(answer)

    def read_callback(self, body: bytes, headers: Mapping[str, str]) -> Callback:
        """Read a notification; its signature is over the bytes."""
        given = headers.get(SIGNATURE_HEADER)
        valid = given is not None and hmac.compare_digest(given.encode(), signature_of(self.secret, body).encode())
        try:
            reference = json.loads(body)["reference"]
        except (ValueError, KeyError, TypeError, RecursionError):
            reference = None
        return Callback(reference if isinstance(reference, str) else None, "valid" if valid else "invalid")

    def _refund_answer(self, answer: Answer) -> RefundAnswer:
        if answer.status == 422:
            return RefundAnswer(RefundState.REFUSED)
        try:
            return RefundAnswer(RefundState(answer.body["state"]), answer.body.get("refund"))
        except (KeyError, ValueError) as error:
            raise ProviderUnavailableError(self.name, "an answer that cannot be read") from error

    def _ask(self, request: Call, known: tuple[int, ...]) -> Answer:
        answer = call(self.name, request)
        if answer.status not in known:
            raise ProviderUnavailableError(self.name, f"status {answer.status}")
        return answer


def _fact(each: dict[str, Any]) -> PaidFact:
    return PaidFact(
        str(each["transaction"]),
        str(each["reference"]),
        paisa_of_decimal(each["amount_pkr"]),
        str(each["currency"]),
        str(each["merchant"]),
    )
