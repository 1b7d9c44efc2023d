"""Buyers and desks add files to leads: each sees what is theirs, and no clock stops by them."""

from base64 import b64encode
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select, text

from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.db.tables.audit import AuditRecord
from core.db.tables.lead_attachments import LeadAttachment
from core.identity.contacts import phone
from core.settings import Settings
from core.storage import open_storage
from pipelines.personal_data.replay import finish_all
from serving.leads.desk.attaching import MOST_BYTES, MOST_FILES
from tests.api.conftest import Add, code_of
from tests.api.leads_desk import BUYER, OTHER_BUYER, ask, made, stored
from tests.api.people import People, Person
from tests.factories import images

ORG = "khan-motors"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer <<>>\n%%EOF\n"


@pytest.fixture
def agent(client: httpx.Client, people: People) -> Person:
    return people.person((ORG, Role.SALES_AGENT))


@pytest.fixture
def buyer(client: httpx.Client, people: People) -> Person:
    return people.person(contact=phone(BUYER))


@pytest.fixture
def lead(client: httpx.Client, buyer: Person, add: Add) -> UUID:
    return made(ask(client, add(), buyer.headers))


def send(
    client: httpx.Client, person: Person, lead_id: UUID, data: bytes = PDF, kind: str = "application/pdf", **asked: Any
) -> httpx.Response:
    headers = person.headers | {"content-type": kind} | asked.pop("headers", {})
    return client.post(f"/v1/leads/{lead_id}/attachments", content=data, params=asked, headers=headers)


def sent(answer: httpx.Response) -> str:
    assert answer.status_code == 201, answer.text
    return str(answer.json()["attachment_id"])


def got(client: httpx.Client, person: Person, lead_id: UUID, attachment_id: object) -> httpx.Response:
    return client.get(f"/v1/leads/{lead_id}/attachments/{attachment_id}", headers=person.headers)


def files_seen(client: httpx.Client, person: Person, lead_id: UUID) -> list[tuple[str, str]]:
    """Names and ids of the files in a lead's timeline."""
    events = client.get(f"/v1/leads/{lead_id}", headers=person.headers).json()["events"]
    return [(each["text"], each["details"]["attachment_id"]) for each in events if each["kind"] == "attachment"]


def test_buyer_sees_files_for_the_buyer_and_never_the_desks_own(
    client: httpx.Client, agent: Person, buyer: Person, lead: UUID
) -> None:
    private = sent(send(client, agent, lead, name="Bank's notes.pdf"))
    shared = sent(send(client, agent, lead, name="offer.exe", for_buyer=True))
    own = sent(send(client, buyer, lead, name="قومی کارڈ.pdf"))
    assert files_seen(client, agent, lead) == [
        ("Bank's notes.pdf", private), ("offer.pdf", shared), ("قومی کارڈ.pdf", own)
    ]  # fmt: skip
    assert files_seen(client, buyer, lead) == [("offer.pdf", shared), ("قومی کارڈ.pdf", own)]
    assert code_of(got(client, buyer, lead, private)) == (404, "attachment_not_found")
    for person, attachment in ((agent, private), (agent, own), (buyer, shared), (buyer, own)):
        answer = got(client, person, lead, attachment)
        assert (answer.status_code, answer.content) == (200, PDF)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=utf-8''%D9%82")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-store"


def test_file_stops_no_clock_and_is_recorded(
    client: httpx.Client, agent: Person, buyer: Person, lead: UUID, session_factory: SessionFactory
) -> None:
    before, _, clocks_before, timers_before = stored(session_factory, lead)
    attachment = sent(send(client, agent, lead, for_buyer=True))
    sent(send(client, buyer, lead))
    assert got(client, agent, lead, attachment).status_code == 200
    row, events, clocks, timers = stored(session_factory, lead)
    assert [(each.kind, each.by_kind) for each in events[-2:]] == [("attachment", "person"), ("attachment", "buyer")]
    assert (row.state, row.owner_id) == (before.state, before.owner_id)
    assert [(each.kind, each.started_at, each.due_at, each.ended_at) for each in clocks] == [
        (each.kind, each.started_at, each.due_at, None) for each in clocks_before
    ]
    assert [(each.step, each.at) for each in timers] == [(each.step, each.at) for each in timers_before]
    with session_factory() as session:
        acts = select(AuditRecord.action, AuditRecord.actor).where(AuditRecord.subject_id == str(lead))
        found = session.execute(acts.order_by(AuditRecord.recorded_at)).all()
        kinds = session.scalars(text("SELECT kind FROM outbox_events WHERE topic = 'lead' ORDER BY sequence")).all()
    assert [act for act, _ in found] == ["leads.create", "leads.attach", "leads.attach", "leads.read_attachment"]
    assert kinds == ["created", "attached", "attached"]


