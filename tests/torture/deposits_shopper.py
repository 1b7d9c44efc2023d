"""A buyer who reserves cars over HTTP while the API's processes are killed, and asks again with the same key."""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx

from tests.api.people import People, Person
from tests.factories.deposits import AMOUNT, Till

_PATIENCE = 120.0


@dataclass
class Shopper:
    """A client that keeps the API's acknowledgements, and the answers that differed when asked for again."""

    till: Till
    people: People
    addresses: list[str]
    dice: Random
    told: dict[UUID, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    repeats: int = 0

    def act(self) -> None:
        """Open a deposit, pay it, and perhaps withdraw it."""
        buyer, car = self.people.person(), self.till.car()
        wish = {"listing_id": str(car), "amount_pkr": AMOUNT, "provider": "sandbox"}
        made = self._post("/v1/deposits", buyer, wish)
        if "id" not in made:
            self.wrong.append(f"A deposit was refused: {made}.")
            return
        deposit = UUID(made["id"])
        self.told[deposit] = "open"
        reference = made["payment_url"].rpartition("/")[2].partition("?")[0]
        order = {"reference": reference, "amount_pkr": AMOUNT, "callbacks": 0}
        assert httpx.post(f"{self.till.server.url}/pay", json=order, trust_env=False).status_code == 200
        if self.dice.random() < 0.5:
            ended = self._post(f"/v1/deposits/{deposit}/void", buyer, {})
            if ended.get("state") in ("voided", "refunding", "refunded"):
                self.told[deposit] = "void"

    def _post(self, path: str, person: Person, body: dict[str, Any]) -> dict[str, Any]:
        headers = person.headers | {"idempotency-key": str(uuid4())}
        first, again = (self._answered(path, headers, body) for _ in range(2))
        if (first.status_code, first.content) != (again.status_code, again.content):
            self.wrong.append(f"{path} was answered {first.text}, and with the same key {again.text}.")
        found: dict[str, Any] = first.json()
        return found

    def _answered(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> httpx.Response:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                url = f"{self.dice.choice(self.addresses)}{path}"
                answer = httpx.post(url, json=body, headers=headers, timeout=30, trust_env=False)
                if answer.status_code < 500 and answer.json().get("code") != "request_in_progress":
                    return answer
            self.repeats += 1
            time.sleep(0.1)
        raise AssertionError(f"{path} was never answered")
