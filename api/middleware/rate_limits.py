"""Count calls of operations that have a limit, refuse those past it, and tell callers where they stand.

It stands around the routes and looks at the path, so that operations without a limit pay for one look-up alone.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.contract.documented import merged, problems
from api.deps import AppState, verified_bearer
from api.errors import problem_response
from api.routes_by_path import Beginning, beginning_of
from core.audit.origin import current_origin
from core.declarations import RateLimit, gather_declarations
from core.errors import AutomartError, RateLimitedError, UnauthenticatedError
from core.rate_limits.addresses import Network, client_address, counted_address, parse_proxies
from core.rate_limits.devices import DeviceIds
from core.rate_limits.limiter import Limiter
from core.rate_limits.rules import CallOrigin, Decision
from core.rate_limits.stores import open_limiter, open_redis
from core.settings import Settings
from serving.outages import DATABASE_OUTAGES, DatabaseUnavailableError

DEVICE_HEADER: Final = "X-Device-ID"


class TooManyCallsError(RateLimitedError):
    """The operation was called too often."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            f"This was called too often: try again in {retry_after} seconds. Clients that send the {DEVICE_HEADER}"
            " that they were given may call more often from a shared address.",
            retry_after=retry_after,
        )


def install_rate_limits(app: FastAPI, settings: Settings) -> None:
    """Put the limits that domains declare around the routes, and document their refusal there.

    Raises:
        BadProxyError, BadRedisUrlError: as they say.
    """
    declared = [rule for each in gather_declarations().values() for rule in each.rate_limits]
    open_redis(settings)  # refuses a bad address now, and connects later
    app.add_middleware(RateLimits, rules=declared, proxies=parse_proxies(settings.trusted_proxies))
    limited = {rule.operation for rule in declared}
    for route in app.routes:
        if isinstance(route, APIRoute) and any(f"{method} {route.path}" in limited for method in route.methods or ()):
            route.responses = merged(problems(TooManyCallsError(60)), route.responses)


class RateLimits:
    """Wraps the routes. Behind named proxies it also puts the client's own address in place of the proxy's."""

    def __init__(self, app: ASGIApp, rules: Iterable[RateLimit], proxies: tuple[Network, ...]) -> None:
        self._app = app
        self._rules = tuple(rules)
        self._proxies = proxies
        self._operations = _Operations(self._rules)
        self._limiter: Limiter | None = None
        self._devices: DeviceIds | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._proxies:
            forwarded = Headers(scope=scope).getlist("x-forwarded-for")
            scope = {**scope, "client": (client_address(_peer(scope), forwarded, self._proxies), 0)}
        rule = self._operations.rule_of(scope)
        if rule is None:
            await self._app(scope, receive, send)
            return
        answer = await self._checked(rule, scope)
        await (answer or self._app)(scope, receive, partial(_send_with, scope["rate_limit_headers"], send))

    async def _checked(self, rule: RateLimit, scope: Scope) -> Response | None:
        """Count the call and note its headers; return the refusal, or None where it may go on."""
        request, state = Request(scope), scope["app"].state.opened
        headers: dict[str, str] = {}
        scope["rate_limit_headers"] = headers
        asked = current_origin()
        if asked is not None:
            asked.operation = rule.operation
        try:
            limiter, devices = self._opened(state)
            device = devices.verified(request.headers.get(DEVICE_HEADER))
            if device is None and "device" in rule.per:
                headers[DEVICE_HEADER] = devices.issue()
            origin = CallOrigin(counted_address(_peer(scope)), device, await _user(rule, request, state))
            check = partial(limiter.check, rule.operation, origin)
            decision = await state.threads.run(check) if rule.shared or limiter.may_wait else check()
        except AutomartError as error:
            return problem_response(request, error)
        except DATABASE_OUTAGES:
            return problem_response(request, DatabaseUnavailableError())
        if decision is None:
            return None
        headers |= _headers(decision)
        if decision.retry_after is None:
            return None
        return problem_response(request, TooManyCallsError(decision.retry_after))

    def _opened(self, state: AppState) -> tuple[Limiter, DeviceIds]:
        if self._limiter is None or self._devices is None:
            self._limiter = open_limiter(state.settings, state.sessions, self._rules)
            self._devices = DeviceIds(state.identity.keys.index)
        return self._limiter, self._devices


class _Operations:
    """Finds the rule of a request by method and path."""

    def __init__(self, rules: Iterable[RateLimit]) -> None:
        self._literal: dict[str, RateLimit] = {}
        self._patterns: dict[Beginning, list[tuple[re.Pattern[str], RateLimit]]] = defaultdict(list)
        for rule in rules:
            method, _, path = rule.operation.partition(" ")
            if "{" in path:
                pattern = compile_path(path)[0].pattern.removeprefix("^")
                self._patterns[beginning_of(path)].append((re.compile(f"{method} {pattern}"), rule))
            else:
                self._literal[rule.operation] = rule

    def rule_of(self, scope: Scope) -> RateLimit | None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        called = f"{scope['method']} {path}"
        found = self._literal.get(called)
        if found is not None:
            return found
        patterns = self._patterns.get(beginning_of(path), ())
        return next((rule for pattern, rule in patterns if pattern.match(called)), None)


def _peer(scope: Scope) -> str:
    peer = scope.get("client")
    return peer[0] if peer else ""


async def _user(rule: RateLimit, request: Request, state: AppState) -> str | None:
    """Return the user of a token that is right; the operation itself refuses the others."""
    if "user" not in rule.per:
        return None
    try:
        bearer = await verified_bearer(request, state)
    except UnauthenticatedError:
        return None
    if bearer is None:
        return None
    if bearer.claims is not None:
        return f"{bearer.claims.issuer} {bearer.claims.subject}"
    return None if bearer.secret_digest is None else bearer.secret_digest.hex()


def _headers(decision: Decision) -> dict[str, str]:
    return {
        "RateLimit-Limit": str(decision.limit),
        "RateLimit-Remaining": str(decision.remaining),
        "RateLimit-Reset": str(decision.reset),
        "RateLimit-Policy": f"{decision.limit};w={decision.window}",
    }


async def _send_with(headers: Mapping[str, str], send: Send, message: Message) -> None:
    if message["type"] == "http.response.start":
        answered = MutableHeaders(scope=message)
        for name, value in headers.items():
            answered[name] = value
    await send(message)
