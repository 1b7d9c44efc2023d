"""The OpenAPI document, and a docs page that works without the internet."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import fastapi_offline
from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from pydantic import TypeAdapter
from starlette.responses import Response

from api.contract.webhook_messages import webhook_operations
from api.errors import Problem
from api.rules import PUBLIC

_ASSETS = "/docs/assets"
_REFERENCE = "#/components/schemas/{model}"
_DOCS_PAGE = {"tryItOutEnabled": True, "displayRequestDuration": True, "defaultModelsExpandDepth": 0}


def install_contract(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Serve /openapi.json with the problem schema in it, and /docs from files of an installed package."""

    def contract() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, routers)
        return app.openapi_schema

    app.openapi = contract  # type: ignore[method-assign]  # FastAPI's documented way to extend the document
    app.mount(_ASSETS, StaticFiles(directory=Path(fastapi_offline.__file__).parent / "static"), name="docs-assets")

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> Response:
        root = request.scope.get("root_path", "")
        return get_swagger_ui_html(
            openapi_url=f"{root}{app.openapi_url}",
            title=f"{app.title}: API",
            swagger_js_url=f"{root}{_ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{root}{_ASSETS}/swagger-ui.css",
            swagger_favicon_url=f"{root}{_ASSETS}/favicon.png",
            swagger_ui_parameters=_DOCS_PAGE,
        )


def _document(app: FastAPI, routers: Sequence[APIRouter]) -> dict[str, Any]:
    made = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
    )
    schema = Problem.model_json_schema(ref_template=_REFERENCE)
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    schemas |= schema.pop("$defs") | {"Problem": schema}
    for operations in made["paths"].values():
        for operation in operations.values():
            if operation.get("x-access") == PUBLIC and "security" in operation:
                operation["security"].insert(0, {})  # a token is possible, not needed
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute):
                _restore_examples(schemas, route)
    made["webhooks"] = webhook_operations()
    return made


def _restore_examples(schemas: dict[str, Any], route: APIRoute) -> None:
    """Take the examples of a route's answer from its models: FastAPI drops nulls, which are values there."""
    answer = TypeAdapter(route.response_model).json_schema(ref_template=_REFERENCE, mode="serialization")
    models = answer.pop("$defs", {}) | {answer.get("title"): answer}
    for name, model in models.items():
        if name in schemas and "examples" in model:
            schemas[name]["examples"] = model["examples"]
