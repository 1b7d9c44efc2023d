"""The contract: problems documented for each operation, and a docs page that works without the internet."""

from pathlib import Path
from typing import Any

import fastapi_offline
from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel
from starlette.responses import Response

from api.errors import Problem

_ASSETS = "/docs/assets"
_DOCS_PAGE = {"tryItOutEnabled": True, "displayRequestDuration": True, "defaultModelsExpandDepth": 0}
_EXAMPLES: dict[str, tuple[int, str]] = {
    "empty_file": (422, "The body is empty: send the file as the body."),
    "feed_file_not_found": (404, "There is no file with this id of this dealer."),
    "file_too_large": (413, "The file is larger than 536,870,912 bytes: compress it, or send the cars in parts."),
    "internal_error": (500, "Something broke on our side. It is logged; trying again may not help."),
    "invalid_cursor": (422, "The cursor cannot be used. It is damaged: start again without a cursor."),
    "invalid_json": (400, "body.12: JSON decode error"),
    "invalid_request": (422, "path.listing_id: Input should be a valid UUID"),
    "invalid_text": (422, "body.make: NUL characters are not allowed in text"),
    "listing_not_found": (404, "There is no listing with this id; it may have been sold or withdrawn."),
    "not_the_file_itself": (415, "Send the file itself as the body (curl --data-binary @FILE), not a form."),
    "not_json": (415, "Send the body as JSON with the header Content-Type: application/json."),
    "body_too_large": (413, "The body is larger than 64 KiB, which is more than this request needs."),
    "missing_origin": (422, "The order by distance needs a point: give a city or latitude and longitude."),
    "no_mapping": (409, "khan-motors has no mapping, so its files cannot be read: give the dealer one."),
    "no_room": (503, "The file could not be kept: send it again later."),
    "not_ready": (503, "Not ready: search."),
    "price_band_not_found": (404, "There is no price band for this listing yet."),
    "market_index_not_found": (404, "There is no market index of Toyota Corolla: too few ads, or none yet."),
    "search_unavailable": (503, "There is no search index that can be read: run `automart search sync` to build it."),
    "semantic_not_installed": (422, "Search by meaning is not installed here: leave mode=hybrid out."),
    "token_missing": (401, "Send the dealer's upload token: Authorization: Bearer TOKEN."),
    "token_refused": (401, "This is not a token of this dealer, or it was revoked: ask for a new one."),
    "unknown_city": (422, "We do not know where the city 'Atlantis' is: give latitude and longitude."),
    "upload_cut_short": (400, "The body ended before it was whole: send it again."),
    "upload_too_slow": (408, "The file took too long: send it again, compressed."),
    "unknown_parameter": (422, "There is no query parameter 'colour' here; known: city, color, cursor."),
}
_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    408: "Request Timeout",
    409: "Conflict",
    413: "Request Entity Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Entity",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


def problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of an operation that can answer with these codes; `internal_error` is always among them."""
    documented: dict[int | str, dict[str, Any]] = {}
    for code in (*codes, "internal_error"):
        status, detail = _EXAMPLES[code]
        response = documented.setdefault(status, {"description": _TITLES[status], "content": _content()})
        response["content"]["application/problem+json"]["examples"][code] = {"value": _example(code, status, detail)}
    return documented


def install_contract(app: FastAPI, *exemplary: type[BaseModel]) -> None:
    """Serve /openapi.json with the problem schema in it, and /docs from files of an installed package.

    `exemplary` are the models whose examples hold nulls.
    """

    def contract() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                tags=app.openapi_tags,
            )
            schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            parts = made.setdefault("components", {}).setdefault("schemas", {})
            parts |= schema.pop("$defs") | {"Problem": schema}
            _restore_examples(parts, exemplary)
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = contract  # type: ignore[method-assign]  # FastAPI's documented way to extend the document
    app.mount(_ASSETS, StaticFiles(directory=Path(fastapi_offline.__file__).parent / "static"), name="docs-assets")

    @app.get("/docs", include_in_schema=False)
    def docs(request: Request) -> Response:
        root = request.scope.get("root_path", "")
        return get_swagger_ui_html(
            openapi_url=f"{root}{app.openapi_url}",
            title=f"{app.title}: API",
            swagger_js_url=f"{root}{_ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{root}{_ASSETS}/swagger-ui.css",
            swagger_favicon_url=f"{root}{_ASSETS}/favicon.png",
            swagger_ui_parameters={
                "tryItOutEnabled": True,
                "displayRequestDuration": True,
                "defaultModelsExpandDepth": 0,
            },
        )


def _restore_examples(parts: dict[str, Any], exemplary: tuple[type[BaseModel], ...]) -> None:
    """FastAPI drops nulls from the whole document, also from examples, where null is a value."""
    for model in exemplary:
        parts[model.__name__]["examples"] = model.model_json_schema()["examples"]


def _content() -> dict[str, Any]:
    return {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}}


def _example(code: str, status: int, detail: str) -> dict[str, Any]:
    found = {"where": detail.split(": ")[0], "code": code, "message": detail.split(": ")[-1]}
    return {
        "type": f"urn:automart:problem:{code}",
        "title": _TITLES[status],
        "status": status,
        "detail": detail,
        "code": code,
        "instance": "/v1/listings",
        "errors": [found] if detail.startswith(("body.", "path.")) else [],
    }
