"""Open deposits: everything is committed with the answer, and no provider is asked meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.clock import market_today
from core.db.locks import Locks
from core.db.statements import given
from core.db.tables import Listing, Org
from core.db.tables.deposits import Deposit, PaymentIntent
from core.db.tables.leads import Lead
from core.db.tables.ledger import PKR
from core.money import PAISA
from core.settings import Settings
from core.states.deposits import UNPAID, DepositEvent, DepositState
from core.states.listings import Giver
from pipelines.deposits.fees import fee_of
from pipelines.deposits.providers.factory import open_providers
from pipelines.deposits.providers.port import Order, Page, Provider
from pipelines.deposits.references import new_reference
from serving.deposits.access import money_step
from serving.deposits.errors import (
    BadDepositAmountError,
    CarNotOnOfferError,
    DepositAlreadyOpenError,
    DepositNeedsDealerError,
    TooManyDepositsError,
    UnknownLeadError,
    UnknownProviderError,
)
from serving.deposits.holds.cars import may_reserve
from serving.deposits.holds.steps import emit_step
from serving.identity.errors import PeopleOnlyError
from serving.listings.errors import ListingNotFoundError

__all__ = ["OpeningRules", "Provider", "Wish", "open_deposit", "opening_rules"]
LEAST_PKR: Final = 1_000
MOST_PKR: Final = 1_000_000
FIRST_INQUIRY: Final = timedelta(seconds=10)
# Made once: making a statement anew takes as long as asking it.
_CAR: Final = (
    select(Listing.id, Listing.org_id, Listing.seller_id, Listing.status, Listing.state_by, Listing.price_pkr, Org.kind)
    .join(Org, Org.id == Listing.org_id)
    .where(Listing.id == bindparam("listing"))
)
_UNPAID: Final = (
    select(func.count()).select_from(Deposit).where(Deposit.buyer_id == bindparam("buyer"), Deposit.state.in_(UNPAID))
)
_ADD: Final = (
    insert(Deposit)
    .values(
        given(
            "listing_id", "org_id", "buyer_id", "lead_id", "provider", "amount_paisa", "fee_paisa", "state", "pay_until"
        )
    )
    .on_conflict_do_nothing()
    .returning(Deposit)
)
_ADD_INTENT: Final = insert(PaymentIntent).values(
    given("deposit_id", "provider", "reference", "amount_paisa", "expires_at", "state", "page_url", "next_at")
)


@dataclass(frozen=True)
class Wish:
    """The deposit that a buyer asks for."""

    listing_id: UUID
    amount_pkr: int
    provider: str
    lead_id: UUID | None = None


@dataclass(frozen=True)
class _Car:
    """The car of a deposit, and the dealer that sells it."""

    id: UUID
    org_id: UUID


@dataclass(frozen=True)
class OpeningRules:
    """The platform's rules for unpaid deposits, and the providers that there are."""

    providers: Mapping[str, Provider]
    pay_minutes: int = 15
    most_unpaid: int = 2


def open_deposit(session: Session, principal: Principal, wish: Wish, rules: OpeningRules, now: datetime) -> Deposit:
    """Open a deposit, which keeps the car until its payment page ends.

    Raises:
        PeopleOnlyError, UnknownProviderError, ListingNotFoundError, DepositNeedsDealerError, CarNotOnOfferError,
        BadDepositAmountError, UnknownLeadError, TooManyDepositsError, DepositAlreadyOpenError: as they say.
    """
    buyer_id = principal.user_id
    if buyer_id is None:
        raise PeopleOnlyError
    provider = rules.providers.get(wish.provider)
    if provider is None:
        raise UnknownProviderError(sorted(rules.providers))
    car = _car(session, wish)
    _check_lead(session, wish, buyer_id)
    with money_step(session, Locks(alone=[f"unpaid deposits of {buyer_id}"])):
        _check_person(session, buyer_id, rules.most_unpaid)
        amount, pay_until = wish.amount_pkr * PAISA, now + timedelta(minutes=rules.pay_minutes)
        order = Order(new_reference("D"), amount, PKR, pay_until)
        start = _Start(buyer_id, order, provider.page_in_place(order))
        deposit = _keep_car(session, wish, car, start)
        session.execute(_ADD_INTENT, _intent(deposit, start, now))
        emit_step(session, deposit, "created" if start.page is None else DepositEvent.PAGE_MADE)
        after = {"amount_pkr": wish.amount_pkr, "provider": wish.provider, "listing_id": str(car.id)}
        act = Act("deposits.open", "deposit", str(deposit.id), deposit.org_id, None, after)
        record(session, Actor.of(principal), act)
    return deposit


