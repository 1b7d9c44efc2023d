"""Show one deposit from end to end: a car is paid for, reserved in search, freed, and the money given back."""

from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import Select, select

from core.access.audience import Audience
from core.access.principal import Principal
from core.access.visible_to import visible_to
from core.clock import utc_now
from core.db.session import Transaction, transaction
from core.db.tables import Listing, Org
from core.db.tables.deposits import Deposit, PaymentIntent
from core.db.tables.people import User
from core.platform import Platform
from core.processes.loopback import served
from core.search import ListingFilters, SearchQuery
from core.search.factory import open_search_engine
from core.states.listings import Giver, Mover, left_by
from core.vocabulary import ListingStatus
from pipelines.deposits.providers.sandbox import Sandbox
from pipelines.deposits.providers.sandbox_server import SandboxServer
from pipelines.search.sync import sync_index
from serving.deposits import acts
from serving.deposits.holds.opening import OpeningRules, Wish, open_deposit
from serving.deposits.money.books import Books, read_books
from serving.deposits.providers.reconciling import ask_intents, send_refunds
from serving.listings.finding.service import search_listings

AMOUNT_PKR: Final = 25_000
PROVIDER: Final = "demonstration"
"""A name of its own: nothing else that waits for a sandbox is asked about at the demonstration's server."""
_SECRET: Final = "demonstration"  # noqa: S105  (of a server that lives as long as the demonstration)


@dataclass(frozen=True)
class DepositShown:
    """The states of the deposit and of its car, step by step, and the books at the end."""

    title: str
    held: str
    in_search: str
    refunded: str
    afterwards: str
    books: Books

    @property
    def owed_paisa(self) -> int:
        """The amount that the demonstration's provider still holds for us; 0 once the refund is done."""
        return sum(each.posted for each in self.books.accounts if each.name == PROVIDER)


@dataclass(frozen=True)
class _Stage:
    """The means of the demonstration."""

    platform: Platform
    begin: Transaction
    server: SandboxServer
    provider: Sandbox
    buyer: Principal

    def reconcile(self) -> None:
        """Do what the loop of `automart work` does, for the demonstration's provider alone."""
        providers = {PROVIDER: self.provider}
        ask_intents(self.begin, providers, utc_now())
        send_refunds(self.begin, providers, utc_now())

    def state(self, deposit_id: UUID) -> str:
        with self.begin() as session:
            return session.get_one(Deposit, deposit_id).state


def demonstrate(platform: Platform) -> DepositShown | None:
    """Reserve a car by a deposit and free it again, and return what was seen; None: there is no such car, or nobody.

    It is for sample markets: the first person buys, and the car is on offer again at the end.
    """
    begin = partial(transaction, platform.sessions)
    with begin() as session:
        buyer = session.scalars(select(User.id).order_by(User.id).limit(1)).first()
        car = session.scalars(_cars().order_by(Listing.id).limit(1)).first()
    if buyer is None or car is None:
        return None
    with served(SandboxServer(0, "http://127.0.0.1:9/none", _SECRET)) as server:
        stage = _Stage(platform, begin, server, Sandbox(server.url, _SECRET, PROVIDER), Principal(buyer))
        deposit_id = _pay(stage, car)
        held, in_search = stage.state(deposit_id), _in_search(stage, car)
        with begin() as session:
            acts.void_deposit(session, stage.buyer, deposit_id, "shown", utc_now())
        stage.reconcile()
        refunded, afterwards = stage.state(deposit_id), _in_search(stage, car)
    with begin() as session:
        return DepositShown(car.title, held, in_search, refunded, afterwards, read_books(session))


def _cars() -> Select[Listing]:
    """Choose cars of dealers that visitors see and that nobody has reserved."""
    kept = select(Deposit.id).where(Deposit.listing_id == Listing.id, Deposit.keeps_car).exists()
    return (
        select(Listing)
        .join(Org, Org.id == Listing.org_id)
        .where(
            Org.kind == "dealer",
            Listing.seller_id.is_(None),
            Listing.status.in_(left_by(Mover.DEPOSIT, to=ListingStatus.RESERVED)),
        )
        .where(visible_to(Audience.anonymous()), Listing.price_pkr > AMOUNT_PKR)
        .where(Listing.state_by != Giver.DEPOSIT, ~kept)
    )


def _pay(stage: _Stage, car: Listing) -> UUID:
    rules = OpeningRules({PROVIDER: stage.provider}, most_unpaid=10)
    with stage.begin() as session:
        deposit_id = open_deposit(session, stage.buyer, Wish(car.id, AMOUNT_PKR, PROVIDER), rules, utc_now()).id
        intent = session.scalars(select(PaymentIntent).where(PaymentIntent.deposit_id == deposit_id)).one()
        intent.next_at = utc_now()  # as a notification of the provider has it
        reference = intent.reference
    stage.server.books.pay({"reference": reference, "amount_pkr": AMOUNT_PKR, "transaction": uuid4().hex})
    stage.reconcile()
    return deposit_id


def _in_search(stage: _Stage, car: Listing) -> str:
    """Bring the index up to date, and return the state in which a visitor's search shows the car."""
    engine = open_search_engine(stage.platform.settings)
    with stage.begin() as session:
        sync_index(session, engine)
    filters = ListingFilters(make=(car.make,), model=(car.model,), price_min=car.price_pkr, price_max=car.price_pkr)
    with stage.begin() as session:
        found = search_listings(session, engine, SearchQuery(filters=filters, limit=100), Audience.anonymous())
    return next((str(each.status) for each in found.items if each.id == car.id), "not found")