def test_private_file_is_told_to_the_desk_alone(
    client: httpx.Client, agent: Person, lead: UUID, session_factory: SessionFactory
) -> None:
    sent(send(client, agent, lead))
    with session_factory() as session:
        kinds = session.scalars(text("SELECT kind FROM outbox_events WHERE topic = 'lead' ORDER BY sequence")).all()
    assert kinds == ["created", "changed"]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (images.jpeg_with_secrets(), "image/jpeg"),
        (images.png_with_secrets(), "image/png"),
        (images.webp_with_secrets(), "image/webp"),
    ],
    ids=["jpeg", "png", "webp"],
)
def test_picture_is_drawn_anew_without_metadata(
    client: httpx.Client, buyer: Person, lead: UUID, data: bytes, kind: str
) -> None:
    answer = send(client, buyer, lead, data, kind, name="card.png")
    told = answer.json()
    assert (answer.status_code, told["name"], told["content_type"]) == (201, "card.jpg", "image/jpeg")
    kept = got(client, buyer, lead, told["attachment_id"])
    assert (kept.headers["content-type"], len(kept.content)) == ("image/jpeg", told["bytes"])
    assert kept.content.startswith(b"\xff\xd8\xff")
    assert [secret for secret in images.SECRETS if secret in kept.content] == []


@pytest.mark.parametrize(
    ("data", "kind", "asked", "refused"),
    [
        (b"", "application/pdf", {}, (422, "bad_attachment")),
        (b"MZ this is a program", "application/pdf", {}, (422, "bad_attachment")),
        (b"%PDF-1.4 cut short", "application/pdf", {}, (422, "bad_attachment")),
        (PDF, "image/png", {}, (422, "unsupported_image_type")),
        (b"<svg/>", "image/png", {}, (422, "unsupported_image_type")),
        (b"\xff\xd8\xff", "image/jpeg", {}, (422, "image_damaged")),
        (PDF, "text/html", {}, (415, "unsupported_content_type")),
        (PDF + b" " * MOST_BYTES, "application/pdf", {}, (413, "body_too_large")),
        (PDF, "application/pdf", {"name": "a\0b.pdf"}, (422, "invalid_text")),
        (PDF, "application/pdf", {"name": "../../etc/passwd"}, (422, "invalid_text")),
        (PDF, "application/pdf", {"name": "x" * 201}, (422, "invalid_request")),
        (PDF, "application/pdf", {"for_buyer": "perhaps"}, (422, "invalid_request")),
        (PDF, "application/pdf", {"nmae": "x"}, (422, "unknown_parameter")),
    ],
)
def test_rubbish_is_refused_and_nothing_of_it_is_kept(
    client: httpx.Client, agent: Person, lead: UUID, session_factory: SessionFactory, data: bytes, kind: str,
    asked: dict[str, str], refused: tuple[int, str],
) -> None:  # fmt: skip
    assert code_of(send(client, agent, lead, data, kind, **asked)) == refused
    assert [each.kind for each in stored(session_factory, lead)[1]] == ["buyer_message"]


def test_picture_that_lies_about_its_type_is_refused(client: httpx.Client, agent: Person, lead: UUID) -> None:
    assert code_of(send(client, agent, lead, images.png_with_secrets(), "image/jpeg")) == (422, "image_type_differs")


