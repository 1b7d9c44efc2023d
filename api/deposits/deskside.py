"""The rules for opening deposits and the providers, made of the settings once for each application."""

from functools import lru_cache
from typing import Annotated

from fastapi import Depends

from api.deps import StateDep
from core.settings import Settings
from serving.deposits.opening import OpeningRules, opening_rules


@lru_cache(maxsize=8)
def _rules(settings: Settings) -> OpeningRules:
    return opening_rules(settings)


async def opening(state: StateDep) -> OpeningRules:
    """Return the rules."""
    return _rules(state.settings)


OpeningDep = Annotated[OpeningRules, Depends(opening)]
