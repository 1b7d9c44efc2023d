"""Keep callbacks of payment providers, and let them wake the reconciler: they move no money.

What strangers send is bounded: the same bytes are one row, and of unsigned ones only so many an hour are kept whole.
A signed callback wakes the inquiry for its reference at once, one that its provider never signs at most once a minute,
and one with a wrong signature never.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db.tables.deposits import PaymentIntent, PaymentWebhook
from pipelines.deposits.providers.port import Callback, Provider
from serving.deposits.access import money_step
from serving.deposits.masking import mask_private
from serving.deposits.providers.reconciling import EVERY

_MOST_AN_HOUR: Final = 500
_SHOWN_HEADERS: Final = frozenset({"content-type", "content-length", "user-agent"})
_SOON: Final = timedelta(seconds=1)
_MOST_HEADERS: Final = 30


@dataclass(frozen=True)
class RawCallback:
    """A callback as it came."""

    body: bytes
    headers: Mapping[str, str]


def receive_callback(session: Session, provider: Provider, raw: RawCallback, now: datetime) -> None:
    """Keep a callback, and have its payment asked about."""
    read = provider.read_callback(raw.body, raw.headers)
    reference = read.reference if read.reference and _is_sound(read.reference) else None
    with money_step(session):
        intent = None if reference is None else _intent(session, provider, reference)
        believed = read.signature != "invalid"
        verdict = "refused" if not believed else "unknown_reference" if intent is None else "woke"
        _keep(session, provider, raw, (read, reference, verdict), now)
        if intent is not None and believed:
            _wake(session, intent, read, now)


def _intent(session: Session, provider: Provider, reference: str) -> PaymentIntent | None:
    query = select(PaymentIntent).where(PaymentIntent.reference == reference, PaymentIntent.provider == provider.name)
    return session.scalars(query).one_or_none()


def _wake(session: Session, intent: PaymentIntent, read: Callback, now: datetime) -> None:
    pause = _SOON if read.signature == "valid" else EVERY
    soonest = now if intent.asked_at is None else max(now, intent.asked_at + pause)
    if intent.next_at is None or intent.next_at > soonest:
        intent.next_at = soonest
        session.flush()


def _keep(
    session: Session, provider: Provider, raw: RawCallback, told: tuple[Callback, str | None, str], now: datetime
) -> None:
    read, reference, verdict = told
    digest, body, headers = sha256(raw.body).digest(), masked_body(raw.body), masked_headers(raw.headers)
    known = select(PaymentWebhook.id).where(PaymentWebhook.provider == provider.name, PaymentWebhook.digest == digest)
    if read.signature != "valid" and session.scalar(known) is None and _is_full(session, provider, now):
        digest, body, headers = sha256(f"beyond {now:%Y-%m-%d %H}".encode()).digest(), b"", {}
        reference, verdict = None, "not_kept"
    row = {
        "provider": provider.name,
        "digest": digest,
        "body": body,
        "headers": headers,
        "signature": read.signature,
        "reference": reference,
        "verdict": verdict,
        "received_at": now,
    }
    statement = insert(PaymentWebhook).values(row)
    session.execute(
        statement.on_conflict_do_update(index_elements=["provider", "digest"], set_={"times": PaymentWebhook.times + 1})
    )


def _is_full(session: Session, provider: Provider, now: datetime) -> bool:
    since = now.replace(minute=0, second=0, microsecond=0)
    kept = select(PaymentWebhook.id).where(
        PaymentWebhook.received_at >= since,
        PaymentWebhook.provider == provider.name,
        PaymentWebhook.signature != "valid",
    )
    return (
        session.scalar(select(func.count()).select_from(kept.limit(_MOST_AN_HOUR).subquery())) or 0
    ) >= _MOST_AN_HOUR


def masked_body(body: bytes) -> bytes:
    """Return the bytes with contacts and numbers of cards masked; all others stay as they came."""
    text = body.decode("utf-8", "surrogateescape")
    return mask_private(text).encode("utf-8", "surrogateescape")


def masked_headers(headers: Mapping[str, str]) -> dict[str, Any]:
    """Return the headers; of those that may hold secrets only that they were there."""
    shown = list(headers.items())[:_MOST_HEADERS]
    return {
        name[:100]: mask_private(value[:200].replace("\0", "")) if name in _SHOWN_HEADERS else "[masked]"
        for name, value in shown
    }


def _is_sound(reference: str) -> bool:
    return len(reference) <= 100 and reference.isascii() and reference.isprintable()
