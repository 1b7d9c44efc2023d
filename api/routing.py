"""Run operations: the body is checked, and blocking work is one call of one thread and one transaction.

A plain `def` endpoint runs from the first to the last statement in one worker thread: the transaction of its
`SessionDep` begins there and is committed there, before the answer leaves, and its connection is back in the pool
before the thread is. The caller is looked up there first, in the same transaction. An `async def` endpoint runs on the
event loop and hands blocking parts to `AppState.threads`.
"""

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial, wraps
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette._utils import get_route_path
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from api.contract.documented import all_dependencies, merged, problems, usual_problems
from api.contract.query_reading import Handler, quick_or_whole, read_at_once
from api.deps import AppState, PendingAudience, PendingPrincipal, StateDep
from api.deps import audience as callers_audience
from api.deps import principal as caller_itself
from api.deps import session as open_session
from api.idempotency import answered_once
from api.middleware.body_guard import guarded_body
from api.parameters import KnownParameters, query_parameters, refuse_unknown_parameters
from api.rules import PUBLIC, Access, access_name, declare_access, rules_of
from api.searcher import PendingSearcher
from api.searcher import searcher as callers_search
from core.access.principal import Principal
from core.access.tenant import transaction_for, work_for
from core.audit.origin import current_origin
from core.db.session import Session, SessionFactory, transaction
from core.errors import AutomartError

_KNOWN = frozenset({caller_itself, callers_audience, callers_search})
"""The dependencies by which an operation gets its caller."""
_Pending = PendingPrincipal | PendingAudience | PendingSearcher
_OPENED: ContextVar[AppState] = ContextVar("opened_parts_of_this_application")
_CALLER: ContextVar[Principal] = ContextVar("caller_of_this_request", default=Principal.anonymous())  # noqa: B039


class AfterCommit(Exception):  # noqa: N818  (it carries an error)
    """Raised by an endpoint to have its transaction committed, and then answer with an error.

    For refusals that must be remembered, as the count of wrong guesses.
    """

    def __init__(self, error: AutomartError) -> None:
        super().__init__(error)
        self.error = error


class Operation(APIRoute):
    """A route of the API."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        blocking = not inspect.iscoroutinefunction(endpoint)
        self.rules = rules_of(endpoint)
        self.narrower: list[re.Pattern[str]] = []
        self._known: dict[str, KnownParameters | None] = {}
        if self.rules.access is None:
            raise TypeError(f"{path} declares no access: name a permission, or PUBLIC, in its rules or at the router.")
        options["openapi_extra"] = {"x-access": access_name(self.rules.access), **(options.get("openapi_extra") or {})}
        if self.rules.needs_key:
            options["openapi_extra"]["x-idempotency-key"] = "required"
        if self.rules.idempotent:
            endpoint = answered_once(endpoint, self.rules)
        super().__init__(path, with_opened((in_one_thread if blocking else with_caller)(endpoint)), **options)
        own = [each.call for each in self.dependant.dependencies]
        if open_session not in own and any(each.call is open_session for each in all_dependencies(self.dependant)):
            raise TypeError(f"{path} has a dependency with a session, and must take the session itself: it closes it.")
        if self.rules.access != PUBLIC and open_session in own and _KNOWN.isdisjoint(own):
            raise TypeError(f"{path} takes a session but no caller, for whom the database would show it its rows.")
        self.responses = merged(problems(*usual_problems(self, self.rules, blocking=blocking)), self.responses)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether the operation is meant; a path that a narrower operation names is not its own.

        So `DELETE …/photos/order` is a method that this path does not have, not a photo of the id `order`.
        """
        match, child = super().matches(scope)
        if match is Match.FULL and any(each.match(get_route_path(scope)) for each in self.narrower):
            return Match.NONE, {}
        return match, child

    def get_route_handler(self) -> Handler:
        """Make the handler of requests, which reads a model of query parameters at once."""
        whole, quick = super().get_route_handler(), read_at_once(self.dependant)
        if quick is None or self.body_field is not None:
            return whole
        documented, self.dependant = self.dependant, quick
        try:
            return quick_or_whole(super().get_route_handler(), whole)
        finally:
            self.dependant = documented

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the operation. A body that it does not take is never read."""
        origin = current_origin()
        if origin is not None:
            origin.operation = f"{scope['method']} {self.path}"
        if scope["method"] in (self.methods or ()):
            refuse_unknown_parameters(scope, self._known_parameters(scope))
            state: AppState = scope["app"].state.opened
            _OPENED.set(state)
            if self.body_field is not None and not self.rules.streamed:
                receive = await guarded_body(scope, receive, self.rules, state.settings.api_body_seconds)
        await super().handle(scope, receive, send)

    def _known_parameters(self, scope: Scope) -> KnownParameters | None:
        method = scope["method"]
        if method not in self._known:
            self._known[method] = query_parameters(scope["app"].openapi(), self.path_format, method)
        return self._known[method]


def tell_apart(routes: Sequence[BaseRoute]) -> None:
    """Tell each operation which others have a narrower path: one that it fits, and that does not fit its own."""
    operations = [route for route in routes if isinstance(route, Operation)]
    for wide in operations:
        found = {each.path: each for each in operations if wide.path_regex.match(each.path)}
        wide.narrower = [each.path_regex for each in found.values() if not each.path_regex.match(wide.path)]


class DomainRouter(APIRouter):
    """A router whose routes are operations; each `api/<domain>` exports one.

    `access` is that of operations that declare none in their rules.
    """

    def __init__(self, *, access: Access | None = None, **options: Any) -> None:
        self._access = access
        super().__init__(route_class=Operation, **options)

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Add an operation."""
        if self._access is not None:
            declare_access(endpoint, self._access)
        super().add_api_route(path, endpoint, **options)


