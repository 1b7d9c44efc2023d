"""Easypaisa: the buyer scans a code; requests and answers of its API are signed with RSA.

Its notifications are not signed, and so wake the reconciler and nothing else. It has no operation for refunds.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

from core.money import decimal_of
from pipelines.deposits.providers.calls import Call, amount_of, call, text_of
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
from pipelines.deposits.providers.signed_json import is_signed, signed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

_CODE: Final = "/easypay-service/rest/QRBusinessRestService/v1/generate-qr"
_INQUIRE: Final = "/easypay-service/rest/v5/inquire-transaction"
_UNPAID: Final = frozenset({"PENDING", "FAILED", "EXPIRED", "BLOCKED"})
_NAMES: Final = ("orderRefNum", "orderRefNumber", "order_id", "orderId")


@dataclass(frozen=True)
class Easypaisa:
    """The provider Easypaisa. The merchant is the number of the store.

    Attributes:
        account: the number of the merchant's own account, which inquiries name.
        credentials: name and password of the API.
        page: the platform's address of payment pages; the reference follows.
    """

    url: str
    merchant: str
    account: str
    credentials: tuple[str, str]
    key: "RSAPrivateKey"
    their_key: "RSAPublicKey"
    page: str
    name: str = "easypaisa"

    def page_in_place(self, order: Order) -> Page | None:
        """Return None: Easypaisa makes the code first."""
        del order
        return None

    def make_page(self, order: Order) -> Page:
        """Have the code of the order made."""
        request = {
            "storeId": self.merchant,
            "paymentMethod": "QR_PAYMENT_METHOD",
            "orderRefNum": order.reference,
            "amount": decimal_of(order.amount_paisa),
        }
        picture = text_of(self._ask(_CODE, request), "qrCode")
        try:
            base64.b64decode(picture, validate=True)
        except ValueError:
            picture = ""
        if not picture:
            raise ProviderUnavailableError(self.name, "no code")
        return Page(f"{self.page}/{order.reference}", picture)

    def checkout(self, order: Order, now: datetime) -> Checkout:
        """Show the code."""
        del now
        return Checkout(lines=(("Scan with the Easypaisa app", order.reference),), image=order.token)

    def inquire(self, order: Order) -> Inquiry:
        """Ask what was paid. An order is paid once, and Easypaisa tells no other number: so it names the payment."""
        told = self._ask(_INQUIRE, {"orderId": order.reference, "accountNum": self.account, "storeId": self.merchant})
        state = text_of(told, "transactionStatus")
        if state in _UNPAID:
            return Inquiry()
        if state != "PAID" or text_of(told, "accountNum") != self.account:
            raise ProviderUnavailableError(self.name, "an answer that says nothing of the payment")
        amount = amount_of(self.name, told, "transactionAmount")
        reference, merchant = text_of(told, "orderId"), text_of(told, "storeId")
        return Inquiry((PaidFact(reference, reference, amount, order.currency, merchant),))

    def refund(self, order: RefundOrder) -> RefundAnswer:
        """Return that people give the money back, in Easypaisa's portal."""
        del order
        return RefundAnswer(RefundState.BY_HAND)

    def inquire_refund(self, order: RefundOrder) -> RefundAnswer:
        """Return the same: it cannot be asked about."""
        return self.refund(order)

    def read_callback(self, body: bytes, headers: Mapping[str, str]) -> Callback:
        """Read which order a notification names, in a form or in the address of its details, which is not opened."""
        del headers
        fields = fields_of(body)
        fields |= dict(parse_qsl(urlsplit(fields["url"]).query)) if _is_address(fields.get("url", "")) else {}
        named = [fields[name] for name in _NAMES if fields.get(name)]
        return Callback(named[0] if named else None, "none")

    def _ask(self, path: str, request: dict[str, Any]) -> dict[str, Any]:
        name_and_password = ":".join(self.credentials).encode()
        headers = {"credentials": base64.b64encode(name_and_password).decode()}
        answer = call(self.name, Call("POST", self.url + path, signed(request, self.key), headers=headers))
        told, signature = answer.body.get("response"), answer.body.get("signature")
        if answer.status != 200 or not isinstance(told, dict) or not isinstance(signature, str):
            raise ProviderUnavailableError(self.name, f"status {answer.status}")
        if not is_signed(answer.text, signature, self.their_key):
            raise ProviderUnavailableError(self.name, "a wrong signature")
        if text_of(told, "responseCode") != "0000":
            raise ProviderUnavailableError(self.name, "an answer that says nothing of the payment")
        return told


def _is_address(text: str) -> bool:
    try:
        return bool(urlsplit(text).query)
    except ValueError:
        return False
