"""Pay organisations what was captured for them: one person of finance asks, another approves."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.locks import lock_name
from core.db.tables import Org
from core.db.tables.deposit_papers import DepositPayout
from core.db.tables.ledger import LedgerAccount, LedgerEntry, LedgerTransfer
from core.money import PAISA, decimal_of, rupees_of
from pipelines.deposits.ledger.book import Ledger
from pipelines.deposits.ledger.postings import BANK, Movement, between, dealer
from serving.deposits.access import money_step
from serving.deposits.declarations import PAY_OUT
from serving.deposits.errors import PayoutNotFoundError, PayoutRefusedError
from serving.deposits.money.four_eyes import acting_person, waiting
from serving.identity.orgs.orgs import find_org


@dataclass(frozen=True)
class PayoutView:
    """A payout, and the line of it for the bank's file once it is approved."""

    payout: DepositPayout
    org: str

    @property
    def bank_file(self) -> str | None:
        """The file for the bank: who gets how much, under the reference by which it is found again."""
        if self.payout.state != "paid":
            return None
        return (
            f"reference,organisation,amount_pkr\n{self.payout.id},{self.org},{decimal_of(self.payout.amount_paisa)}\n"
        )


def ask_payout(session: Session, principal: Principal, code: str, amount_pkr: int | None) -> PayoutView:
    """Ask for a payout of an amount, or with None of all that there is.

    Raises:
        ForbiddenError, PeopleOnlyError, NotFoundError, PayoutRefusedError: as they say.
    """
    person = acting_person(principal, PAY_OUT)
    org = find_org(session, principal, code, PAY_OUT)
    with money_step(session):
        lock_name(session, f"payouts of {org.id}")
        there = _balance(session, org.id)
        amount = there if amount_pkr is None else amount_pkr * PAISA
        if not 0 < amount <= there:
            raise PayoutRefusedError(max(rupees_of(there), 0))
        row = {"org_id": org.id, "amount_paisa": amount, "requested_by": person}
        made = session.scalar(insert(DepositPayout).values(row).on_conflict_do_nothing().returning(DepositPayout.id))
        if made is None:
            raise PayoutRefusedError(rupees_of(there))
        moved = Movement(f"payout:{made}", "payout", between(dealer(org.id), BANK, amount), made)
        Ledger(session).reserve(moved)
        payout = session.get_one(DepositPayout, made)
        _record(session, principal, payout, "ask_payout")
        return PayoutView(payout, org.code)


def approve_payout(session: Session, principal: Principal, payout_id: UUID, now: datetime) -> PayoutView:
    """Approve a payout that another person asked for.

    Raises:
        ForbiddenError, PeopleOnlyError, PayoutNotFoundError, SamePersonError: as they say.
    """
    person = acting_person(principal, PAY_OUT)
    with money_step(session):
        payout = waiting(session, (DepositPayout, payout_id, "requested"), person, PayoutNotFoundError())
        Ledger(session).end(f"payout:{payout.id}", "post")  # it was promised when the payout was asked for
        payout.state, payout.approved_by, payout.ended_at = "paid", person, now
        org = session.get_one(Org, payout.org_id)
        _record(session, principal, payout, "approve_payout")
        return PayoutView(payout, org.code)


def _balance(session: Session, org_id: UUID) -> int:
    """Return what we owe an organisation."""
    query = (
        select(func.coalesce(-func.sum(LedgerEntry.amount_paisa), 0))
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .join(LedgerTransfer, LedgerTransfer.id == LedgerEntry.transfer_id)
        .where(LedgerAccount.kind == "dealer", LedgerAccount.owner_id == org_id)
        .where(LedgerTransfer.phase.in_(("posted", "post")))
    )
    return int(session.scalar(query) or 0)


def _record(session: Session, principal: Principal, payout: DepositPayout, verb: str) -> None:
    after = {"amount_pkr": rupees_of(payout.amount_paisa)}
    act = Act(f"deposits.{verb}", "payout", str(payout.id), payout.org_id, None, after)
    record(session, Actor.of(principal), act)
