"""Let the pages of named origins call the API from browsers (CORS)."""

import re
from typing import Final

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from api.idempotency import REPLAYED_HEADER
from api.middleware.rate_limits import DEVICE_HEADER
from core.errors import InvalidInputError
from core.settings import Settings, comma_list

_ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")
_EXPOSED_HEADERS: Final = (
    "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy", "Retry-After", "X-Request-ID",
    DEVICE_HEADER, REPLAYED_HEADER,
)  # fmt: skip
_ALLOWED_HEADERS: Final = ("Authorization", "Content-Type", "Idempotency-Key", "X-Request-ID", DEVICE_HEADER)
_MAX_AGE: Final = 3600


class BadOriginError(InvalidInputError):
    """WEB_ORIGINS has an entry that is not an origin."""

    code = "bad_origin"

    def __init__(self, named: str) -> None:
        super().__init__(
            f"WEB_ORIGINS takes origins, separated by commas and without a path, as https://automart.pk; not {named!r}."
        )


def web_origins(settings: Settings) -> tuple[str, ...]:
    """Return the origins whose pages may call the API.

    Raises:
        BadOriginError: an entry is not an origin (`*` is not one).
    """
    named = [origin.lower().rstrip("/") for origin in comma_list(settings.web_origins)]
    for origin in named:
        if not _ORIGIN.fullmatch(origin):
            raise BadOriginError(origin)
    return tuple(named)


def install_cors(app: FastAPI, settings: Settings) -> None:
    """Answer preflights, and allow pages of the named origins to read answers; with no origin, no page may.

    Cookies are not used, so none are allowed.

    Raises:
        BadOriginError: see `web_origins`.
    """
    origins = web_origins(settings)
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
            allow_headers=_ALLOWED_HEADERS,
            expose_headers=_EXPOSED_HEADERS,
            max_age=_MAX_AGE,
        )
