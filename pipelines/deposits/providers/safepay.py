"""Safepay: it names each order by a tracker; amounts are decimal rupees, notifications are signed in a header.

The state of the tracker decides, never the type of a notification.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from core.money import BadAmountError, decimal_of
from pipelines.deposits.providers.calls import Answer, Call, call, paisa_of, text_of
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

SIGNATURE_HEADER: Final = "x-sfpy-signature"
_PAID: Final = frozenset({"PAID", "TRACKER_ENDED", "TRACKER_PARTIAL_REFUND", "TRACKER_REFUNDED"})
_UNPAID: Final = frozenset(
    {"TRACKER_STARTED", "TRACKER_ENROLLED", "TRACKER_AUTHORIZED", "TRACKER_CANCELLED", "TRACKER_EXPIRED"}
)


def signature_of(secret: str, body: bytes) -> str:
    """Sign the bytes of a notification."""
    return hmac.new(secret.encode(), body, hashlib.sha512).hexdigest()


@dataclass(frozen=True)
class Safepay:
    """The provider Safepay. The merchant is the public key of the account.

    Attributes:
        pages: Safepay's address of payment pages.
        returns: where it sends the buyer's browser.
    """

    url: str
    pages: str
    merchant: str
    secret: str
    webhook_secret: str
    environment: str
    returns: str
    name: str = "safepay"

    def page_in_place(self, order: Order) -> Page | None:
        """Return None: Safepay names the order first."""
        del order
        return None

    def make_page(self, order: Order) -> Page:
        """Have Safepay name the order. A name that is never paid ends by itself; so a repetition does no harm."""
        body = {
            "client": self.merchant,
            "amount": _number(order.amount_paisa),
            "currency": order.currency,
            "environment": self.environment,
        }
        tracker = text_of(self._data(Call("POST", f"{self.url}/order/v1/init", body)), "token")
        if not tracker:
            raise ProviderUnavailableError(self.name, "no tracker")
        query = {
            "env": self.environment,
            "beacon": tracker,
            "source": "custom",
            "order_id": order.reference,
            "redirect_url": self.returns,
            "cancel_url": self.returns,
        }
        return Page(f"{self.pages}?{urlencode(query)}", tracker)

    def checkout(self, order: Order, now: datetime) -> Checkout | None:
        """Return None: Safepay has a page of its own."""
        del order, now
        return None

    def inquire(self, order: Order) -> Inquiry:
        """Ask for the state of the tracker. A tracker is paid once; so it names the payment too."""
        told = self._tracker(order.token)
        state = text_of(told, "state")
        if state in _UNPAID:
            return Inquiry()
        if state not in _PAID or text_of(told, "token") != order.token:
            raise ProviderUnavailableError(self.name, "a state that is not known")
        try:
            paid = PaidFact(
                text_of(told, "token"),
                _reference(told) or order.reference,
                paisa_of(told["amount"]),
                str(told["currency"]),
                str(told["client"]),
            )
        except (KeyError, BadAmountError) as error:
            raise ProviderUnavailableError(self.name, "a payment that cannot be read") from error
        return Inquiry((paid,))

    def refund(self, order: RefundOrder) -> RefundAnswer:
        """Ask for a refund of the tracker."""
        body = {"currency": order.currency, "amount": _number(order.amount_paisa)}
        request = Call("POST", f"{self.url}/order/v1/{_named(order.token)}/refund", body, headers=self._secret())
        answer = call(self.name, request)
        if answer.status in (400, 409, 422):
            return RefundAnswer(RefundState.REFUSED)
        if answer.status not in (200, 201):
            raise ProviderUnavailableError(self.name, f"status {answer.status}")
        return self.inquire_refund(order)

    def inquire_refund(self, order: RefundOrder) -> RefundAnswer:
        """Look for the refund among those of the tracker: one of the amount that is no other refund of ours."""
        told = self._tracker(order.token)
        try:
            for each in told.get("refunds", []):
                name = str(each["token"])
                if name not in order.others and paisa_of(each["amount"]) == order.amount_paisa:
                    return RefundAnswer(RefundState.DONE, name)
        except (KeyError, TypeError, AttributeError, BadAmountError) as error:
            raise ProviderUnavailableError(self.name, "refunds that cannot be read") from error
        return RefundAnswer(RefundState.NOT_FOUND)

    def read_callback(self, body: bytes, headers: Mapping[str, str]) -> Callback:
        """Read a notification; its signature is over the bytes."""
        given = headers.get(SIGNATURE_HEADER, "")
        valid = hmac.compare_digest(given.encode(), signature_of(self.webhook_secret, body).encode())
        try:
            reference = json.loads(body)["notification"]["metadata"]["order_id"]
        except (ValueError, KeyError, TypeError, RecursionError):
            reference = None
        return Callback(reference if isinstance(reference, str) else None, "valid" if valid else "invalid")

    def _tracker(self, token: str | None) -> dict[str, Any]:
        return self._data(Call("GET", f"{self.url}/order/v1/{_named(token)}", headers=self._secret()))

    def _secret(self) -> dict[str, str]:
        return {"x-sfpy-merchant-secret": self.secret}

    def _data(self, request: Call) -> dict[str, Any]:
        answer: Answer = call(self.name, request)
        data = answer.body.get("data")
        if answer.status not in (200, 201) or not isinstance(data, dict):
            raise ProviderUnavailableError(self.name, f"status {answer.status}")
        return data


def _named(token: str | None) -> str:
    return quote(token or "", safe="")


def _reference(told: dict[str, Any]) -> str:
    metadata = told.get("metadata")
    return text_of(metadata, "order_id") if isinstance(metadata, dict) else ""


def _number(paisa: int) -> float | int:
    """Return rupees as the JSON number that Safepay takes: `json` writes the shortest text that means it."""
    return paisa // 100 if paisa % 100 == 0 else float(decimal_of(paisa))
