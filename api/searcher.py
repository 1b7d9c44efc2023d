"""The dependency of searches: the caller's audience, and the person for whom the words are kept."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.deps import Caller, PendingAudience, audience
from core.access.audience import Audience
from core.access.principal import Principal
from serving.engagement.capture import caller_of
from serving.search.recent import Searcher


@dataclass(frozen=True)
class PendingSearcher:
    """The caller of a search, not looked up yet."""

    audience: PendingAudience
    request: Request

    @property
    def caller(self) -> Caller:
        """The caller."""
        return self.audience.caller

    def known(self, principal: Principal) -> Searcher:
        """Return the audience of the caller, and the person unless it asks not to be followed."""
        follow = caller_of(principal, self.request.headers).follow
        return Searcher(self.audience.known(principal), principal.user_id if follow else None)


async def searcher(given: Annotated[Audience, Depends(audience)], request: Request) -> Searcher | PendingSearcher:
    """Return the caller of a search; it is looked up later where its audience is."""
    return PendingSearcher(given, request) if isinstance(given, PendingAudience) else Searcher(given)


SearcherDep = Annotated[Searcher, Depends(searcher)]
