"""Upload photos as an app does: ask for an address, PUT, confirm."""

from typing import Any
from uuid import UUID

import httpx

from tests.api.people import Person


def opened(client: httpx.Client, person: Person, listing_id: UUID, **body: Any) -> dict[str, Any]:
    answer = client.post(f"/v1/listings/{listing_id}/photos", json=body, headers=person.headers)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def put(client: httpx.Client, upload: dict[str, Any], data: bytes) -> httpx.Response:
    return client.put(upload["url"], content=data)


def confirmed(client: httpx.Client, person: Person, listing_id: UUID, photo_id: str) -> httpx.Response:
    return client.post(f"/v1/listings/{listing_id}/photos/{photo_id}/confirm", headers=person.headers)


def add_photo(client: httpx.Client, person: Person, listing_id: UUID, data: bytes, **body: Any) -> httpx.Response:
    made = opened(client, person, listing_id, **body)
    assert put(client, made["upload"], data).status_code == 204
    return confirmed(client, person, listing_id, made["photo_id"])


def urls(photo: dict[str, Any]) -> list[str]:
    return [variant["url"] for variant in photo["variants"]]
