"""Buyers that ask about cars, for tests of the leads operations."""

from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables.leads import Lead, LeadClock, LeadEvent, LeadTimer
from core.identity.contacts import phone
from serving.identity.logins.login import prove_contact
from serving.identity.logins.otp import Guess, OneTimeCodes, Purpose
from tests.api.people import People

BUYER, OTHER_BUYER = "0300 7654321", "0301 1112223"
TEXT = "Is it still there?"


def proof_of(people: People, factory: SessionFactory, number: str = BUYER) -> str:
    """The proof of a phone, as POST /v1/auth/otp/verify gives it."""
    now = utc_now()
    with transaction(factory) as session:
        sent = OneTimeCodes(session, people.keys).issue(phone(number), Purpose.CONTACT, None, now)
        proven = prove_contact(session, people.keys, Guess(sent.request_id, sent.digits), now)
    assert proven.proof is not None
    return proven.proof


def ask(client: httpx.Client, car: UUID, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
    body = {"listing_id": str(car), "message": TEXT} | fields
    return client.post("/v1/leads", json=body, headers=headers or {})


def made(answer: httpx.Response) -> UUID:
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["lead_id"])


def stored(factory: SessionFactory, lead_id: UUID) -> tuple[Lead, list[LeadEvent], list[LeadClock], list[LeadTimer]]:
    """A lead with its events, clocks and timers."""
    with factory() as session:
        events = select(LeadEvent).where(LeadEvent.lead_id == lead_id).order_by(LeadEvent.number)
        clocks = select(LeadClock).where(LeadClock.lead_id == lead_id).order_by(LeadClock.started_at)
        timers = select(LeadTimer).where(LeadTimer.lead_id == lead_id).order_by(LeadTimer.at)
        return (
            session.get_one(Lead, lead_id), list(session.scalars(events)), list(session.scalars(clocks)),
            list(session.scalars(timers)),
        )  # fmt: skip