def in_one_thread(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Make a coroutine of a plain endpoint, which runs it as one call of the worker threads."""

    @wraps(endpoint)
    async def run(**values: Any) -> Any:
        state = _OPENED.get()
        return await state.threads.run(partial(_in_transaction, endpoint, values, state.sessions))

    return run


def with_opened(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Give a coroutine endpoint the opened parts of the application (`AppState`), where it takes them.

    They are the same for every request; as a dependency they would be solved anew for each, which costs more than
    many an endpoint does.
    """
    signature = inspect.signature(endpoint)
    names = [name for name, each in signature.parameters.items() if each.annotation == StateDep]
    if not names:
        return endpoint

    @wraps(endpoint)
    async def run(**values: Any) -> Any:
        return await endpoint(**values, **dict.fromkeys(names, _OPENED.get()))

    left = [each for name, each in signature.parameters.items() if name not in names]
    run.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]
    return run


def with_caller(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Have the caller of a coroutine endpoint looked up before it runs; for an anonymous one nothing is done."""

    @wraps(endpoint)
    async def run(**values: Any) -> Any:
        pending = _pending(values)
        if pending:
            state = next(iter(pending.values())).caller.state
            principal = await state.threads.run(partial(_look_up, pending, state.sessions))
            _CALLER.set(principal)
            values |= {name: value.known(principal) for name, value in pending.items()}
        return await endpoint(**values)

    return run


def _in_transaction(endpoint: Callable[..., Any], values: dict[str, Any], sessions: SessionFactory) -> Any:
    """Look up the caller and call the endpoint; commit its session at the end, roll back on any error."""
    pending = _pending(values)
    session = next((value for value in values.values() if isinstance(value, Session)), None)
    if session is None and not pending:
        return endpoint(**values)
    session = session or sessions()
    with session, session.begin():
        try:
            return endpoint(**(_known(values, pending, session) if pending else values))
        except AfterCommit as outcome:
            refused = outcome.error
    raise refused


@contextmanager
def caller_transaction(sessions: SessionFactory) -> Iterator[Session]:
    """Open a transaction of a coroutine endpoint, in a thread of `AppState.threads`, for the request's caller."""
    with transaction_for(sessions, _CALLER.get()) as session:
        yield session


def _look_up(pending: dict[str, _Pending], sessions: SessionFactory) -> Principal:
    with transaction(sessions) as session:
        return next(iter(pending.values())).caller.look_up(session)


def _pending(values: dict[str, Any]) -> dict[str, _Pending]:
    return {name: value for name, value in values.items() if isinstance(value, _Pending)}


def _known(values: dict[str, Any], pending: dict[str, _Pending], session: Session) -> dict[str, Any]:
    principal = next(iter(pending.values())).caller.look_up(session)
    work_for(session, principal)  # from here on the database shows what this caller may see
    return {**values, **{name: value.known(principal) for name, value in pending.items()}}