def _car(session: Session, wish: Wish) -> _Car:
    """Return the car, if a deposit of this amount may keep it."""
    car = session.execute(_CAR, {"listing": wish.listing_id}).one_or_none()
    if car is None:
        raise ListingNotFoundError(wish.listing_id)
    if car.seller_id is not None or car.kind != "dealer":
        raise DepositNeedsDealerError
    if Giver(car.state_by) is Giver.DEPOSIT:  # what a deposit gave is the reservation
        raise DepositAlreadyOpenError
    if not may_reserve(car.status, car.state_by):
        raise CarNotOnOfferError
    most = min(MOST_PKR, car.price_pkr or MOST_PKR)
    if not LEAST_PKR <= wish.amount_pkr <= most:
        raise BadDepositAmountError(LEAST_PKR, most)
    return _Car(car.id, car.org_id)


def _check_lead(session: Session, wish: Wish, buyer_id: UUID) -> None:
    if wish.lead_id is None:
        return
    mine = (Lead.id == wish.lead_id, Lead.buyer_id == buyer_id, Lead.listing_id == wish.listing_id)
    if session.scalar(select(Lead.id).where(*mine)) is None:
        raise UnknownLeadError


def _check_person(session: Session, buyer_id: UUID, most: int) -> None:
    """Refuse a buyer who has enough unpaid deposits; the caller holds the lock on them."""
    if (session.scalar(_UNPAID, {"buyer": buyer_id}) or 0) >= most:
        raise TooManyDepositsError(most)


@dataclass(frozen=True)
class _Start:
    """The beginning of a deposit: its buyer, the order at the provider, and the payment page if it is known."""

    buyer_id: UUID
    order: Order
    page: Page | None


def _keep_car(session: Session, wish: Wish, car: _Car, start: _Start) -> Deposit:
    """Insert the deposit; of two at once the second waits for the first, and is refused."""
    row = {
        "listing_id": car.id,
        "org_id": car.org_id,
        "buyer_id": start.buyer_id,
        "lead_id": wish.lead_id,
        "provider": wish.provider,
        "amount_paisa": start.order.amount_paisa,
        "fee_paisa": fee_of(start.order.amount_paisa, market_today()),
        "state": DepositState.CREATED if start.page is None else DepositState.AWAITING_PAYMENT,
        "pay_until": start.order.expires_at,
    }
    made: Deposit | None = session.scalar(_ADD, row)
    if made is None:
        raise DepositAlreadyOpenError
    return made


def _intent(deposit: Deposit, start: _Start, now: datetime) -> dict[str, Any]:
    order, page = start.order, start.page
    return {
        "deposit_id": deposit.id,
        "provider": deposit.provider,
        "reference": order.reference,
        "amount_paisa": order.amount_paisa,
        "expires_at": order.expires_at,
        "state": "new" if page is None else "open",
        "page_url": None if page is None else page.url,
        "next_at": now if page is None else now + FIRST_INQUIRY,
    }


def opening_rules(settings: Settings) -> OpeningRules:
    """Make the rules of the settings."""
    return OpeningRules(open_providers(settings), settings.deposits_pay_minutes, settings.deposits_unpaid_per_person)
