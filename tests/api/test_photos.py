"""A photo's way from an upload address to the pages that show it, and back off them."""

import io
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from PIL import Image
from sqlalchemy import select, text

from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.settings import Settings
from core.storage import open_storage
from tests.api.conftest import Add, code_of
from tests.api.people import People, Person
from tests.api.photo_uploads import add_photo, confirmed, opened, put, urls
from tests.factories import images
from tests.factories.listings import CHANGES, change_listing

OWN = "khan-motors"


@pytest.fixture
def agent(people: People) -> Person:
    return people.person((OWN, Role.SALES_AGENT))


@pytest.fixture
def car(add: Add) -> UUID:
    return add(org=OWN)


@pytest.mark.slow
def test_confirmed_photo_stands_in_answers_about_the_car(client: httpx.Client, agent: Person, car: UUID) -> None:
    data = images.jpeg(2000, 1500)
    answer = add_photo(client, agent, car, data, slot="front", content_type="image/jpeg", size_bytes=len(data))
    assert answer.status_code == 200, answer.text
    photo = answer.json()
    assert (photo["slot"], photo["is_cover"], photo["is_public"], photo["origin"]) == ("front", True, True, "upload")
    sizes = [(each["width"], each["height"], each["type"]) for each in photo["variants"]]
    expected = [(320, 240), (800, 600), (1600, 1200)]
    assert sizes == [(w, h, kind) for w, h in expected for kind in ("image/webp", "image/jpeg")]
    detail = client.get(f"/v1/listings/{car}").json()
    assert [each["photo_id"] for each in detail["photos"]] == [photo["photo_id"]]
    assert (detail["photo_count"], detail["remote_photos"]) == (1, [])
    hit = client.get("/v1/listings").json()["items"][0]
    assert (hit["cover"]["photo_id"], hit["photo_count"], "photos" in hit) == (photo["photo_id"], 1, False)
    for each in hit["cover"]["variants"]:
        shown = client.get(each["url"])
        assert (shown.status_code, shown.headers["content-type"]) == (200, each["type"])
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert shown.headers["cache-control"] == "public, max-age=240"
        with Image.open(io.BytesIO(shown.content)) as opened_image:
            assert opened_image.size == (each["width"], each["height"])


def test_confirming_again_gives_the_same_photo(client: httpx.Client, agent: Person, car: UUID) -> None:
    first = add_photo(client, agent, car, images.jpeg()).json()
    again = confirmed(client, agent, car, first["photo_id"])
    assert (again.status_code, again.json()) == (200, first)
    assert client.get(f"/v1/listings/{car}").json()["photo_count"] == 1


def test_nothing_is_confirmed_before_it_is_uploaded(client: httpx.Client, agent: Person, car: UUID) -> None:
    made = opened(client, agent, car)
    assert code_of(confirmed(client, agent, car, made["photo_id"])) == (409, "not_uploaded")
    assert code_of(confirmed(client, agent, car, str(uuid4()))) == (404, "photo_not_found")


def test_upload_after_the_confirmation_changes_nothing(
    client: httpx.Client, agent: Person, car: UUID, api_settings: Settings
) -> None:
    made = opened(client, agent, car)
    put(client, made["upload"], images.jpeg())
    photo = confirmed(client, agent, car, made["photo_id"]).json()
    before = {url: client.get(url).content for url in urls(photo)}
    other = images.jpeg(900, 700)
    assert code_of(put(client, made["upload"], other)) == (403, "upload_address_refused")
    # An address of a bucket cannot be taken back: the same as our storage sees it.
    open_storage(api_settings).put(f"uploads/{made['photo_id']}", other)
    assert confirmed(client, agent, car, made["photo_id"]).json() == photo
    assert {url: client.get(url).content for url in urls(photo)} == before


def test_changed_ended_or_guessed_upload_address_is_refused(client: httpx.Client, agent: Person, car: UUID) -> None:
    url = opened(client, agent, car)["upload"]["url"]
    other = opened(client, agent, car)["photo_id"]
    path, query = url.split("?")
    fields = dict(part.split("=") for part in query.split("&"))
    for changed in (
        f"{path}?until={int(fields['until']) + 1}&signature={fields['signature']}",
        f"{path}?until=1000&signature={fields['signature']}",
        f"{path.rsplit('/', 1)[0]}/{other}?{query}",
        f"{path}?until={fields['until']}&signature=" + "0" * 32,
    ):
        assert code_of(client.put(changed, content=images.jpeg())) == (403, "upload_address_refused"), changed


