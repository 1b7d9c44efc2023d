"""Give endpoints the rules for opening deposits and the payment providers, as the settings name them."""

from typing import Annotated

from fastapi import Depends, Request

from api.deps import opened
from serving.deposits.holds.opening import OpeningRules


async def opening(request: Request) -> OpeningRules:
    """Return the rules."""
    return opened(request).opening


OpeningDep = Annotated[OpeningRules, Depends(opening)]
