"""An organisation chooses clean backgrounds: shown beside its photos, under addresses that end with the choice."""

from uuid import UUID

import httpx
import pytest

from core.access.roles import Role
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables.photo_backgrounds import PhotoBackground
from core.db.tables.photos import ListingPhoto
from core.settings import Settings
from core.storage import open_storage
from pipelines.photos.object_keys import clean_key
from pipelines.photos.repository import PhotoRepository, photo_owner
from tests.api.conftest import Add
from tests.api.people import People, Person
from tests.api.photo_uploads import add_photo, urls
from tests.factories import images

OWN = "khan-motors"
PATH = f"/v1/orgs/{OWN}/photo-choices"


@pytest.fixture
def admin(people: People) -> Person:
    return people.person((OWN, Role.ORG_ADMIN))


@pytest.fixture
def cleaned(
    client: httpx.Client, admin: Person, add: Add, session_factory: SessionFactory, api_settings: Settings
) -> tuple[UUID, bytes]:
    """A car with a photo whose background was cleaned, and the cleaned bytes."""
    car, picture = add(org=OWN), images.jpeg()
    photo = UUID(add_photo(client, admin, car, images.jpeg()).json()["photo_id"])
    with transaction(session_factory) as session:
        owner = photo_owner(session, car)
        stored = session.get_one(ListingPhoto, photo)
        assert owner is not None
        assert stored.content_id is not None
        PhotoRepository(session, owner).decide(stored, "done", "plain")
        variants = [{"name": "clean-320.jpg", "size": 320, "width": 320, "height": 240}]
        row = PhotoBackground(content_id=stored.content_id, rendition="plain", version="x", tried_at=utc_now())
        row.state, row.variants = "done", variants
        session.add(row)
        open_storage(api_settings).put(clean_key(stored.content_id, "plain", "320.jpg"), picture)
    return car, picture


def test_clean_backgrounds_are_off_until_chosen_and_shown_beside_the_photo(
    client: httpx.Client, admin: Person, cleaned: tuple[UUID, bytes]
) -> None:
    car, picture = cleaned
    listed = f"/v1/listings/{car}/photos"
    assert client.get(PATH, headers=admin.headers).json() == {"clean_backgrounds": False}
    before = client.get(listed).json()["photos"][0]
    assert before["cleaned"] == []
    address = urls(before)[0].rsplit("-", 1)[0] + "-clean-320.jpg"
    assert client.get(address).status_code == 404
    assert client.put(PATH, json={"clean_backgrounds": True}, headers=admin.headers).status_code == 200
    after = client.get(listed).json()["photos"][0]
    assert urls(after) == urls(before)
    [variant] = after["cleaned"]
    assert (variant["width"], variant["height"]) == (320, 240)
    assert client.get(variant["url"]).content == picture
    client.put(PATH, json={"clean_backgrounds": False}, headers=admin.headers)
    assert client.get(variant["url"]).status_code == 404
    assert client.get(listed).json()["photos"][0]["cleaned"] == []


def test_variant_of_another_covering_is_not_shown(
    client: httpx.Client, admin: Person, cleaned: tuple[UUID, bytes], session_factory: SessionFactory
) -> None:
    car, _ = cleaned
    client.put(PATH, json={"clean_backgrounds": True}, headers=admin.headers)
    with transaction(session_factory) as session:
        owner = photo_owner(session, car)
        assert owner is not None
        photos = PhotoRepository(session, owner)
        photos.decide(photos.all()[0][0], "done", "0a1b2c3d4e5f60718293")
    photo = client.get(f"/v1/listings/{car}/photos").json()["photos"][0]
    assert photo["cleaned"] == []
    address = urls(photo)[0].rsplit("-", 1)[0] + "-clean-320.jpg"
    assert client.get(address).status_code == 404
