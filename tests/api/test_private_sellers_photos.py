"""Private sellers have photos and documents on their own ads, with the rights of a dealer's people, and on no other."""

from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import text

from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from tests.api.conftest import code_of
from tests.api.people import People, Person
from tests.api.photo_uploads import add_photo, confirmed, opened, put
from tests.factories import images

AD = {"make": "Suzuki", "model": "Mehran", "model_year": 2012, "price_pkr": 710_000}


def posted(client: httpx.Client, seller: Person) -> UUID:
    made = client.post("/v1/listings", json=AD, headers=seller.headers)
    assert made.status_code == 201, made.text
    return UUID(made.json()["id"])


def told(factory: SessionFactory) -> list[str]:
    with transaction(factory) as session:
        return list(session.scalars(text("SELECT kind FROM outbox_events WHERE topic = 'photo' ORDER BY sequence, id")))


def test_private_seller_adds_orders_and_deletes_photos_of_an_own_ad(
    client: httpx.Client, people: People, session_factory: SessionFactory
) -> None:
    seller = people.person()
    ad = posted(client, seller)
    front = add_photo(client, seller, ad, images.jpeg(), slot="front")
    assert front.status_code == 200, front.text
    rear = add_photo(client, seller, ad, images.jpeg_with_secrets(), slot="rear").json()["photo_id"]
    path, body = f"/v1/listings/{ad}/photos", {"photo_ids": [rear, front.json()["photo_id"]], "cover": rear}
    ordered = client.put(f"{path}/order", json=body, headers=seller.headers)
    assert ordered.status_code == 200, ordered.text
    assert [each["photo_id"] for each in ordered.json()["photos"]] == body["photo_ids"]
    boxed = client.post(f"{path}/{rear}/boxes", json={"boxes": [[10, 10, 40, 20]]}, headers=seller.headers)
    assert boxed.status_code == 204, boxed.text
    assert client.delete(f"{path}/{rear}", headers=seller.headers).status_code == 204
    assert set(told(session_factory)) == {"added", "changed", "deleted"}


def test_private_sellers_papers_are_seen_by_the_seller_and_moderators_alone(
    client: httpx.Client, people: People
) -> None:
    seller = people.person()
    path = f"/v1/listings/{posted(client, seller)}/documents"
    made = client.post(path, json={"kind": "registration_book"}, headers=seller.headers).json()
    assert put(client, made["upload"], images.jpeg()).status_code == 204
    one = f"{path}/{made['document_id']}"
    assert client.post(f"{one}/confirm", headers=seller.headers).status_code == 200
    for person in (seller, people.person(("automart", Role.MODERATOR))):
        assert client.get(one, headers=person.headers).status_code == 200
    for person in (people.person(), people.person(("khan-motors", Role.ORG_ADMIN))):
        assert client.get(one, headers=person.headers).status_code in (403, 404)
        assert client.delete(one, headers=person.headers).status_code in (403, 404)
    assert client.delete(one, headers=seller.headers).status_code == 204


def test_private_seller_reaches_no_photo_of_another_ad(client: httpx.Client, people: People) -> None:
    owner, other = people.person(), people.person()
    theirs, mine = posted(client, owner), posted(client, other)
    photo = add_photo(client, owner, theirs, images.jpeg()).json()["photo_id"]
    waiting = opened(client, owner, theirs)["photo_id"]

    def tried(ad: UUID, method: str, path: str, body: Any = None) -> tuple[int, str]:
        return code_of(client.request(method, f"/v1/listings/{ad}/photos{path}", json=body, headers=other.headers))

    for ad, refused in ((theirs, {"forbidden", "listing_not_found"}), (mine, {"photo_not_found", "upload_not_found"})):
        assert tried(ad, "DELETE", f"/{photo}")[1] in refused
        assert tried(ad, "POST", f"/{photo}/boxes", {"boxes": [[0, 0, 50, 50]]})[1] in refused
        assert tried(ad, "POST", f"/{photo}/appeal", {"kind": "missed_plate"})[1] in refused
        assert confirmed(client, other, ad, waiting).json()["code"] in refused
    assert tried(theirs, "POST", "", {"slot": "front"})[1] in {"forbidden", "listing_not_found"}
    assert tried(mine, "PUT", "/order", {"photo_ids": [photo]})[0] == 422
    assert tried(theirs, "GET", "")[1] == tried(uuid4(), "GET", "")[1] == "listing_not_found"
