"""Photos over a real S3 server: the address is signed by the storage, the bytes never pass the API."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest

from api.app import create_app
from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.settings import Settings
from core.storage import Storage, open_storage
from tests.api.conftest import code_of, served
from tests.api.people import People
from tests.api.photo_uploads import confirmed, opened, urls
from tests.factories import images
from tests.factories.listings import add_listing, change_listing
from tests.s3.server import BUCKET, MISSING, S3Server, find_server, running

pytestmark = pytest.mark.sweep
OWN = "khan-motors"


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    program = find_server()
    if program is None:
        pytest.skip(MISSING)
    with running(program, tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def storage(s3: S3Server, api_settings: Settings) -> Storage:
    return open_storage(api_settings)


@pytest.fixture
def api_settings(s3: S3Server, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    for name, value in s3.environment().items():
        monkeypatch.setenv(name, value)
    return settings.model_copy(update={"storage_url": f"s3://{BUCKET}/{tmp_path.name}"})


@pytest.fixture
def client(api_settings: Settings, session_factory: SessionFactory) -> Iterator[httpx.Client]:
    with served(create_app(api_settings)) as client:
        yield client


@pytest.fixture
def car(session_factory: SessionFactory) -> UUID:
    with transaction(session_factory) as session:
        return add_listing(session, org=OWN)


def test_photo_is_uploaded_past_the_api_and_served_by_it(
    s3: S3Server, client: httpx.Client, people: People, car: UUID, storage: Storage, session_factory: SessionFactory
) -> None:
    agent = people.person((OWN, Role.SALES_AGENT))
    made = opened(client, agent, car, slot="front")
    url = made["upload"]["url"]
    assert url.startswith(s3.endpoint)
    assert urlsplit(url).path.endswith(f"/uploads/{made['photo_id']}")
    assert code_of(confirmed(client, agent, car, made["photo_id"])) == (409, "not_uploaded")
    assert httpx.put(url, content=images.jpeg_with_secrets(6)).status_code == 200
    photo = confirmed(client, agent, car, made["photo_id"])
    assert photo.status_code == 200, photo.text
    before = {each: client.get(each).content for each in urls(photo.json())}
    assert [secret for secret in images.SECRETS for data in before.values() if secret in data] == []
    assert not storage.exists(f"uploads/{made['photo_id']}")
    # The address lives on for some minutes: what is written to it now changes nothing.
    assert httpx.put(url, content=images.jpeg(900, 700)).status_code == 200
    assert confirmed(client, agent, car, made["photo_id"]).json() == photo.json()
    assert {each: client.get(each).content for each in urls(photo.json())} == before
    with transaction(session_factory) as session:
        change_listing(session, car, status="withdrawn")
    assert {client.get(each).status_code for each in before} == {404}


def test_signed_address_writes_one_key_and_reads_none(
    client: httpx.Client, people: People, car: UUID, storage: Storage
) -> None:
    agent = people.person((OWN, Role.SALES_AGENT))
    made = opened(client, agent, car)
    url = made["upload"]["url"]
    for other in (url.replace(made["photo_id"], str(UUID(int=1))), url.replace("/uploads/", "/photos/")):
        assert httpx.put(other, content=b"x").status_code == 403
    assert httpx.get(url).status_code in (403, 404)
    assert httpx.delete(url).status_code == 403
    assert list(storage.keys("photos/")) == []


def test_object_that_is_too_large_is_refused_before_it_is_read(client: httpx.Client, people: People, car: UUID) -> None:
    agent = people.person((OWN, Role.SALES_AGENT))
    made = opened(client, agent, car)
    assert httpx.put(made["upload"]["url"], content=bytes(20_000_001), timeout=60).status_code == 200
    assert code_of(confirmed(client, agent, car, made["photo_id"])) == (422, "image_file_too_large")