def test_upload_that_is_too_large_is_refused_while_it_comes(client: httpx.Client, agent: Person, car: UUID) -> None:
    url = opened(client, agent, car)["upload"]["url"]
    assert code_of(client.put(url, content=bytes(20_000_001))) == (422, "upload_too_large")
    asked = client.post(f"/v1/listings/{car}/photos", json={"size_bytes": 20_000_001}, headers=agent.headers)
    assert code_of(asked) == (422, "upload_too_large")


def test_object_larger_than_a_photo_is_refused_by_its_size(
    client: httpx.Client, agent: Person, car: UUID, api_settings: Settings
) -> None:
    made, storage = opened(client, agent, car), open_storage(api_settings)
    storage.put(f"uploads/{made['photo_id']}", bytes(20_000_001))  # as a bucket's address allows
    assert code_of(confirmed(client, agent, car, made["photo_id"])) == (422, "image_file_too_large")
    assert not storage.exists(f"uploads/{made['photo_id']}")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (images.SVG, "unsupported_image_type"),
        (images.HEIC, "heic_not_supported"),
        (images.jpeg()[:-900], "image_damaged"),
        (images.png_of(20_000, 20_000), "image_too_many_pixels"),
        (images.jpeg() + b"<script>alert(1)</script>", "image_hides_content"),
        (b"", "image_empty"),
    ],
)
def test_hostile_upload_is_refused_and_deleted(
    client: httpx.Client, agent: Person, car: UUID, api_settings: Settings, data: bytes, code: str
) -> None:
    made = opened(client, agent, car)
    put(client, made["upload"], data)
    assert code_of(confirmed(client, agent, car, made["photo_id"])) == (422, code)
    assert not open_storage(api_settings).exists(f"uploads/{made['photo_id']}")
    assert put(client, made["upload"], images.jpeg()).status_code == 204  # another try at the same address
    assert confirmed(client, agent, car, made["photo_id"]).status_code == 200


def test_wrong_announcement_is_refused(client: httpx.Client, agent: Person, car: UUID) -> None:
    answer = add_photo(client, agent, car, images.png_with_secrets(), content_type="image/jpeg")
    assert code_of(answer) == (422, "image_type_differs")


def test_addresses_fail_once_the_car_is_no_longer_public(
    client: httpx.Client, agent: Person, car: UUID, session_factory: SessionFactory
) -> None:
    photo = add_photo(client, agent, car, images.jpeg()).json()
    for change, back in (
        ({"status": "withdrawn"}, {"status": "live"}),
        ({"visibility": "private"}, {"visibility": "public"}),
        ({"channels": ["autotrader"]}, {"channels": ["automart", "autotrader"]}),
    ):
        with transaction(session_factory) as session:
            change_listing(session, car, **change)
        assert {code_of(client.get(url)) for url in urls(photo)} == {(404, "photo_not_found")}, change
        with transaction(session_factory) as session:
            change_listing(session, car, **back)
        assert {client.get(url).status_code for url in urls(photo)} == {200}


def test_owner_sees_photos_of_a_hidden_car_by_signed_addresses(
    client: httpx.Client, agent: Person, people: People, add: Add
) -> None:
    car = add(org=OWN, visibility="private")
    photo = add_photo(client, agent, car, images.jpeg()).json()
    url = urls(photo)[0]
    assert "signature=" in url
    shown = client.get(url)
    assert shown.status_code == 200
    private, age = shown.headers["cache-control"].split(", max-age=")
    assert private == "private"
    assert 0 < int(age) <= 300
    plain, query = url.split("?")
    assert code_of(client.get(plain)) == (404, "photo_not_found")
    assert code_of(client.get(f"{plain}?until=1000&{query.split('&')[1]}")) == (404, "photo_not_found")
    name = plain.rsplit("/", 1)[1]
    other = name.replace("320.webp", "320.jpg")
    assert code_of(client.get(url.replace(name, other))) == (404, "photo_not_found")
    assert client.get(f"/v1/listings/{car}/photos").status_code == 404
    mine = client.get(f"/v1/listings/{car}/photos", headers=agent.headers).json()["photos"]
    assert [(each["photo_id"], each["is_public"]) for each in mine] == [(photo["photo_id"], False)]
    stranger = people.person(("clifton-cars", Role.ORG_ADMIN))
    assert client.get(f"/v1/listings/{car}/photos", headers=stranger.headers).status_code == 404


def test_original_has_no_address(client: httpx.Client, agent: Person, car: UUID) -> None:
    url = urls(add_photo(client, agent, car, images.jpeg()).json())[0]
    for name in ("original.jpg", "1600.webp", "320.png", "../original.jpg", "320.webp/../original.jpg"):
        assert client.get(url.replace("320.webp", name)).status_code in (404, 422), name


