"""Dependencies of endpoints: the opened parts, a session, and the caller's audience.

All dependencies are coroutines: FastAPI runs a plain function in a thread of its own choosing, which costs more than a
look-up, and lets a request hold a connection while it waits for the next thread (see `api.threads`).
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.threads import WorkerThreads
from core.access.audience import Audience
from core.db.session import Session, SessionFactory
from core.search import SearchEngine
from core.search.embedding import VectorStore
from core.settings import Settings
from core.storage import Storage
from serving.price_bands.champion import ChampionCache
from serving.price_bands.quotes import QuoteQueue


@dataclass(frozen=True)
class AppState:
    """Opened once by the application's lifespan."""

    sessions: SessionFactory
    storage: Storage
    search: SearchEngine
    champion: ChampionCache
    quotes: QuoteQueue
    settings: Settings
    vectors: VectorStore
    threads: WorkerThreads


async def app_state(request: Request) -> AppState:
    """Return the opened parts."""
    state: AppState = request.app.state.opened
    return state


StateDep = Annotated[AppState, Depends(app_state)]


async def session(state: StateDep) -> Session:
    """Make the session of a plain endpoint; `api.routing` runs it as one transaction in the endpoint's thread.

    It has no connection before its first statement.
    """
    return state.sessions()


async def audience() -> Audience:
    """Return the audience of the caller: anonymous, until there are logins."""
    return Audience.anonymous()


SessionDep = Annotated[Session, Depends(session)]
AudienceDep = Annotated[Audience, Depends(audience)]
