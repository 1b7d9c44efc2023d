"""What endpoints are given: the opened parts, a session that is one unit of work, and who asks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from core.access.audience import Audience
from core.db.session import Session, SessionFactory, transaction
from core.search import SearchEngine
from core.search.embedding import VectorStore
from core.settings import Settings
from core.storage import Storage
from serving.price_bands.champion import ChampionCache
from serving.price_bands.quotes import QuoteQueue


@dataclass(frozen=True)
class Parts:
    """Opened once by the application's lifespan."""

    sessions: SessionFactory
    storage: Storage
    search: SearchEngine
    champion: ChampionCache
    quotes: QuoteQueue
    settings: Settings
    vectors: VectorStore


# What only looks something up is async: FastAPI sends every plain function to a worker thread, which costs more than
# the look-up itself.
async def parts(request: Request) -> Parts:
    """The opened parts."""
    opened: Parts = request.app.state.parts
    return opened


PartsDep = Annotated[Parts, Depends(parts)]


def session(opened: PartsDep) -> Iterator[Session]:
    """One transaction; committed when the endpoint returns, rolled back when it raises."""
    with transaction(opened.sessions) as unit_of_work:
        yield unit_of_work


async def audience() -> Audience:
    """Who asks. Everybody is anonymous until there are logins; then this is the one place that says otherwise."""
    return Audience.anonymous()


# scope="function": the dependency ends, and so commits, before the answer leaves. With the default scope the client
# would read "done" first, and a commit that failed afterwards would have told a lie.
SessionDep = Annotated[Session, Depends(session, scope="function")]
AudienceDep = Annotated[Audience, Depends(audience)]
