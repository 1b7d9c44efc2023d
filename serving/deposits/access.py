"""Decide who may read a deposit and act on it: its buyer, the people of the car's dealer, and finance."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from core.access.permissions import Permission, require_somewhere
from core.access.principal import Principal
from core.access.tenant import Step, platform_step
from core.db.locks import Locks
from core.db.tables import Listing
from core.db.tables.deposits import Deposit
from serving.deposits.errors import DepositNotFoundError
from serving.listings.management.access import may_handle

_REACH: Final = (
    select(Deposit.org_id, Listing.branch_id, Deposit.buyer_id)
    .join(Listing, Listing.id == Deposit.listing_id, isouter=True)
    .where(Deposit.id == bindparam("deposit"))
)
_READ: Final = select(Deposit).where(Deposit.id == bindparam("deposit"))
_LOCKED: Final = _READ.with_for_update().execution_options(populate_existing=True)


@dataclass(frozen=True)
class _Reach:
    """A deposit as far as its parties go; the buyer stands where a private seller does."""

    org_id: UUID
    branch_id: UUID | None
    seller_id: UUID | None


def money_step(session: Session, locks: Locks | None = None) -> AbstractContextManager[None]:
    """Open what moving money needs: books, payments, and the car that a deposit holds; wait for locks before."""
    return platform_step(session, Step.DEPOSIT, locks)


def readable(session: Session, principal: Principal, permission: Permission, deposit_id: UUID) -> Deposit:
    """Return a deposit for which the caller holds the permission.

    Raises:
        ForbiddenError: the caller holds the permission nowhere.
        DepositNotFoundError: it holds it, and not for such a deposit.
    """
    check_reach(session, principal, permission, deposit_id)
    return session.scalars(_READ, {"deposit": deposit_id}).one()


def check_reach(session: Session, principal: Principal, permission: Permission, deposit_id: UUID) -> None:
    """Refuse a caller that does not hold the permission for a deposit.

    Raises:
        ForbiddenError, DepositNotFoundError: see `readable`.
    """
    row = session.execute(_REACH, {"deposit": deposit_id}).one_or_none()
    if row is None or not may_handle(principal, permission, _Reach(*row)):
        require_somewhere(principal, permission)
        raise DepositNotFoundError(deposit_id)


@contextmanager
def acting_on(session: Session, principal: Principal, permission: Permission, deposit_id: UUID) -> Iterator[Deposit]:
    """Lock a deposit for which the caller holds the permission, and open what moving its money needs.

    Raises:
        ForbiddenError, DepositNotFoundError: see `readable`.
    """
    check_reach(session, principal, permission, deposit_id)
    with money_step(session):
        yield lock_deposit(session, deposit_id)


def lock_deposit(session: Session, deposit_id: UUID) -> Deposit:
    """Lock a deposit and read it as it is."""
    return session.scalars(_LOCKED, {"deposit": deposit_id}).one()
