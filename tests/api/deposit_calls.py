"""Deposits in each state, made through the API and by a payment that the provider is said to have."""

from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import select, update

from core.access.roles import Role
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables.deposits import DepositRefund, PaymentIntent
from pipelines.deposits.providers.port import PaidFact
from serving.deposits.holds.taking import take_payments
from tests.api.people import People, Person
from tests.factories.listings import add_listing

OWN = "khan-motors"
_ONE = "/v1/deposits/{deposit_id}"
ON_DEPOSITS = (
    "POST /v1/deposits",
    *(f"POST {_ONE}/{verb}" for verb in ("accept", "decline", "void", "capture", "refund", "dispute")),
    f"POST {_ONE}/refunds/{{refund_id}}/approve",
    "POST /v1/deposits/payouts",
    "POST /v1/deposits/payouts/{payout_id}/approve",
    "POST /v1/payments/entries",
    "POST /v1/payments/entries/{entry_id}/approve",
)


def keyed(person: Person, key: str | None = None) -> dict[str, str]:
    return person.headers | {"idempotency-key": key or str(uuid4())}


def pay(sessions: SessionFactory, deposit_id: UUID, transaction_id: str | None = None, **fact: Any) -> None:
    """Let the provider have the money."""
    with transaction(sessions) as session:
        intent = session.scalars(select(PaymentIntent).where(PaymentIntent.deposit_id == deposit_id)).one()
        told = {"reference": intent.reference, "amount_paisa": intent.amount_paisa, "currency": "PKR"}
        paid = PaidFact(transaction=transaction_id or str(uuid4()), merchant="automart", **(told | fact))
        take_payments(session, intent.id, [paid], "automart", utc_now())


class Counter:
    """People around one car, and what they do."""

    def __init__(self, client: httpx.Client, people: People, sessions: SessionFactory) -> None:
        self.client, self.sessions = client, sessions
        self.buyer, self.agent = people.person(), people.person((OWN, Role.ORG_ADMIN))
        self.finance, self.other = (people.person(("automart", Role.FINANCE)) for _ in range(2))

    def car(self) -> str:
        with transaction(self.sessions) as session:
            return str(add_listing(session, org=OWN))

    def post(self, path: str, person: Person, body: Any = None, key: str | None = None) -> httpx.Response:
        return self.client.post(path, json=body, headers=keyed(person, key))

    def open(self, car: str | None = None) -> dict[str, Any]:
        body = {"listing_id": car or self.car(), "amount_pkr": 25_000, "provider": "sandbox"}
        answer = self.post("/v1/deposits", self.buyer, body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def held(self) -> str:
        made: str = self.open()["id"]
        pay(self.sessions, UUID(made))
        return made

    def entered(self) -> dict[str, Any]:
        """An entry of a refund that people confirm, by the first of two of finance."""
        deposit = self.held()
        self.post(f"/v1/deposits/{deposit}/void", self.buyer, {})
        with transaction(self.sessions) as session:
            of = DepositRefund.deposit_id == UUID(deposit)
            refund = session.scalars(
                update(DepositRefund).where(of).values(state="unknown").returning(DepositRefund.id)
            )
            return {"kind": "refund", "reference": str(refund.one()), "transaction": str(uuid4()), "amount_pkr": 25_000}

    def captured(self) -> str:
        deposit = self.held()
        answer = self.post(f"/v1/deposits/{deposit}/capture", self.agent)
        assert answer.status_code == 200, answer.text
        return deposit


def prepare_deposit(
    operation: str, client: httpx.Client, people: People, sessions: SessionFactory
) -> tuple[str, dict[str, str]]:
    """Return the path for an operation and the headers of a caller who may call it.

    In place of the path of POST /v1/deposits it is the car, of POST /v1/payments/entries the refund.
    """
    counter = Counter(client, people, sessions)
    if operation == "POST /v1/deposits":
        return counter.car(), keyed(counter.buyer)
    if "entries" in operation:
        asked = counter.entered()
        if operation == "POST /v1/payments/entries":
            return asked["reference"], keyed(counter.finance)
        entry = counter.post("/v1/payments/entries", counter.finance, asked).json()["id"]
        return f"/v1/payments/entries/{entry}/approve", keyed(counter.other)
    if operation == "POST /v1/deposits/payouts":
        counter.captured()
        return "/v1/deposits/payouts", keyed(counter.finance)
    if "payouts" in operation:
        counter.captured()
        asked = counter.post("/v1/deposits/payouts", counter.finance, {"org": OWN})
        return f"/v1/deposits/payouts/{asked.json()['id']}/approve", keyed(counter.other)
    if operation.endswith("/approve"):
        deposit = counter.captured()
        for _ in range(5):  # of a platform whose limit is 100,000 rupees a person's day
            asked = counter.post(f"/v1/deposits/{deposit}/refund", counter.finance, {"reason": "x"})
            refund = asked.json()["refunds"][-1]
            if refund["state"] == "awaiting_approval":
                return f"/v1/deposits/{deposit}/refunds/{refund['id']}/approve", keyed(counter.other)
            deposit = counter.captured()
        raise AssertionError("no refund waits")
    verb = operation.rpartition("/")[2]
    deposit = counter.captured() if verb == "refund" else counter.held()
    caller = {"refund": counter.finance, "void": counter.buyer, "dispute": counter.buyer}.get(verb, counter.agent)
    return f"/v1/deposits/{deposit}/{verb}", keyed(caller)
