"""Write the pages that buyers see: the platform's own payment pages, what follows a payment, and receipts."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.tables.deposits import Deposit, PaymentIntent
from core.states.deposits import UNPAID
from core.text.html_page import html_page
from pipelines.deposits.providers.port import Checkout, Order, Provider
from serving.deposits.access import money_step
from serving.deposits.errors import PaymentPageEndedError


def find_checkout(session: Session, providers: Mapping[str, Provider], reference: str, now: datetime) -> Checkout:
    """Find what a payment page shows. Its reference cannot be guessed, and so is the right to see it.

    Raises:
        PaymentPageEndedError: there is no such page, or it has ended.
    """
    with money_step(session):
        query = select(PaymentIntent).join(Deposit, Deposit.id == PaymentIntent.deposit_id)
        open_ones = (PaymentIntent.state == "open", PaymentIntent.expires_at > now, Deposit.state.in_(UNPAID))
        intent = session.scalars(query.where(PaymentIntent.reference == reference, *open_ones)).one_or_none()
    provider = None if intent is None else providers.get(intent.provider)
    if intent is None or provider is None:
        raise PaymentPageEndedError
    order = Order(reference, intent.amount_paisa, intent.currency, intent.expires_at, intent.provider_token)
    checkout = provider.checkout(order, now)
    if checkout is None:
        raise PaymentPageEndedError
    return checkout


def checkout_page(checkout: Checkout) -> str:
    """Write a payment page: the buyer sends its form by a button, so that it needs no script."""
    form = ""
    if checkout.action is not None:
        hidden = "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in checkout.fields.items()
        )
        form = f'<form method="post" action="{escape(checkout.action)}">{hidden}<button>Pay</button></form>'
    image = f'<img alt="Code to scan" src="data:image/png;base64,{escape(checkout.image)}">' if checkout.image else ""
    return page("Pay the deposit", checkout.lines, image + form)


def page(title: str, rows: Iterable[tuple[str, str]] = (), rest: str = "") -> str:
    """Write a page with a table; `rest` is HTML."""
    table = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    return html_page(title, f"<h1>{escape(title)}</h1><table>{table}</table>{rest}")


def policy_of(checkout: Checkout) -> str:
    """Return the content security policy of a payment page: its form goes to the provider alone."""
    parts = urlsplit(checkout.action or "")
    target = f"{parts.scheme}://{parts.netloc}" if checkout.action else "'none'"
    return f"default-src 'none'; img-src data:; form-action {target}; frame-ancestors 'none'; base-uri 'none'"
