"""The ledger as people read it."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.orm import Session

from pipelines.deposits.ledger.balances import Balance, LedgerProof, balances, prove, see_one_moment


@dataclass(frozen=True)
class Books:
    """All accounts and the proof of their balances, of one moment."""

    accounts: list[Balance]
    proof: LedgerProof

    @property
    def total(self) -> int:
        """The sum over all accounts and currencies, in paisa; 0 if the books are right."""
        return sum(each.posted for each in self.accounts)

    @property
    def verdict(self) -> str:
        """Whether the replay found the same balances."""
        return "agrees" if self.proof.holds else "does not agree"

    def as_json(self) -> dict[str, Any]:
        """Return accounts, sum and proof as JSON values."""
        accounts = [
            {"kind": each.kind, "owner_id": each.owner_id, "name": each.name or None, "currency": each.currency,
             "balance_paisa": each.posted, "pending_paisa": each.pending}
            for each in self.accounts
        ]  # fmt: skip
        return {"accounts": accounts, "sum": self.total, "holds": self.proof.holds, "proof": asdict(self.proof)}


def read_books(session: Session) -> Books:
    """Read the books in a fresh transaction, all of one moment."""
    see_one_moment(session)
    return Books(balances(session), prove(session))
