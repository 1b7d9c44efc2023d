"""Leads are made once for a buyer and a car, sealed, timed and told; strangers and spammers get nowhere."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, select, text

from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.db.tables.audit import AuditRecord
from core.db.tables.leads import Lead
from core.identity.contacts import phone
from core.personal_data.sealer import Sealer
from pipelines.leads.clock_store import sync_clocks
from pipelines.leads.desk import stored_desk
from pipelines.leads.log import NewLeadEvent, append, derived, projection_of
from pipelines.leads.sealed_texts import EVENT_TEXT, LEAD_CONTACT
from pipelines.leads.spam import MOST_LEADS_A_DAY
from tests.api.conftest import Add, code_of
from tests.api.leads_desk import BUYER, OTHER_BUYER, TEXT, ask, made, proof_of, stored
from tests.api.people import People, Person
from tests.factories.moderation import add_ad


@pytest.fixture
def buyer(client: httpx.Client, people: People) -> Person:
    return people.person(contact=phone(BUYER))


def count(factory: SessionFactory) -> int:
    with factory() as session:
        return session.scalar(select(func.count()).select_from(Lead)) or 0


def test_anonymous_buyer_with_a_proven_phone_makes_a_sealed_lead(
    client: httpx.Client, people: People, add: Add, session_factory: SessionFactory
) -> None:
    car, proof = add(), proof_of(people, session_factory)
    lead_id = made(ask(client, car, contact_proof=proof, name="Bilal", query_id="q-1", device_id="d", session_id="s"))
    lead, events, clocks, timers = stored(session_factory, lead_id)
    assert (lead.state, lead.owner_id, lead.waiting_reason, lead.make) == ("new", None, "new", "Toyota")
    assert lead.device is not None
    assert lead.session is not None
    assert lead.query_id == "q-1"
    assert [event.kind for event in events] == ["buyer_message"]
    assert [clock.kind for clock in clocks] == ["first_answer"]
    assert [timer.step for timer in timers] == ["warning_50", "warning_80", "breach", "escalation_1"]
    with session_factory() as session:
        sealer = Sealer(session, people.keys)
        assert LEAD_CONTACT.open(sealer, lead) == "+923007654321"
        assert EVENT_TEXT.open(sealer, events[0]) == TEXT
        dump = str(session.execute(text("SELECT l, e FROM leads l JOIN lead_events e ON e.lead_id = l.id")).all())
        told = session.execute(text("SELECT kind, payload FROM outbox_events WHERE topic = 'lead'")).all()
        acts = session.scalars(select(AuditRecord.action).where(AuditRecord.subject_kind == "lead")).all()
        assert derived(session, lead_id) == projection_of(lead)
    assert "3007654321" not in dump + str(told)
    assert "Bilal" not in dump + str(told)
    assert [(row.kind, row.payload["number"], row.payload["query_id"]) for row in told] == [("created", 1, "q-1")]
    assert acts == ["leads.create"]
    again = ask(client, car, contact_proof=proof)
    assert code_of(again) == (401, "bad_contact_proof")


def test_repeated_request_with_its_key_gets_the_first_answer(
    client: httpx.Client, people: People, add: Add, session_factory: SessionFactory
) -> None:
    car, proof, key = add(), proof_of(people, session_factory), {"idempotency-key": str(uuid4())}
    first = ask(client, car, key, contact_proof=proof)
    second = ask(client, car, key, contact_proof=proof)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert count(session_factory) == 1


def test_second_message_within_a_day_joins_and_restarts_no_clock(
    client: httpx.Client, buyer: Person, add: Add, session_factory: SessionFactory
) -> None:
    car = add()
    first = made(ask(client, car, buyer.headers))
    due = stored(session_factory, first)[2][0].due_at
    answer = ask(client, car, buyer.headers, type="test_drive", message="May I drive it?")
    assert answer.json() == {"lead_id": str(first), "outcome": "joined"}
    _, events, clocks, _ = stored(session_factory, first)
    assert [event.kind for event in events] == ["buyer_message", "joined"]
    assert [clock.due_at for clock in clocks] == [due]
    assert made(ask(client, add(), buyer.headers)) != first
    with transaction(session_factory) as session:
        for table, column in (("leads", "created_at"), ("lead_events", "at")):
            session.execute(text(f"UPDATE {table} SET {column} = {column} - interval '25 hours'"))
    assert made(ask(client, car, buyer.headers)) != first


def test_fifty_posts_at_once_under_different_keys_make_one_lead(
    client: httpx.Client, buyer: Person, add: Add, session_factory: SessionFactory
) -> None:
    car = add()

    def post(number: int) -> httpx.Response:
        return ask(client, car, buyer.headers | {"idempotency-key": f"k-{number}"})

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(post, range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert sorted(answer.json()["outcome"] for answer in answers) == ["created"] + ["joined"] * 49
    [lead_id] = {answer.json()["lead_id"] for answer in answers}
    lead, events, clocks, _ = stored(session_factory, UUID(lead_id))
    assert [event.number for event in events] == list(range(1, 51))
    assert lead.last_number == 50
    assert len(clocks) == count(session_factory) == 1


def test_lead_on_a_private_ad_goes_to_its_seller_without_clocks(
    client: httpx.Client, people: People, buyer: Person, session_factory: SessionFactory
) -> None:
    seller = people.person(contact=phone(OTHER_BUYER))
    with transaction(session_factory) as session:
        ad = add_ad(session, seller.user_id, status="live")
    lead, events, clocks, _ = stored(session_factory, made(ask(client, ad, buyer.headers)))
    assert (lead.seller_id, lead.owner_id, lead.state) == (seller.user_id, seller.user_id, "assigned")
    assert [event.reason for event in events] == [None, "private_ad"]
    assert clocks == []
    assert code_of(ask(client, ad, seller.headers)) == (409, "own_car")


def test_spam_is_kept_with_its_reason_and_nobody_is_made_to_answer_it(
    client: httpx.Client, people: People, add: Add, session_factory: SessionFactory
) -> None:
    links = "Buy here http://a.example http://b.example www.c.example"
    lead, events, clocks, _ = stored(
        session_factory, made(ask(client, add(), people.person(contact=phone(BUYER)).headers, message=links))
    )
    assert (lead.state, lead.state_reason) == ("spam", "links")
    assert (len(events), clocks) == (2, [])
    with transaction(session_factory) as session:
        columns = [each.name for each in Lead.__table__.columns if each.name not in ("id", "external_key")]
        copied = ", ".join(columns)
        session.execute(
            text(f"INSERT INTO leads ({copied}) SELECT {copied} FROM leads, generate_series(2, {MOST_LEADS_A_DAY})")
        )
    more = made(ask(client, add(), contact_proof=proof_of(people, session_factory)))
    assert stored(session_factory, more)[0].state_reason == "too_many_leads"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"type": "offer"}, "details_needed"),
        ({"type": "trade_in"}, "details_needed"),
        ({"message": None}, "details_needed"),
        ({"type": "bribe"}, "invalid_request"),
        ({"message": "a\0b"}, "invalid_text"),
        ({"message": ""}, "invalid_request"),
        ({"offer_pkr": "5"}, "invalid_request"),
        ({"offer_pkr": 10**13}, "invalid_request"),
        ({"email": "no address"}, "bad_email"),
        ({"wished_at": "tomorrow"}, "invalid_request"),
        ({"contact_proof": "x"}, "bad_contact_proof"),
        ({"colour": "red"}, "unknown_field"),
        ({"listing_id": str(uuid4())}, "listing_not_found"),
    ],
)
def test_bad_question_is_refused_and_leaves_nothing(
    client: httpx.Client, buyer: Person, add: Add, session_factory: SessionFactory, fields: dict[str, Any], code: str
) -> None:
    assert code_of(ask(client, add(), buyer.headers, **fields))[1] == code
    assert count(session_factory) == 0


def test_caller_who_cannot_be_answered_and_people_of_the_seller_are_refused(
    client: httpx.Client, people: People, add: Add
) -> None:
    car = add()
    assert code_of(ask(client, car)) == (422, "contact_needed")
    assert code_of(ask(client, car, people.person().headers)) == (422, "contact_needed")
    agent = people.person(("khan-motors", Role.SALES_AGENT), contact=phone(BUYER))
    assert code_of(ask(client, car, agent.headers)) == (409, "own_car")
    assert code_of(ask(client, add(visibility="private"), agent.headers))[0] == 404


def test_car_to_trade_in_is_kept_with_its_band_or_the_reason_for_none(
    client: httpx.Client, buyer: Person, add: Add, session_factory: SessionFactory
) -> None:
    car = {"make": "Suzuki", "model": "Alto", "model_year": 2019}
    lead = stored(session_factory, made(ask(client, add(), buyer.headers, type="trade_in", trade_in=car)))[0]
    assert lead.trade_in is not None
    assert lead.trade_in["model"] == "Alto"
    assert lead.trade_in["band"]["reason"] == "no_model"
    offer = stored(session_factory, made(ask(client, add(), buyer.headers, type="offer", offer_pkr=3_000_000)))[0]
    assert offer.offer_pkr == 3_000_000


def test_later_message_reopens_a_closed_lead_with_new_clocks(
    client: httpx.Client, buyer: Person, add: Add, session_factory: SessionFactory
) -> None:
    car = add()
    first = made(ask(client, car, buyer.headers))
    with transaction(session_factory) as session:
        lead = session.get_one(Lead, first)
        append(session, lead, NewLeadEvent("state", lead.changed_at + timedelta(seconds=1), state="lost"))
        sync_clocks(session, lead, stored_desk(session, lead.org_id))
    assert ask(client, car, buyer.headers).json()["outcome"] == "joined"
    lead, events, clocks, _ = stored(session_factory, first)
    assert [event.kind for event in events] == ["buyer_message", "state", "joined", "waiting"]
    assert (lead.state, lead.waiting_reason) == ("new", "reopened")
    assert [clock.ended_at is None for clock in clocks] == [False, True]


@pytest.mark.parametrize(
    "written",
    ["   ", "\t\n", "\u200b \u200b", "\u00a0", "\u3164", "\u2800 \u2066", "\x01"],
    ids=["blanks", "lines", "unseen", "hard blank", "filler", "direction", "control"],
)
def test_message_of_blanks_makes_no_lead(client: httpx.Client, add: Add, buyer: Person, written: str) -> None:
    body = {"listing_id": str(add()), "message": written}
    answer = client.post("/v1/leads", json=body, headers=buyer.headers)
    assert code_of(answer) == (422, "invalid_text")
    assert "blanks alone" in answer.json()["detail"]


def test_reply_of_blanks_stops_no_clock(
    client: httpx.Client, people: People, add: Add, buyer: Person, session_factory: SessionFactory
) -> None:
    lead_id = made(ask(client, add(), headers=buyer.headers))
    agent = people.person(("khan-motors", Role.ORG_ADMIN))
    deed = {"kind": "reply", "text": " \u200b\n"}
    assert code_of(client.post(f"/v1/leads/{lead_id}/events", json=deed, headers=agent.headers)) == (
        422, "invalid_text",
    )  # fmt: skip
    _, _, clocks, _ = stored(session_factory, lead_id)
    assert [clock.answered_at for clock in clocks] == [None]
