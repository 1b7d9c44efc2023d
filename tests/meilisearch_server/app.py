"""The server as an application: a request is checked, handed to its route, and answered as Meilisearch does."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.meilisearch_server.problems import ProblemError
from tests.meilisearch_server.routes import Call, Routes

_INDEX = "/indexes/{uid}"
_OPEN = ""  # a route without an action asks for no key here; searches of several indexes check each of them
_TABLE = (
    ("GET", "/health", _OPEN, "health"),
    ("GET", "/version", "version", "get_version"),
    ("GET", "/stats", "stats.get", "all_stats"),
    ("GET", "/keys", "keys.get", "get_keys"),
    ("POST", "/keys", "keys.create", "post_keys"),
    ("DELETE", "/keys/{key}", "keys.delete", "delete_key"),
    ("GET", "/tasks", "tasks.get", "get_tasks"),
    ("GET", "/tasks/{task:int}", "tasks.get", "get_task"),
    ("POST", "/multi-search", _OPEN, "multi_search"),
    ("POST", "/swap-indexes", "indexes.swap", "swap"),
    ("GET", "/indexes", "indexes.get", "get_indexes"),
    ("POST", "/indexes", "indexes.create", "create"),
    ("GET", _INDEX, "indexes.get", "get_index"),
    ("DELETE", _INDEX, "indexes.delete", "delete"),
    ("GET", _INDEX + "/stats", "stats.get", "stats"),
    ("GET", _INDEX + "/settings", "settings.get", "get_settings"),
    ("PATCH", _INDEX + "/settings", "settings.update", "patch_settings"),
    ("POST", _INDEX + "/documents", "documents.add", "add"),
    ("POST", _INDEX + "/documents/delete", "documents.delete", "remove"),
    ("GET", _INDEX + "/documents/{document}", "documents.get", "document"),
    ("POST", _INDEX + "/search", "search", "search"),
    ("POST", _INDEX + "/facet-search", "search", "facet_search"),
)


def make_app(routes: Routes) -> Starlette:
    """The application of these routes."""
    return Starlette(
        routes=[Route(path, _handler(routes, action, name), methods=[method]) for method, path, action, name in _TABLE]
    )


def _handler(routes: Routes, action: str, name: str) -> Callable[[Request], Awaitable[Response]]:
    answer_of = getattr(routes, name)

    async def handle(request: Request) -> Response:
        routes.calls.append(f"{request.method} {request.url.path}")
        try:
            routes.maybe_refuse()
            header, uid = request.headers.get("authorization"), request.path_params.get("uid")
            access = routes.keys.check(header, action, uid) if action else None
            body = await _body(request)
            if body:
                routes.bodies.append(body)
            answer = answer_of(Call(request.path_params, dict(request.query_params), body, header, access))
        except ProblemError as problem:
            return JSONResponse(problem.body, problem.status)
        status, content = answer if isinstance(answer, tuple) else (200, answer)
        return Response(status_code=status) if content is None else JSONResponse(content, status)

    return handle


async def _body(request: Request) -> Any:
    raw = await request.body()
    if request.method in ("GET", "DELETE") or not raw:
        return {}
    if request.headers.get("content-type", "").split(";")[0] != "application/json":
        raise ProblemError("invalid_content_type", "The Content-Type must be application/json.", status=415)
    try:
        return json.loads(raw)
    except ValueError as error:
        raise ProblemError("malformed_payload", "The json payload provided is malformed.") from error
