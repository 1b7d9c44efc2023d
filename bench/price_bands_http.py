"""The server under test of `bench.price_bands_speed`: the platform's API, or an empty endpoint with the same models.

Usage: python -m bench.price_bands_http ours|empty PORT HOME DATABASE_URL
"""

import sys
from pathlib import Path

from fastapi import FastAPI

from api.app import create_app
from api.price_bands.schemas import PriceBandQuote, PriceBandQuoteRead
from api.server import make_server
from core.security.platform_keys import new_key_settings
from core.settings import Settings

ANSWER = PriceBandQuoteRead.model_validate(PriceBandQuoteRead.model_config["json_schema_extra"]["examples"][0])  # type: ignore[index,call-overload]


def empty_app() -> FastAPI:
    """Reads the request model, answers the response model, does nothing between them."""
    app = FastAPI()

    @app.post("/v1/price-bands")
    async def quote_price_band(car: PriceBandQuote) -> PriceBandQuoteRead:  # noqa: ARG001  (read and checked, as ours does)
        return ANSWER

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
