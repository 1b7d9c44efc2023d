"""Documents are for their owner and moderators: pictures of papers, which hold names and numbers."""

import io
from uuid import UUID, uuid4

import httpx
import pytest
from PIL import Image
from sqlalchemy import select

from core.access.roles import Role
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables.audit import AuditRecord
from core.settings import Settings
from core.storage import open_storage
from pipelines.photos.sweeping import sweep
from tests.api.conftest import Add, code_of
from tests.api.people import People, Person
from tests.api.photo_uploads import put
from tests.factories import images

OWN = "khan-motors"


@pytest.fixture
def agent(people: People) -> Person:
    return people.person((OWN, Role.SALES_AGENT))


@pytest.fixture
def car(add: Add) -> UUID:
    return add(org=OWN)


def added(client: httpx.Client, person: Person, car: UUID, data: bytes) -> httpx.Response:
    path = f"/v1/listings/{car}/documents"
    made = client.post(path, json={"kind": "registration_book"}, headers=person.headers)
    assert made.status_code == 201, made.text
    assert put(client, made.json()["upload"], data).status_code == 204
    return client.post(f"{path}/{made.json()['document_id']}/confirm", headers=person.headers)


def test_document_is_seen_by_its_owner_and_moderators_alone(
    client: httpx.Client, people: People, agent: Person, car: UUID
) -> None:
    made = added(client, agent, car, images.jpeg_with_secrets(6))
    assert made.status_code == 200, made.text
    path = f"/v1/listings/{car}/documents"
    one = f"{path}/{made.json()['document_id']}"
    for person in (agent, people.person(("automart", Role.MODERATOR))):
        assert client.get(path, headers=person.headers).json()["documents"] == [made.json()]
        shown = client.get(one, headers=person.headers)
        assert (shown.status_code, shown.headers["cache-control"]) == (200, "private, no-store")
        assert [secret for secret in images.SECRETS if secret in shown.content] == []
        with Image.open(io.BytesIO(shown.content)) as opened:
            assert opened.size == (300, 400)
    strangers = {
        (404, "listing_not_found"): people.person(("clifton-cars", Role.ORG_ADMIN)),
        (403, "forbidden"): people.person(),
    }
    for refusal, person in strangers.items():
        for address in (path, one):
            assert code_of(client.get(address, headers=person.headers)) == refusal
    assert code_of(client.get(one)) == (401, "login_needed")
    assert code_of(client.get(f"{path}/{uuid4()}", headers=agent.headers)) == (404, "document_not_found")


def test_document_is_no_photo(client: httpx.Client, agent: Person, car: UUID) -> None:
    document = added(client, agent, car, images.jpeg()).json()["document_id"]
    assert client.get(f"/v1/listings/{car}").json()["photos"] == []
    as_photo = client.post(f"/v1/listings/{car}/photos/{document}/confirm", headers=agent.headers)
    assert code_of(as_photo) == (404, "photo_not_found")


def test_pdf_is_refused(client: httpx.Client, agent: Person, car: UUID) -> None:
    assert code_of(added(client, agent, car, b"%PDF-1.7\n" + bytes(100))) == (422, "unsupported_image_type")


def test_each_look_and_deletion_is_in_the_audit_trail(
    client: httpx.Client, agent: Person, car: UUID, session_factory: SessionFactory
) -> None:
    path = f"/v1/listings/{car}/documents/{added(client, agent, car, images.jpeg()).json()['document_id']}"
    client.get(path, headers=agent.headers)
    client.delete(path, headers=agent.headers)
    with session_factory() as session:
        records = session.scalars(select(AuditRecord).order_by(AuditRecord.id)).all()
        acts = [(each.action, each.user_id) for each in records if each.subject_kind == "document"]
    names = ("documents.announce", "documents.add", "documents.read", "documents.delete")
    assert acts == [(name, agent.user_id) for name in names]


def test_deleted_document_is_gone_at_once_and_its_object_with_the_sweep(
    client: httpx.Client, agent: Person, car: UUID, session_factory: SessionFactory, api_settings: Settings
) -> None:
    document = added(client, agent, car, images.jpeg()).json()["document_id"]
    path, storage = f"/v1/listings/{car}/documents/{document}", open_storage(api_settings)
    assert client.delete(path, headers=agent.headers).status_code == 204
    assert code_of(client.get(path, headers=agent.headers)) == (404, "document_not_found")
    assert storage.exists(f"documents/{document}.jpg")
    with transaction(session_factory) as session:
        assert sweep(session, storage, utc_now()).documents == 1
    assert not storage.exists(f"documents/{document}.jpg")
