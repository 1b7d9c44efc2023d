"""The rules for opening deposits and the providers, made of the settings at the start."""

from typing import Annotated

from fastapi import Depends

from api.deps import StateDep
from serving.deposits.opening import OpeningRules


async def opening(state: StateDep) -> OpeningRules:
    """Return the rules."""
    return state.opening


OpeningDep = Annotated[OpeningRules, Depends(opening)]
