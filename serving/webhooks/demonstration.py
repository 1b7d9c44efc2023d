"""Show one message from end to end: a price changes, and a partner on this machine receives and verifies it."""

import asyncio
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.principal import Membership, Principal
from core.access.roles import Role
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables import Listing, Org
from core.egress.addresses import EgressRules
from core.egress.http import trusted
from core.outbox.follow import following
from core.personal_data.sealer import Sealer
from core.platform import Platform
from core.processes.loopback import served
from core.security.platform_keys import PlatformKeys, open_keys
from core.states.listings import in_states
from pipelines.webhooks.consumers import QUEUE
from pipelines.webhooks.dispatching import dispatch
from pipelines.webhooks.fan_out import fan_out
from pipelines.webhooks.sending import Sender, webhook_rules
from pipelines.webhooks.signing import new_secret
from serving.listings.webhook_events import PRICE_CHANGED
from serving.webhooks.desk import WebhookDesk
from serving.webhooks.endpoints import EndpointSpec, add_endpoint, delete_endpoint
from serving.webhooks.receiving import Received, make_receiver

_HOST: Final = "127.0.0.1"
_SECONDS: Final = 10.0
_STEP_PKR: Final = 50_000


@dataclass(frozen=True)
class _Stage:
    """The means of the demonstration; also the turn of a loop, for the steps that loops do otherwise."""

    sessions: SessionFactory
    keys: PlatformKeys
    rules: EgressRules
    stopping: bool = False

    def transaction(self) -> AbstractContextManager[Session]:
        return transaction(self.sessions)

    def desk(self, session: Session, org: tuple[UUID, str]) -> WebhookDesk:
        admin = Principal(None, (Membership(*org, Role.ORG_ADMIN),), uuid4())
        return WebhookDesk(session, admin, Sealer(session, self.keys), self.rules, utc_now())

    def send(self) -> None:
        """Queue what has happened, and send what is due."""
        queue = following(QUEUE, fan_out)
        while queue(self):
            pass

        async def once() -> None:
            sender = Sender(self.rules, trusted(self.rules))
            try:
                await dispatch(self, self.keys, sender, _SECONDS)
            finally:
                await sender.close()

        asyncio.run(once())


def demonstrate(platform: Platform) -> Received | None:
    """Change the price of a car on offer and put it back, and return what a partner received; None: there is no car.

    It is for sample markets: the endpoint is deleted at the end, and the price is what it was.
    """
    rules = replace(webhook_rules(platform.settings), private_hosts=frozenset({_HOST}))
    stage = _Stage(platform.sessions, open_keys(platform.settings), rules)
    with stage.transaction() as session:
        of_dealers = select(Listing).join(Org, Org.id == Listing.org_id).where(Org.kind == "dealer")
        priced = of_dealers.where(in_states(Listing.status, "searched"), Listing.price_pkr > 2 * _STEP_PKR)
        car = session.scalars(priced.order_by(Listing.id).limit(1)).first()
        if car is None or car.price_pkr is None:
            return None
        car_id, price, org = car.id, car.price_pkr, (car.org_id, session.get_one(Org, car.org_id).code)
    received: list[Received] = []
    port = _free_port()
    with stage.transaction() as session:
        spec = EndpointSpec(url=f"http://{_HOST}:{port}/", events=[PRICE_CHANGED.name])
        endpoint, secret = add_endpoint(stage.desk(session, org), org[0], spec)
    with served(make_receiver(port, secret, received.append)):
        stage.send()
        _set_price(stage, car_id, price - _STEP_PKR)
        stage.send()
    _set_price(stage, car_id, price)
    with stage.transaction() as session:
        delete_endpoint(stage.desk(session, org), endpoint.id)
    told = [each for each in received if each.problem is None and each.body["type"] == PRICE_CHANGED.name]
    return told[0] if told else None


def _free_port() -> int:
    with make_receiver(0, new_secret(), lambda _: None) as server:
        return int(server.server_address[1])


def _set_price(stage: _Stage, car_id: UUID, price: int) -> None:
    with stage.transaction() as session:
        session.get_one(Listing, car_id, with_for_update=True).price_pkr = price
