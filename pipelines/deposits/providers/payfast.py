"""PayFast of Pakistan (gopayfast.com): a token is bound to amount and order, and the buyer's browser posts a form.

The hash of a notification covers neither the amount nor the transaction: it only says that PayFast spoke of the order.
So the payment is asked about, and an answer without an amount is none.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from core.money import decimal_of
from pipelines.deposits.providers.calls import Call, amount_of, call, text_of, text_or_default
from pipelines.deposits.providers.forms import fields_of
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

_TRANSACTIONS: Final = "/Ecommerce/api/Transaction"
_DONE: Final = frozenset({"00", "000"})
_PENDING: Final = frozenset({"001", "002"})
_REFUSED: Final = frozenset({"97", "14", "15"})


def validation_hash(basket: str, secured_key: str, merchant: str, code: str) -> str:
    """Return the hash of a notification."""
    return hashlib.sha256("|".join((basket, secured_key, merchant, code)).encode()).hexdigest()


@dataclass(frozen=True)
class PayFast:
    """The provider PayFast.

    Attributes:
        url: of the pages for buyers, and `api` of inquiries and refunds.
        page: the platform's address of payment pages; the reference follows.
        callbacks: where PayFast notifies the platform, and `returns` where it sends the buyer's browser.
    """

    url: str
    api: str
    merchant: str
    secured_key: str
    page: str
    callbacks: str
    returns: str
    name: str = "payfast"

    def page_in_place(self, order: Order) -> Page | None:
        """Return None: PayFast gives a token for the amount first."""
        del order
        return None

    def make_page(self, order: Order) -> Page:
        """Have a token made that is bound to order and amount."""
        form = {
            "MERCHANT_ID": self.merchant,
            "SECURED_KEY": self.secured_key,
            "BASKET_ID": order.reference,
            "TXNAMT": decimal_of(order.amount_paisa),
            "CURRENCY_CODE": order.currency,
        }
        answer = call(self.name, Call("POST", f"{self.url}{_TRANSACTIONS}/GetAccessToken", form=form))
        token = text_of(answer.body, "ACCESS_TOKEN")
        if answer.status != 200 or not token:
            raise ProviderUnavailableError(self.name, f"status {answer.status}, no token")
        return Page(f"{self.page}/{order.reference}", token)

    def checkout(self, order: Order, now: datetime) -> Checkout:
        """Return the form, with the token."""
        del now
        fields = {
            "CURRENCY_CODE": order.currency,
            "MERCHANT_ID": self.merchant,
            "TOKEN": order.token or "",
            "SUCCESS_URL": self.returns,
            "FAILURE_URL": self.returns,
            "CHECKOUT_URL": self.callbacks,
            "TXNAMT": decimal_of(order.amount_paisa),
            "BASKET_ID": order.reference,
            "ORDER_DATE": order.day.isoformat(),
            "TXNDESC": "Deposit on a car",
            "PROCCODE": "00",
            "TRAN_TYPE": "ECOMM_PURCHASE",
            "VERSION": "AUTOMART-1.0",
        }
        return Checkout(f"{self.url}{_TRANSACTIONS}/PostTransaction", fields)

    def inquire(self, order: Order) -> Inquiry:
        """Ask what was paid for the order."""
        address = f"{self.api}/transaction/basket_id/{quote(order.reference)}?order_date={order.day.isoformat()}"
        told = self._ask(Call("GET", address, headers=self._bearer()))
        code = text_of(told, "status_code")
        if code in _PENDING:
            return Inquiry()
        if code not in _DONE:
            raise ProviderUnavailableError(self.name, "an answer that says nothing of the payment")
        transaction, reference = text_of(told, "transaction_id"), text_of(told, "basket_id")
        amount = amount_of(self.name, told, "txnamt")
        if not transaction or not reference:
            raise ProviderUnavailableError(self.name, "a payment without a number")
        merchant = text_or_default(self.name, told, "merchant_id", self.merchant)
        currency = text_or_default(self.name, told, "currency_code", order.currency)
        return Inquiry((PaidFact(transaction, reference, amount, currency, merchant),))

    def refund(self, order: RefundOrder) -> RefundAnswer:
        """Ask for a refund of the transaction."""
        form = {"txnamt": decimal_of(order.amount_paisa), "refund_reason": order.reference}
        address = f"{self.api}/transaction/refund/{quote(order.transaction, safe='')}"
        told = self._ask(Call("POST", address, form=form, headers=self._bearer()))
        code = text_of(told, "status_code") or text_of(told, "code")
        if code in _DONE:
            return RefundAnswer(RefundState.DONE, text_of(told, "transaction_id") or None)
        return RefundAnswer(RefundState.REFUSED if code in _REFUSED else RefundState.BY_HAND)

    def inquire_refund(self, order: RefundOrder) -> RefundAnswer:
        """Return that people must look: PayFast answers no question about one refund."""
        del order
        return RefundAnswer(RefundState.BY_HAND)

    def read_callback(self, body: bytes, headers: Mapping[str, str]) -> Callback:
        """Read a notification, a form or the parameters of an address."""
        del headers
        fields = {name.lower(): value for name, value in fields_of(body).items()}
        basket, given = fields.get("basket_id"), fields.get("validation_hash", "").lower()
        wanted = validation_hash(basket or "", self.secured_key, self.merchant, fields.get("err_code", ""))
        valid = basket is not None and hmac.compare_digest(given.encode(), wanted.encode())
        return Callback(basket, "valid" if valid else "invalid")

    def _bearer(self) -> dict[str, str]:
        form = {
            "merchant_id": self.merchant,
            "secured_key": self.secured_key,
            "grant_type": "client_credentials",
        }
        token = text_of(self._ask(Call("POST", f"{self.api}/token", form=form)), "token")
        if not token:
            raise ProviderUnavailableError(self.name, "no token")
        return {"authorization": f"Bearer {token}"}

    def _ask(self, request: Call) -> dict[str, Any]:
        answer = call(self.name, request)
        if answer.status != 200:
            raise ProviderUnavailableError(self.name, f"status {answer.status}")
        return answer.body
