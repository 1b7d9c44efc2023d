"""The application: opens the parts, mounts the domains."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from starlette.concurrency import run_in_threadpool

from api.body_guard import BodyGuard
from api.deps import Parts
from api.errors import install_error_handlers
from api.feeds.endpoints import router as feeds
from api.feeds.schemas import FeedFileRead
from api.health.endpoints import router as health
from api.listings.endpoints import router as listings
from api.listings.schemas import ListingHit, ListingPage, ListingRead, SimilarListings
from api.openapi import install_contract
from api.parameters import known_parameters_only
from api.price_bands.batch import PriceBandBatchRead
from api.price_bands.batch import router as price_band_batches
from api.price_bands.endpoints import router as price_bands
from api.price_bands.explanations import ExplanationRead, MarketIndexRead
from api.price_bands.schemas import ListingPriceBandRead, PriceBandQuoteRead, PriceBandRead
from core.platform import open_platform
from core.search import open_search_engine
from core.search.embedding import VectorStore
from core.settings import Settings, load_settings
from serving.price_bands.champion import ChampionCache
from serving.price_bands.quotes import QuoteQueue

_DESCRIPTION = """
Cars for sale in Pakistan, and what they are worth.

Anonymous callers see live public listings of automart.pk. Prices are whole rupees. Errors are problem details
(RFC 9457) with a stable `code`. Parameters that are not documented here are refused.
"""
_TAGS = [
    {"name": "listings", "description": "Find cars and read about one."},
    {"name": "price bands", "description": "What a car is worth: low, middle, high, and how sure we are."},
    {"name": "feeds", "description": "For dealers' systems: deliver a stock file and see what became of it."},
    {"name": "health", "description": "For those who run the platform."},
]
_EXEMPLARY = (
    ListingRead,
    ListingHit,
    ListingPage,
    SimilarListings,
    PriceBandRead,
    ListingPriceBandRead,
    PriceBandQuoteRead,
    PriceBandBatchRead,
    ExplanationRead,
    MarketIndexRead,
    FeedFileRead,
)


def create_app(settings: Settings) -> FastAPI:
    """The API on what the settings name. Nothing is opened before the server starts its lifespan."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        search = open_search_engine(settings)
        platform = open_platform(settings, require_database=False)
        opened = await run_in_threadpool(platform.__enter__)
        try:
            champion, vectors = ChampionCache(opened.storage), VectorStore(settings.vectors_dir)
            quotes = QuoteQueue(champion, opened.sessions)
            app.state.parts = Parts(opened.sessions, opened.storage, search, champion, quotes, settings, vectors)
            yield
        finally:
            await run_in_threadpool(platform.__exit__, None, None, None)

    app = FastAPI(
        title="Automart",
        version="1",
        description=_DESCRIPTION,
        openapi_tags=_TAGS,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        dependencies=[Depends(known_parameters_only)],
    )
    for router in (listings, price_bands, price_band_batches, feeds, health):
        app.include_router(router)
    app.add_middleware(BodyGuard)
    install_error_handlers(app)
    install_contract(app, *_EXEMPLARY)
    return app


def create_app_from_env() -> FastAPI:
    """For servers: `uvicorn --factory api.app:create_app_from_env`."""
    return create_app(load_settings())