def test_foreign_desk_other_buyer_and_nobody_find_no_lead(
    client: httpx.Client, people: People, agent: Person, buyer: Person, lead: UUID
) -> None:
    attachment = sent(send(client, agent, lead, for_buyer=True))
    strangers = (people.person(("malik-autos", Role.SALES_AGENT)), people.person(contact=phone(OTHER_BUYER)))
    for other in strangers:
        refusals = {code_of(send(client, other, lead)), code_of(got(client, other, lead, attachment))}
        assert refusals <= {(404, "lead_not_found"), (403, "forbidden")}
    assert code_of(send(client, strangers[0], lead)) == (404, "lead_not_found")
    assert code_of(client.get(f"/v1/leads/{lead}/attachments/{attachment}")) == (401, "login_needed")
    assert code_of(send(client, agent, uuid4())) == (404, "lead_not_found")
    assert code_of(got(client, buyer, lead, uuid4())) == (404, "attachment_not_found")


def test_repeated_request_adds_one_file(
    client: httpx.Client, buyer: Person, lead: UUID, session_factory: SessionFactory
) -> None:
    headers = {"idempotency-key": "one"}
    first, again = (send(client, buyer, lead, headers=dict(headers)) for _ in range(2))
    assert (first.json(), again.headers["idempotency-replayed"]) == (again.json(), "true")
    other = send(client, buyer, lead, PDF + b"\n", headers=dict(headers))
    assert code_of(other) == (422, "idempotency_key_reused")
    assert len(stored(session_factory, lead)[1]) == 2


def test_merged_lead_takes_no_files_and_shows_those_it_had_in_the_other(
    client: httpx.Client, agent: Person, buyer: Person, lead: UUID, add: Add
) -> None:
    target = made(ask(client, add(), buyer.headers))
    attachment = sent(send(client, buyer, lead))
    merged = client.post(f"/v1/leads/{lead}/merge", json={"into": str(target)}, headers=agent.headers)
    assert merged.status_code == 200, merged.text
    for person in (agent, buyer):
        assert code_of(send(client, person, lead)) == (409, "lead_merged")
        assert [each for _, each in files_seen(client, person, target)] == [attachment]
        assert got(client, person, target, attachment).content == PDF


def test_each_side_adds_so_many_files_and_leaves_the_other_its_own(
    client: httpx.Client, agent: Person, buyer: Person, lead: UUID
) -> None:
    for _ in range(MOST_FILES):
        sent(send(client, buyer, lead))
    assert code_of(send(client, buyer, lead)) == (409, "too_many_attachments")
    sent(send(client, agent, lead))


def test_file_is_sealed_exported_and_gone_with_its_buyer(
    client: httpx.Client, agent: Person, buyer: Person, lead: UUID, session_factory: SessionFactory,
    api_settings: Settings,
) -> None:  # fmt: skip
    private, own = sent(send(client, agent, lead)), sent(send(client, buyer, lead))
    with session_factory() as session:
        for row in session.scalars(select(LeadAttachment).order_by(LeadAttachment.id)):
            assert b"PDF" not in row.sealed_content
    exported = client.get("/v1/me/export", headers=buyer.headers).json()["domains"]["leads"]["lead_attachments"]
    assert [each["id"] for each in exported] == [own]
    assert exported[0]["sealed_content"] == b64encode(PDF).decode()
    assert client.delete("/v1/me", headers=buyer.headers).status_code == 202
    assert finish_all(partial(transaction, session_factory), open_storage(api_settings)) == 1
    with session_factory() as session:
        assert session.scalar(text("SELECT count(*) FROM lead_attachments")) == 0
    for gone in (private, own):
        assert code_of(got(client, agent, lead, gone)) == (404, "attachment_not_found")
    assert {name for name, _ in files_seen(client, agent, lead)} == {None}
    assert code_of(send(client, agent, lead)) == (409, "buyer_erased")
    events = f"/v1/leads/{lead}/events"
    for lost in ({"kind": "note", "text": "call again"}, {"kind": "reply", "text": "still here", "send": False}):
        answer = client.post(events, json=lost, headers=agent.headers)
        assert code_of(answer) == (409, "buyer_erased"), "a text that cannot be kept is refused"
    assert client.post(events, json={"kind": "call"}, headers=agent.headers).status_code in (200, 201)
