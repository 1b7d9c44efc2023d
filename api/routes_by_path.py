"""Find the route of a request by the beginning of its path.

Starlette tries one route after the other: of 157 the last, that of quotes, took longer to find than an empty endpoint
takes to answer.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter
from starlette._utils import get_route_path
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

Beginning = tuple[str, ...]
_PARTS: Final = 2


class RoutesByPath:
    """Gives a request to a router of the routes that begin as its path does, else to the router of all."""

    def __init__(self, router: APIRouter) -> None:
        self._router = router
        self._all = router.middleware_stack
        self._some = {beginning: self._part(routes) for beginning, routes in grouped(router.routes).items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        chosen = self._some.get(beginning_of(get_route_path(scope))) if scope["type"] == "http" else None
        if chosen is None:
            await self._all(scope, receive, send)
            return
        scope["router"] = self._router
        await chosen(scope, receive, send)

    def _part(self, routes: Sequence[BaseRoute]) -> APIRouter:
        whole = self._router
        return APIRouter(routes=[*routes], redirect_slashes=whole.redirect_slashes, default=whole.default)


def grouped(routes: Sequence[BaseRoute]) -> dict[Beginning, list[BaseRoute]]:
    """Group routes of HTTP by the beginning of their paths, in their order.

    Raises:
        TypeError: a path begins with a parameter, so that it could be meant by the beginning of any other.
    """
    found: dict[Beginning, list[BaseRoute]] = defaultdict(list)
    for route in routes:
        if isinstance(route, WebSocketRoute):
            continue
        path = route.path if isinstance(route, Route | Mount) else "/{}"
        beginning = beginning_of(path)
        if any("{" in part for part in beginning) or (isinstance(route, Mount) and len(beginning) < _PARTS):
            raise TypeError(f"{path} does not begin with two names.")
        found[beginning].append(route)
    return found


def find_routes_by_path(router: APIRouter) -> None:
    """Let a router find its routes, all of which are there, by the beginning of a path."""
    router.middleware_stack = RoutesByPath(router)


def beginning_of(path: str) -> Beginning:
    """Return the first parts of a path, as `v1` and `listings`."""
    return tuple(path.split("/", _PARTS + 1)[1 : _PARTS + 1])
