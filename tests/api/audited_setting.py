"""The arrangement in which each operation of the contract is called once, with the example of the contract."""

from dataclasses import dataclass
from typing import Any

import httpx

from core.db.session import SessionFactory
from tests.api.people import People, Person
from tests.api.test_matrix import REQUESTS


@dataclass
class Setting:
    """The arrangement of a call: the API, people, and the rows made for it before."""

    client: httpx.Client
    people: People
    sessions: SessionFactory
    admin: Person

    def call(self, operation: str, *, headers: dict[str, str] | None = None, **named: Any) -> httpx.Response:
        request = REQUESTS[operation]
        path = named.pop("path", request.path)
        body: dict[str, Any] = {"json": named["json"]} if "json" in named else {"content": request.content}
        given = {name: value for name, value in request.headers.items() if name != "authorization"}
        return self.client.request(
            request.method, path, headers=given | (self.admin.headers if headers is None else headers), **body
        )

    def made(self, operation: str, name: str, **more: Any) -> str:
        answer = self.call(operation, **more)
        assert answer.status_code == 201, answer.text
        value: str = answer.json()[name]
        return value
