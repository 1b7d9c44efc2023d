"""The servers of `bench.api_load`: the platform's API, or empty endpoints that answer with the same models.

Usage: python -m bench.api_load_server ours|empty PORT HOME DATABASE_URL
"""

import sys
from pathlib import Path

from fastapi import FastAPI

from api.app import create_app
from api.listings.schemas import ListingPage, ListingRead
from api.server import make_server
from core.security.platform_keys import new_key_settings
from core.settings import Settings

LISTING = ListingRead.model_validate(ListingRead.model_json_schema()["examples"][0])
PAGE = ListingPage.model_validate(ListingPage.model_json_schema()["examples"][0])
PAGE = PAGE.model_copy(update={"items": PAGE.items * 20})


def empty_app() -> FastAPI:
    """Answers as ours does, without looking anything up."""
    app = FastAPI()

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "up"}

    @app.get("/v1/listings")
    async def find_listings() -> ListingPage:
        return PAGE

    @app.get("/v1/listings/{listing_id}")
    async def read_listing(listing_id: str) -> ListingRead:  # noqa: ARG001  (read, as ours does)
        return LISTING

    return app


def main() -> None:
    kind, port, home, url = sys.argv[1:]
    settings = Settings(
        automart_home=Path(home), database_url=url, storage_url=None, meili_url=None, **new_key_settings()
    )
    app = create_app(settings) if kind == "ours" else empty_app()
    make_server(settings, app, host="127.0.0.1", port=int(port), log_level="error", access_log=False).run()


if __name__ == "__main__":
    main()
