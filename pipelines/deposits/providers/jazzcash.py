"""JazzCash: the buyer's browser posts a signed form; answers and notifications are signed in the same way.

The hash is HMAC-SHA256 over the values of all non-empty `pp` fields in the order of their names, keyed with, and
preceded by, the integrity salt. Amounts are paisa, times are Karachi's.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.clock import PAKISTAN
from core.money import BadAmountError, paisa_of_minor
from pipelines.deposits.providers.calls import Answer, Call, call, text_of
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

_FORM: Final = "/CustomerPortal/transactionmanagement/merchantform/"
_INQUIRE: Final = "/ApplicationAPI/API/PaymentInquiry/Inquire"
_REFUND: Final = "/ApplicationAPI/API/authorize/Refund"
_PAID: Final = frozenset({"000", "121"})
_TIME: Final = "%Y%m%d%H%M%S"
_HASH: Final = "pp_SecureHash"


def secure_hash(salt: str, fields: Mapping[str, str]) -> str:
    """Return the hash of fields, as capital hexadecimal digits."""
    names = sorted(name for name in fields if name.startswith("pp") and name != _HASH)
    text = "&".join([salt, *(fields[name] for name in names if fields[name] != "")])
    return hmac.new(salt.encode(), text.encode(), hashlib.sha256).hexdigest().upper()


@dataclass(frozen=True)
class JazzCash:
    """The provider JazzCash.

    Attributes:
        page: the platform's address of payment pages; the reference follows.
        returns: where JazzCash sends the buyer's browser, with its notification.
    """

    url: str
    merchant: str
    password: str
    salt: str
    page: str
    returns: str
    name: str = "jazzcash"

    def page_in_place(self, order: Order) -> Page:
        """Return the platform's page with the signed form."""
        return Page(f"{self.page}/{order.reference}")

    def make_page(self, order: Order) -> Page:
        """Return the same page: there is nothing to ask."""
        return self.page_in_place(order)

    def checkout(self, order: Order, now: datetime) -> Checkout:
        """Sign the form, which ends with the order."""
        fields = {
            "pp_Version": "1.1",
            "pp_TxnType": "",
            "pp_Language": "EN",
            "pp_MerchantID": self.merchant,
            "pp_Password": self.password,
            "pp_TxnRefNo": order.reference,
            "pp_Amount": str(order.amount_paisa),
            "pp_TxnCurrency": order.currency,
            "pp_TxnDateTime": now.astimezone(PAKISTAN).strftime(_TIME),
            "pp_TxnExpiryDateTime": order.expires_at.astimezone(PAKISTAN).strftime(_TIME),
            "pp_BillReference": order.reference,
            "pp_Description": "Deposit on a car",
            "pp_ReturnURL": self.returns,
        }
        return Checkout(self.url + _FORM, self._signed(fields))

    def inquire(self, order: Order) -> Inquiry:
        """Ask what was paid. The amount is that of the form, which was signed, unless the answer tells another one."""
        answer = self._ask(_INQUIRE, {"pp_TxnRefNo": order.reference})
        told = {name: text_of(answer.body, name) for name in answer.body}
        code, state = told.get("pp_PaymentResponseCode", ""), told.get("pp_Status", "")
        if told.get("pp_ResponseCode") != "000" or (state == "Completed") != (code in _PAID):
            raise ProviderUnavailableError(self.name, "an answer that says nothing of the payment")
        if state != "Completed":
            return Inquiry()
        transaction = told.get("pp_RetreivalReferenceNo") or told.get("pp_RetrievalReferenceNo")
        if not transaction:
            raise ProviderUnavailableError(self.name, "a payment without a number")
        try:
            amount = paisa_of_minor(told.get("pp_Amount") or str(order.amount_paisa))
        except BadAmountError as error:
            raise ProviderUnavailableError(self.name, "an amount that is none") from error
        currency, merchant = told.get("pp_TxnCurrency"), told.get("pp_MerchantID")
        reference = told.get("pp_TxnRefNo") or order.reference
        paid = PaidFact(transaction, reference, amount, currency or order.currency, merchant or self.merchant)
        return Inquiry((paid,))

    def refund(self, order: RefundOrder) -> RefundAnswer:
        """Ask for a refund; JazzCash knows it by the payment's own reference."""
        fields = {"pp_TxnRefNo": order.order, "pp_Amount": str(order.amount_paisa), "pp_TxnCurrency": order.currency}
        answer = self._ask(_REFUND, fields)
        done = text_of(answer.body, "pp_ResponseCode") == "000"
        return RefundAnswer(RefundState.DONE if done else RefundState.REFUSED)

    def inquire_refund(self, order: RefundOrder) -> RefundAnswer:
        """Return that people must look: JazzCash answers no question about one refund."""
        del order
        return RefundAnswer(RefundState.BY_HAND)

    def read_callback(self, body: bytes, headers: Mapping[str, str]) -> Callback:
        """Read a notification: a form, signed as ours is."""
        del headers
        fields = fields_of(body)
        return Callback(fields.get("pp_TxnRefNo"), "valid" if self._is_signed(fields) else "invalid")

    def _signed(self, fields: dict[str, str]) -> dict[str, str]:
        return fields | {_HASH: secure_hash(self.salt, fields)}

    def _is_signed(self, fields: Mapping[str, str]) -> bool:
        given = fields.get(_HASH, "").upper().encode()
        return hmac.compare_digest(given, secure_hash(self.salt, fields).encode())

    def _ask(self, path: str, fields: dict[str, str]) -> Answer:
        signed = self._signed(fields | {"pp_MerchantID": self.merchant, "pp_Password": self.password})
        answer = call(self.name, Call("POST", self.url + path, signed))
        told = {name: "" if value is None else str(value) for name, value in answer.body.items()}
        if answer.status != 200 or not self._is_signed(told):
            raise ProviderUnavailableError(self.name, f"status {answer.status}, or a wrong hash")
        return answer
