"""The servers of `bench.api_load`: the platform's API, or empty endpoints that answer with the same models.

Usage: python -m bench.api_load_server ours|empty PORT HOME DATABASE_URL
"""

from fastapi import FastAPI

from api.listings.schemas import ListingPage, ListingRead
from bench.server_process import serve

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


if __name__ == "__main__":
    serve(empty_app)
