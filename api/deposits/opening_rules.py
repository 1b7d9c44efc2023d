"""Give endpoints the rules for opening deposits and the payment providers, as the settings name them."""

from typing import Annotated

from fastapi import Depends

from api.deps import StateDep
from serving.deposits.holds.opening import OpeningRules


async def opening(state: StateDep) -> OpeningRules:
    """Return the rules."""
    return state.opening


OpeningDep = Annotated[OpeningRules, Depends(opening)]
