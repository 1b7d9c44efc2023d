"""An event goes only to organisations that may see its subject when it happens and when it is sent, replay included.

Random histories of cars, organisations and sendings are compared with a model that knows no SQL: what is sent at each
sending is exactly what it says.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables import Listing, Org
from core.db.tables.webhooks import WebhookDelivery, WebhookEndpoint
from core.outbox.emit import emit
from core.outbox.events import NewEvent
from core.outbox.follow import following
from core.security.platform_keys import PlatformKeys
from pipelines.webhooks.claims import claim
from pipelines.webhooks.consumers import QUEUE
from pipelines.webhooks.fan_out import fan_out
from pipelines.webhooks.results import Sent, write_down
from pipelines.webhooks.sending import Answer
from serving.webhooks.replay import replay_deliveries
from tests.examples import examples
from tests.factories.listings import add_listing, dealer
from tests.factories.turns import OneTurn
from tests.factories.webhooks import desk

ORGS = ("owner", "stranger", "partner", "market")
CARS = {"car": "owner", "ad": "market"}
KINDS = {"owner": "dealer", "stranger": "dealer", "partner": "partner", "market": "marketplace"}
OPERATIONS = st.one_of(
    st.tuples(st.just("price"), st.sampled_from(sorted(CARS))),
    st.tuples(st.just("lead"), st.sampled_from(sorted(CARS))),
    st.tuples(st.just("show"), st.sampled_from(sorted(CARS)), st.sampled_from(("public", "private"))),
    st.tuples(st.just("offer"), st.sampled_from(sorted(CARS)), st.sampled_from((("automart",), ("autotrader",)))),
    st.tuples(st.just("state"), st.sampled_from(sorted(CARS)), st.sampled_from(("live", "withdrawn"))),
    st.tuples(st.just("kind"), st.sampled_from(ORGS[:3]), st.sampled_from(("dealer", "partner"))),
    st.tuples(st.just("block"), st.sampled_from(ORGS), st.booleans()),
    st.tuples(st.just("send")),
    st.tuples(st.just("replay"), st.sampled_from(ORGS)),
)


@dataclass
class Model:
    """The rules of visibility in plain Python."""

    kinds: dict[str, str] = field(default_factory=lambda: dict(KINDS))
    blocked: set[str] = field(default_factory=set)
    visibility: dict[str, str] = field(default_factory=lambda: dict.fromkeys(CARS, "public"))
    channels: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict.fromkeys(CARS, ("automart",)))
    state: dict[str, str] = field(default_factory=lambda: dict.fromkeys(CARS, "live"))
    known: set[tuple[str, str, int]] = field(default_factory=set)  # organisation, car, number of the event
    waiting: set[tuple[str, str, int]] = field(default_factory=set)
    leads: set[int] = field(default_factory=set)

    def sees(self, org: str, car: str) -> bool:
        if CARS[car] == org and self.kinds[org] != "marketplace":
            return True
        is_public = self.visibility[car] == "public" and "automart" in self.channels[car]
        return is_public and self.state[car] == "live" and (self.kinds[org] == "partner" or CARS[car] == org)

    def happen(self, car: str, number: int, *, lead: bool) -> None:
        for org in ORGS:
            is_own_dealer = CARS[car] == org and self.kinds[org] != "marketplace"
            if org not in self.blocked and (is_own_dealer if lead else self.sees(org, car)):
                self.known.add((org, car, number))
                self.waiting.add((org, car, number))

    def send(self) -> set[tuple[str, str, int]]:
        due = {each for each in self.waiting if each[0] not in self.blocked}
        self.waiting -= due
        return {each for each in due if self.sees(each[0], each[1])}


class World:
    """The same rules, as the platform applies them."""

    def __init__(self, factory: SessionFactory, keys: PlatformKeys) -> None:
        self.factory, self.keys, self.number = factory, keys, 0
        self.orgs: dict[str, UUID] = {}
        self.endpoints: dict[str, UUID] = {}
        with transaction(factory) as session:
            for name in ORGS:
                org = dealer(session, f"{name}-{uuid4().hex}")
                org.kind = KINDS[name]
                self.orgs[name] = org.id
                session.add(self._endpoint(org.id))
                session.flush()
            for each in session.scalars(select(WebhookEndpoint)):
                self.endpoints[next(name for name, id_ in self.orgs.items() if id_ == each.org_id)] = each.id
            codes = {name: session.get_one(Org, self.orgs[name]).code for name in ORGS}
            self.cars = {car: add_listing(session, org=codes[org], channels=["automart"]) for car, org in CARS.items()}
        self.queue()

    @staticmethod
    def _endpoint(org_id: UUID) -> WebhookEndpoint:
        return WebhookEndpoint(
            org_id=org_id, url="https://x.example/", events=["listing.price_changed", "lead.created"], ordering="loose",
            concurrency=50, secret=b"", signing_key=b"", public_key="", phase="active",
        )  # fmt: skip

    def queue(self) -> None:
        while following(QUEUE, fan_out)(OneTurn(self.factory)):
            pass

    def change(self, car: str, **values: object) -> None:
        with transaction(self.factory) as session:
            session.execute(update(Listing).where(Listing.id == self.cars[car]).values(**values))
        self.queue()

    def change_org(self, name: str, **values: object) -> None:
        with transaction(self.factory) as session:
            session.execute(update(Org).where(Org.id == self.orgs[name]).values(**values))

    def lead(self, car: str, number: int) -> None:
        facts = {"listing_id": str(self.cars[car]), "type": "message", "state": f"{number}", "branch_id": None}
        with transaction(self.factory) as session:
            emit(session, "lead", NewEvent(uuid4(), "created", self.orgs[CARS[car]], payload=facts))
        self.queue()

    def send(self) -> set[tuple[str, str, int]]:
        sent: set[tuple[str, str, int]] = set()
        names = {id_: name for name, id_ in self.orgs.items()}
        cars = {str(id_): name for name, id_ in self.cars.items()}
        while True:
            now = utc_now()
            with transaction(self.factory) as session:
                claimed = claim(session, now, 100)
            with transaction(self.factory) as session:
                results = [Sent(each, Answer("ok", 204) if each.may_know else None, now) for each in claimed]
                write_down(session, results, lambda: 0.0)
            for each in claimed:
                if each.may_know:
                    data = each.row.payload["data"]
                    number = data["new_price_pkr"] if "new_price_pkr" in data else int(data["state"])
                    sent.add((names[each.row.org_id], cars[data["listing_id"]], number))
            if not claimed:
                return sent

    def replay(self, name: str) -> int:
        with transaction(self.factory) as session:
            mine = WebhookDelivery.endpoint_id == self.endpoints[name]
            ids = session.scalars(select(WebhookDelivery.id).where(mine)).all()
            return replay_deliveries(desk(session, self.keys, self.orgs[name]), self.endpoints[name], ids) if ids else 0


def clear(session: Session) -> None:
    for table in ("attempts", "deliveries", "messages", "endpoints"):
        session.execute(text(f"DELETE FROM webhook_{table}"))


@pytest.fixture
def new_world(session_factory: SessionFactory, keys: PlatformKeys) -> Callable[[], World]:
    def make() -> World:
        with transaction(session_factory) as session:
            clear(session)
        return World(session_factory, keys)

    return make


@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(OPERATIONS, min_size=3, max_size=12))
def test_what_is_sent_is_what_the_organisation_may_see_then_and_now(
    new_world: Callable[[], World], operations: list[tuple[object, ...]]
) -> None:
    world, model = new_world(), Model()
    begin = [("price", car) for car in CARS]
    for number, operation in enumerate([*begin, *operations, ("send",)], start=1):
        do(world, model, number, *operation)


def do(world: World, model: Model, number: int, verb: object, *given: object) -> None:
    match verb, *given:
        case "price", str(car):
            if model.state[car] == "live":
                world.change(car, price_pkr=number)
                model.happen(car, number, lead=False)
        case "lead", str(car):
            world.lead(car, number)
            model.happen(car, number, lead=True)
        case "show", str(car), str(visibility):
            world.change(car, visibility=visibility)
            model.visibility[car] = visibility
        case "offer", str(car), tuple(channels):
            world.change(car, channels=list(channels))
            model.channels[car] = channels
        case "state", str(car), str(state):
            world.change(car, status=state)
            model.state[car] = state
        case "kind", str(org), str(kind):
            world.change_org(org, kind=kind)
            model.kinds[org] = kind
        case "block", str(org), bool(blocked):
            world.change_org(org, blocked_at=utc_now() if blocked else None)
            (model.blocked.add if blocked else model.blocked.discard)(org)
        case "replay", str(org):
            assert world.replay(org) == len({each for each in model.known if each[0] == org})
            model.waiting |= {each for each in model.known if each[0] == org}
        case _:
            assert world.send() == model.send()
