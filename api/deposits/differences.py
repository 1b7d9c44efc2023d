"""GET /v1/deposits/differences: settlement files and bank statements beside the platform's own books."""

from datetime import datetime
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.deposits.router import router
from api.deps import PrincipalDep, SessionDep
from api.rules import request_rules
from serving.deposits.declarations import PAY_OUT
from serving.deposits.money.differences import Difference, Reconciliation, read_differences

_MOST: Final = 1_000
_DIFFERENCE: Final[dict[str, JsonValue]] = {
    "provider": "bank",
    "kind": "payout",
    "transaction": "FT26120ABC",
    "reference": "0198a5f0-6c1f-7f3e-9c39-0c8c1a1f7d11",
    "here_paisa": 2_450_000,
    "there_paisa": 2_400_000,
    "since": "2026-11-28T06:00:00Z",
    "verdict": "amount_differs",
}


class DifferenceRead(BaseModel):
    """A payment, refund or payout that one side lacks, or of which the two tell different amounts."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DIFFERENCE]})

    provider: str = Field(description="The provider, or bank.")
    kind: str = Field(description="payment, refund, payout.")
    transaction: str = Field(description="The provider's or the bank's name of it; where it has none, ours.")
    reference: str
    here_paisa: int | None
    there_paisa: int | None
    since: datetime
    verdict: str = Field(description="missing_here, missing_there, amount_differs.")

    @classmethod
    def of(cls, found: Difference) -> Self:
        """Make it from the service's value."""
        return cls(**vars(found))


class DifferencesRead(BaseModel):
    """The comparison of all that was settled."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"matched": 214, "total": 1, "differences": [_DIFFERENCE]}]}
    )

    matched: int
    total: int = Field(description="The number of differences.")
    differences: list[DifferenceRead] = Field(description=f"The first {_MOST:,} of them.")

    @classmethod
    def of(cls, compared: Reconciliation) -> Self:
        """Make it from the service's value."""
        told = [DifferenceRead.of(each) for each in compared.differences[:_MOST]]
        return cls(matched=compared.matched, total=len(compared.differences), differences=told)


@router.get("/v1/deposits/differences", summary="Compare with settlements")
@request_rules(access=PAY_OUT)
def read_all(session: SessionDep, principal: PrincipalDep) -> DifferencesRead:
    """Compare settlement files and bank statements with payments, refunds and payouts; nothing is booked."""
    return DifferencesRead.of(read_differences(session, principal))
