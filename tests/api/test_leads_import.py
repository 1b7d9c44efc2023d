"""Leads of other systems come in once, for the organisation of the credential, whatever the document says."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from core.access.principal import Principal, ServiceIdentity
from core.access.roles import Role
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables import Listing, Org
from core.db.tables.audit import AuditRecord
from core.db.tables.leads import Lead
from core.personal_data.sealer import Sealer
from pipelines.leads.sealed_texts import EVENT_TEXT, LEAD_CONTACT, LEAD_NAME
from serving.identity.declarations import MANAGE_SERVICE_ACCOUNTS
from serving.identity.orgs.service_accounts import add_service_account
from serving.leads.declarations import IMPORT_LEADS
from tests.api.conftest import Add, code_of
from tests.api.leads_desk import stored
from tests.api.people import People
from tests.pipelines.leads.adf.documents import OFFICIAL_SAMPLE, mail

DOCUMENT = """<?xml version="1.0"?><adf><prospect><id sequence="1" source="portal">4711</id>
<requestdate>2020-01-01T00:00:00Z</requestdate>
<vehicle interest="test-drive"><make>Toyota</make><model>Corolla</model><stock>{stock}</stock></vehicle>
<customer><contact><name part="full">Bilal Ahmed</name><email>Bilal@Example.com</email>
<phone>042 111 222 333</phone><phone>0300 7654321</phone></contact><comments>{comments}</comments></customer>
<vendor><contact><name part="full">Lahore Autos</name></contact></vendor></prospect></adf>"""


@pytest.fixture
def token(people: People, session_factory: SessionFactory) -> str:
    """The secret of a system of khan-motors that may bring leads in."""
    org_id = people.org("khan-motors")
    people.org("lahore-autos")
    held = frozenset({MANAGE_SERVICE_ACCOUNTS.name, IMPORT_LEADS.name})
    operator = Principal(service_account=ServiceIdentity("tests", org_id, "khan-motors", held))
    with transaction(session_factory) as session:
        return add_service_account(session, operator, session.get_one(Org, org_id), "portal", [IMPORT_LEADS])[1]


def send(
    client: httpx.Client, token: str, body: str | bytes, kind: str = "application/xml", query: str = ""
) -> httpx.Response:
    content = body.encode() if isinstance(body, str) else body
    headers = {"authorization": f"Bearer {token}", "content-type": kind}
    return client.post(f"/v1/leads/import{query}", content=content, headers=headers)


def count(factory: SessionFactory) -> int:
    with factory() as session:
        return session.scalar(select(func.count()).select_from(Lead)) or 0


def one_lead(answer: httpx.Response, kind: str, outcome: str = "created") -> str:
    assert answer.status_code == 200, answer.text
    assert answer.json()["kind"] == kind
    [lead] = answer.json()["leads"]
    assert lead["outcome"] == outcome
    return str(lead["lead_id"])


def test_adf_lead_is_of_the_credentials_organisation_and_starts_at_receipt(
    client: httpx.Client, token: str, people: People, add: Add, session_factory: SessionFactory
) -> None:
    car = add()
    foreign = add(org="lahore-autos")
    with session_factory() as session:
        stock = session.get_one(Listing, car).source_key
        others = session.get_one(Listing, foreign).source_key
    one_lead(send(client, token, DOCUMENT.replace("4711", "1").format(stock=others, comments="")), "adf")
    before = utc_now()
    lead_id = one_lead(send(client, token, DOCUMENT.format(stock=stock, comments="کیا یہ گاڑی موجود ہے؟")), "adf")
    lead, events, clocks, _ = stored(session_factory, UUID(lead_id))
    with session_factory() as session:
        sealer = Sealer(session, people.keys)
        assert session.get_one(Org, lead.org_id).code == "khan-motors"
        assert LEAD_CONTACT.open(sealer, lead) == "+923007654321"
        assert LEAD_NAME.open(sealer, lead) == "Bilal Ahmed"
        assert "042 111 222 333" in EVENT_TEXT.open(sealer, events[0])
        acts = select(AuditRecord.actor, AuditRecord.action).where(AuditRecord.subject_kind == "lead")
        assert session.execute(acts).all() == [("portal", "leads.create")] * 2
    assert (lead.listing_id, lead.type, lead.source, lead.language) == (car, "test_drive", "adf", "ur")
    assert before <= lead.created_at <= before + timedelta(minutes=1)
    assert [clock.started_at for clock in clocks] == [lead.created_at]


def test_same_message_again_is_the_same_lead(client: httpx.Client, token: str, session_factory: SessionFactory) -> None:
    for body, kind in ((DOCUMENT, "adf"), (mail(b"Is the Corolla still there?"), "text"), ("<adf>torn", "text")):
        first = one_lead(send(client, token, body), kind)
        assert one_lead(send(client, token, body), kind, "repeated") == first
    assert count(session_factory) == 3


@pytest.mark.parametrize(
    "raw", [b"\xff\xfe<adf\x00", b"<adf><prospect", b"{}", "نامعلوم \x00 \x01".encode(), b"<" * 999]
)
def test_unreadable_message_is_a_lead_with_its_raw_text(
    client: httpx.Client, token: str, people: People, session_factory: SessionFactory, raw: bytes
) -> None:
    answer = send(client, token, raw, "text/plain")
    lead_id = one_lead(answer, answer.json()["kind"])
    lead, events, clocks, _ = stored(session_factory, UUID(lead_id))
    with session_factory() as session:
        assert EVENT_TEXT.open(Sealer(session, people.keys), events[0])
    assert (lead.listing_id, len(clocks)) == (None, 1)


def test_messages_at_once_in_any_order_make_one_lead_for_each_prospect(
    client: httpx.Client, token: str, session_factory: SessionFactory
) -> None:
    """Each message holds the same prospects, half of them backwards: whoever waits for one holds the other."""
    parts = [DOCUMENT.split("?>")[1].replace("4711", str(number)).removeprefix("<adf>") for number in range(8)]
    prospects = [part.replace("</adf>", "") for part in parts]
    documents = [f"<adf>{''.join(prospects)}</adf>", f"<adf>{''.join(reversed(prospects))}</adf>"] * 8

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda document: send(client, token, document), documents))

    assert {answer.status_code for answer in answers} == {200}
    found = [[lead["lead_id"] for lead in answer.json()["leads"]] for answer in answers]
    assert all(leads == found[number % 2] for number, leads in enumerate(found))
    assert found[0] == found[1][::-1]
    assert count(session_factory) == len(set(found[0])) == 8


def test_official_sample_names_a_car_of_nobody_and_is_a_lead(client: httpx.Client, token: str) -> None:
    one_lead(send(client, token, OFFICIAL_SAMPLE), "adf")


@pytest.mark.parametrize("header", ["Auto-Submitted: auto-replied", "Return-Path: <>", "Precedence: bulk"])
def test_automatic_mail_makes_no_lead(
    client: httpx.Client, token: str, session_factory: SessionFactory, header: str
) -> None:
    answer = send(client, token, mail(DOCUMENT.encode(), header), "message/rfc822")
    assert (answer.status_code, answer.json()["kind"], answer.json()["leads"]) == (200, "automatic", [])
    assert count(session_factory) == 0


def test_refusals_say_why(client: httpx.Client, token: str, people: People, session_factory: SessionFactory) -> None:
    bomb = (
        '<!DOCTYPE adf [<!ENTITY a "aaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]><adf><prospect>&b;</prospect></adf>'
    )
    assert code_of(send(client, token, bomb)) == (422, "adf_entities_refused")
    assert code_of(send(client, token, b" \r\n\0")) == (422, "empty_message")
    assert code_of(send(client, token, b"")) == (422, "invalid_request")
    assert code_of(send(client, token, DOCUMENT, "application/pdf"))[0] == 415
    assert code_of(send(client, token, b"x" * 1_048_577))[0] == 413
    assert code_of(send(client, token, DOCUMENT, query="?org=lahore-autos")) == (403, "not_a_member")
    agent = people.person(("khan-motors", Role.SALES_AGENT))
    assert code_of(send(client, agent.token, DOCUMENT)) == (403, "forbidden")
    assert count(session_factory) == 0
