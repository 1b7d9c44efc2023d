"""The contract of an application, made once for all that have the same operations: making one takes over a second."""

from functools import cache
from typing import Any

from fastapi import FastAPI

from api.app import create_app
from core.settings import Settings

_made: dict[frozenset[str], dict[str, Any]] = {}


def contract_of(app: FastAPI) -> dict[str, Any]:
    """Return the application's OpenAPI document, and give it to the application, which asks for it too."""
    routes = frozenset(f"{getattr(each, 'methods', None)} {getattr(each, 'path', each)}" for each in app.routes)
    if routes not in _made:
        _made[routes] = app.openapi()
    app.openapi_schema = _made[routes]
    return app.openapi_schema


@cache
def platform_contract() -> dict[str, Any]:
    """Return the contract of the platform's API."""
    return contract_of(create_app(Settings()))