@pytest.mark.slow
def test_order_cover_and_slots_are_chosen(client: httpx.Client, agent: Person, car: UUID) -> None:
    ids = [add_photo(client, agent, car, images.jpeg(400 + n, 300)).json()["photo_id"] for n in range(3)]
    body = {"photo_ids": [ids[2], ids[0], ids[1]], "cover": ids[0], "slots": {ids[1]: "engine"}}
    answer = client.put(f"/v1/listings/{car}/photos/order", json=body, headers=agent.headers)
    assert answer.status_code == 200, answer.text
    shown = client.get(f"/v1/listings/{car}").json()["photos"]
    assert [each["photo_id"] for each in shown] == body["photo_ids"]
    assert [each["photo_id"] for each in shown if each["is_cover"]] == [ids[0]]
    assert [each["slot"] for each in shown] == ["other", "other", "engine"]
    assert client.get("/v1/listings").json()["items"][0]["cover"]["photo_id"] == ids[0]
    for wrong in (
        {"photo_ids": ids[:2]},
        {"photo_ids": [*ids[:2], ids[0]]},
        {"photo_ids": [*ids[:2], str(uuid4())]},
        {"photo_ids": ids, "cover": str(uuid4())},
        {"photo_ids": ids, "slots": {str(uuid4()): "front"}},
    ):
        refused = client.put(f"/v1/listings/{car}/photos/order", json=wrong, headers=agent.headers)
        assert code_of(refused) == (422, "photo_order_incomplete"), wrong


def test_deleted_photo_is_gone_everywhere(
    client: httpx.Client, agent: Person, car: UUID, session_factory: SessionFactory
) -> None:
    first = add_photo(client, agent, car, images.jpeg()).json()
    second = add_photo(client, agent, car, images.jpeg(500, 400)).json()
    path = f"/v1/listings/{car}/photos/{first['photo_id']}"
    assert client.delete(path, headers=agent.headers).status_code == 204
    assert {client.get(url).status_code for url in urls(first)} == {404}
    detail = client.get(f"/v1/listings/{car}").json()
    assert [(each["photo_id"], each["is_cover"]) for each in detail["photos"]] == [(second["photo_id"], True)]
    assert detail["photo_count"] == 1
    assert code_of(client.delete(path, headers=agent.headers)) == (404, "photo_not_found")
    assert code_of(confirmed(client, agent, car, first["photo_id"])) == (404, "photo_not_found")
    with session_factory() as session:
        told = session.execute(select(CHANGES.c.kind).where(CHANGES.c.topic == "photo").order_by(CHANGES.c.id)).all()
        assert [row.kind for row in told] == ["added", "added", "deleted"]


def test_same_picture_on_two_cars_has_addresses_of_its_own_on_each(
    client: httpx.Client, agent: Person, add: Add, session_factory: SessionFactory
) -> None:
    cars = [add(org=OWN), add(org=OWN)]
    first, second = (add_photo(client, agent, car, images.jpeg()).json() for car in cars)
    with session_factory() as session:
        assert session.scalar(text("SELECT count(*) FROM photo_contents")) == 1
    assert set(urls(first)).isdisjoint(urls(second))
    client.delete(f"/v1/listings/{cars[0]}/photos/{first['photo_id']}", headers=agent.headers)
    assert {client.get(url).status_code for url in urls(first)} == {404}
    assert {client.get(url).status_code for url in urls(second)} == {200}


def test_photo_is_found_by_the_search_for_cars_with_photos(
    client: httpx.Client, agent: Person, car: UUID, add: Add
) -> None:
    add_photo(client, agent, car, images.jpeg())
    plain = add(org=OWN)  # syncs the index
    assert [each["id"] for each in client.get("/v1/listings?has_photos=true").json()["items"]] == [str(car)]
    assert [each["id"] for each in client.get("/v1/listings?has_photos=false").json()["items"]] == [str(plain)]


def narrowed(people: People, branch: str) -> Person:
    return people.person((OWN, Role.SALES_AGENT), branches=(branch,))


def test_only_who_may_manage_the_car_adds_photos(client: httpx.Client, people: People, car: UUID) -> None:
    path, body = f"/v1/listings/{car}/photos", {"slot": "rear"}
    strangers: list[tuple[dict[str, str], Any]] = [
        ({}, (401, "login_needed")),
        (people.person().headers, (403, "forbidden")),
        (people.person(("clifton-cars", Role.ORG_ADMIN)).headers, (404, "listing_not_found")),
        (narrowed(people, "clifton").headers, (404, "listing_not_found")),
    ]
    for headers, refusal in strangers:
        assert code_of(client.post(path, json=body, headers=headers)) == refusal
        missing = path.replace(str(car), str(uuid4()))
        assert code_of(client.post(missing, json=body, headers=headers)) == refusal
    moderator = people.person(("automart", Role.MODERATOR))
    assert client.post(path, json=body, headers=moderator.headers).status_code == 201
