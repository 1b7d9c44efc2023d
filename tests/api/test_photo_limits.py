"""Limits of photos and the plate step, on servers with other settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest

from api.app import create_app
from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.settings import Settings
from pipelines.photos.repository import PhotoRepository, photo_owner
from serving.photos.uploading import redrawing
from tests.api.conftest import Add, code_of, served
from tests.api.people import People, Person
from tests.api.photo_uploads import add_photo, opened, urls
from tests.factories import images

OWN = "khan-motors"


@pytest.fixture
def agent(people: People) -> Person:
    return people.person((OWN, Role.SALES_AGENT))


@pytest.fixture
def car(client: httpx.Client, add: Add) -> UUID:
    return add(org=OWN)


@contextmanager
def server_with(settings: Settings, **changed: Any) -> Iterator[httpx.Client]:
    with served(create_app(settings.model_copy(update=changed))) as client:
        yield client


@pytest.mark.slow
def test_photo_waits_for_its_plates_where_that_step_is_required(
    api_settings: Settings, agent: Person, car: UUID, session_factory: SessionFactory
) -> None:
    with server_with(api_settings, photos_plate_step="required") as client:
        photo = add_photo(client, agent, car, images.jpeg()).json()
        assert (photo["plates"], photo["is_public"]) == ("pending", False)
        detail = client.get(f"/v1/listings/{car}").json()
        assert (detail["photos"], detail["photo_count"]) == ([], 0)
        assert client.get("/v1/listings").json()["items"][0]["cover"] is None
        assert client.get(f"/v1/listings/{car}/photos").json()["photos"] == []
        plain = [url.split("?")[0] for url in urls(photo)]
        assert {client.get(url).status_code for url in plain} == {404}
        assert {client.get(url).status_code for url in urls(photo)} == {200}  # its owner's addresses
        with transaction(session_factory) as session:
            owner = photo_owner(session, car)
            assert owner is not None
            photos = PhotoRepository(session, owner)
            stored = photos.get(UUID(photo["photo_id"]))
            assert stored is not None
            photos.decide(stored, "done", "plain")
        assert {client.get(url).status_code for url in plain} == {404}  # what is shown now has an address of its own
        detail = client.get(f"/v1/listings/{car}").json()
        assert detail["photo_count"] == 1
        assert {client.get(url).status_code for url in urls(detail["photos"][0])} == {200}


@pytest.mark.slow
def test_listing_has_no_more_photos_than_allowed(api_settings: Settings, agent: Person, car: UUID) -> None:
    with server_with(api_settings, photos_per_listing=2) as client:
        add_photo(client, agent, car, images.jpeg())
        opened(client, agent, car)  # an open address counts
        refused = client.post(f"/v1/listings/{car}/photos", json={}, headers=agent.headers)
        assert code_of(refused) == (409, "too_many_photos")


@pytest.mark.slow
def test_person_is_given_no_more_addresses_than_allowed(api_settings: Settings, people: People, car: UUID) -> None:
    first, second = (people.person((OWN, Role.SALES_AGENT)) for _ in range(2))
    with server_with(api_settings, photos_uploads_per_day=2) as client:
        for _ in range(2):
            opened(client, first, car)
        refused = client.post(f"/v1/listings/{car}/photos", json={}, headers=first.headers)
        assert code_of(refused) == (429, "too_many_uploads")
        assert int(refused.headers["retry-after"]) > 0
        opened(client, second, car)


def test_few_images_are_decoded_at_once(
    client: httpx.Client, agent: Person, car: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redrawing, "_WAIT_SECONDS", 0.05)
    for _ in range(redrawing.DECODED_AT_ONCE):
        assert redrawing._turns.acquire(timeout=5)
    try:
        assert code_of(add_photo(client, agent, car, images.jpeg())) == (503, "photos_busy")
    finally:
        for _ in range(redrawing.DECODED_AT_ONCE):
            redrawing._turns.release()


@pytest.mark.slow
def test_feeds_own_addresses_are_shown_only_where_that_is_set(api_settings: Settings, agent: Person, add: Add) -> None:
    remote = ["https://photos.example.com/1.jpg"]
    car = add(org=OWN, photos=remote)
    with server_with(api_settings, photos_remote="hide") as client:
        assert client.get(f"/v1/listings/{car}").json()["remote_photos"] == []
        assert remote[0] not in client.get("/v1/listings").text
    with server_with(api_settings, photos_remote="show") as client:
        assert client.get(f"/v1/listings/{car}").json()["remote_photos"] == remote
        add_photo(client, agent, car, images.jpeg())
        assert client.get(f"/v1/listings/{car}").json()["remote_photos"] == []


def test_addresses_stand_under_the_public_address_of_the_api(api_settings: Settings, agent: Person, car: UUID) -> None:
    with server_with(api_settings, api_public_url="https://api.automart.example/") as client:
        assert opened(client, agent, car)["upload"]["url"].startswith("https://api.automart.example/v1/photo-uploads/")
