"""Calls about photos that two dealers show."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx

from core.access.roles import Role
from tests.api.people import People
from tests.factories.photo_copies import add_copies

_OWN = "khan-motors"


def contest(client: httpx.Client, headers: dict[str, str], org: str, photos: tuple[UUID, UUID]) -> httpx.Response:
    """Contest that the first photo is a copy of the second."""
    body = {"photo_id": str(photos[0]), "other_photo_id": str(photos[1]), "reason": "permitted"}
    return client.post(f"/v1/orgs/{org}/photo-contests", json=body, headers=headers)


def decide(client: httpx.Client, people: People, contest_id: str, decision: str) -> httpx.Response:
    """Decide a contest as a moderator."""
    headers = people.person(("automart", Role.MODERATOR)).headers
    return client.post(f"/v1/photo-contests/{contest_id}/decision", json={"decision": decision}, headers=headers)


def _contest(setting: Any) -> httpx.Response:
    copies = add_copies(setting.sessions, _OWN, "indus-autos")
    return contest(setting.client, setting.admin.headers, _OWN, copies)


def _decide(setting: Any) -> httpx.Response:
    return decide(setting.client, setting.people, _contest(setting).json()["contest_id"], "refuse")


COPIES_CALLS: dict[str, Callable[[Any], httpx.Response]] = {
    "POST /v1/orgs/{code}/photo-contests": _contest,
    "POST /v1/photo-contests/{contest_id}/decision": _decide,
}
"""By operation: a call on copies that are made for it."""
