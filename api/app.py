"""The application: opens the parts, mounts every domain that has a folder here."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from api.contract.openapi import install_contract
from api.deps import AppState
from api.domains import find_domains
from api.errors import install_error_handlers
from api.middleware.cors import install_cors
from api.middleware.rate_limits import install_rate_limits
from api.middleware.refusals import install_refusals, recorded_refusals
from api.middleware.request_log import install_request_log
from api.routes_by_path import find_routes_by_path
from api.routing import tell_apart
from api.threads import WorkerThreads
from core.db.logins import Login
from core.platform import open_platform
from core.search import open_search_engine
from core.search.embedding import VectorStore
from core.settings import Settings
from serving.deposits.holds.opening import opening_rules
from serving.engagement.capture import open_capture
from serving.identity.logins.opened import opened_identity
from serving.live.hub import DATABASE_CONNECTIONS, LiveHub
from serving.price_bands.champion import ChampionCache
from serving.price_bands.quotes import QuoteQueue
from serving.search.popular import PopularSearches
from serving.search.tokens import SearchTokens

_DESCRIPTION = """
Cars for sale in Pakistan, and estimates of their prices.

Anonymous callers see live public listings of automart.pk; people of dealers log in and see more. Prices are whole
rupees. Errors are problem details (RFC 9457) with a stable `code`. Parameters that are not documented here are refused.
"""


def create_app(settings: Settings) -> FastAPI:
    """Make the API on what the settings name. Nothing is opened before the server starts its lifespan."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened_state(settings) as state:
            app.state.opened = state
            async with recorded_refusals(state, ledger):
                yield

    domains = find_domains()
    app = FastAPI(
        title="Automart",
        version="1",
        description=_DESCRIPTION,
        openapi_tags=[domain.tag for domain in domains],
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    for domain in domains:  # as they are: routes of an included router are matched and resolved anew for each request
        app.router.routes.extend(domain.router.routes)
    tell_apart(app.router.routes)
    install_rate_limits(app, settings)
    install_cors(app, settings)
    ledger = install_refusals(app, settings)
    install_request_log(app)
    install_error_handlers(app)
    install_contract(app, [domain.router for domain in domains])
    find_routes_by_path(app.router)
    return app


@asynccontextmanager
async def opened_state(settings: Settings) -> AsyncIterator[AppState]:
    """Open what endpoints are given, and close it again; the database need not answer."""
    opening = opening_rules(settings)  # a provider that lacks a setting keeps the API from starting
    search = open_search_engine(settings)
    platform = open_platform(
        settings,
        login=Login.APPLICATION,
        require_database=False,
        connections=settings.api_threads + DATABASE_CONNECTIONS,
    )
    threads = WorkerThreads(settings.api_threads, settings.api_wait_seconds)
    opened = await run_in_threadpool(platform.__enter__)
    live = LiveHub(opened.sessions)
    try:
        champion, vectors = ChampionCache(opened.storage), VectorStore(settings.vectors_dir)
        quotes = QuoteQueue(champion, opened.sessions, threads.run)
        async with opened_identity(settings) as identity:
            yield AppState(
                sessions=opened.sessions,
                storage=opened.storage,
                search=search,
                champion=champion,
                quotes=quotes,
                settings=settings,
                vectors=vectors,
                threads=threads,
                identity=identity,
                search_tokens=SearchTokens(settings),
                popular=PopularSearches(opened.sessions),
                captured=open_capture(identity.keys.index, opened.sessions, threads.run),
                live=live,
                opening=opening,
            )
    finally:
        await run_in_threadpool(live.close)
        await run_in_threadpool(threads.close)
        await run_in_threadpool(platform.__exit__, None, None, None)
