"""Show finance where settlement files and bank statements differ from our own payments, refunds and payouts."""

from sqlalchemy.orm import Session

from core.access.permissions import require
from core.access.principal import Principal
from pipelines.deposits.settlement.compare import Difference, Reconciliation, compare_settlements
from serving.deposits.declarations import PAY_OUT

__all__ = ["Difference", "Reconciliation", "read_differences"]


def read_differences(session: Session, principal: Principal) -> Reconciliation:
    """Compare all that was settled. Nothing is booked.

    Raises:
        ForbiddenError: the caller is not of finance.
    """
    require(principal, PAY_OUT)
    return compare_settlements(session)
