"""The server under test of `bench.price_bands.speed`: the platform's API, or an empty endpoint with the same models.

Usage: python -m bench.price_bands.http_server ours|empty PORT HOME DATABASE_URL
"""

from fastapi import FastAPI

from api.price_bands.schemas import PriceBandQuote, PriceBandQuoteRead
from bench.server_process import serve

ANSWER = PriceBandQuoteRead.model_validate(PriceBandQuoteRead.model_config["json_schema_extra"]["examples"][0])  # type: ignore[index]


def empty_app() -> FastAPI:
    """Reads the request model, answers the response model, does nothing between them."""
    app = FastAPI()

    @app.post("/v1/price-bands")
    async def quote_price_band(car: PriceBandQuote) -> PriceBandQuoteRead:  # noqa: ARG001  (read and checked, as ours does)
        return ANSWER

    return app


if __name__ == "__main__":
    serve(empty_app)
