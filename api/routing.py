"""How an operation runs: its body is checked, its blocking work is one call of one thread and one transaction.

A plain `def` endpoint runs from the first to the last statement in one worker thread: the transaction of its
`SessionDep` begins there and is committed there, before the answer leaves, and its connection is back in the pool
before the thread is. An `async def` endpoint runs on the event loop and hands blocking parts to `AppState.threads`.
"""

import inspect
from collections.abc import Callable
from functools import partial, wraps
from inspect import Parameter
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from api.body_guard import guarded_body
from api.deps import AppState, StateDep
from api.documented import merged, problems, usual_problems
from api.rules import rules_of
from core.db.session import Session

_STATE = "state_of_this_operation"


class Operation(APIRoute):
    """A route of the API."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        blocking = not inspect.iscoroutinefunction(endpoint)
        self.rules = rules_of(endpoint)
        super().__init__(path, in_one_thread(endpoint) if blocking else endpoint, **options)
        self.responses = merged(problems(*usual_problems(self, self.rules, blocking=blocking)), self.responses)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the operation. A body that it does not take is never read."""
        if self.body_field is not None and not self.rules.streamed and scope["method"] in (self.methods or ()):
            state: AppState = scope["app"].state.opened
            receive = await guarded_body(scope, receive, self.rules, state.settings.api_body_seconds)
        await super().handle(scope, receive, send)


class DomainRouter(APIRouter):
    """A router whose routes are operations; each `api/<domain>` exports one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(route_class=Operation, **options)


def in_one_thread(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Make a coroutine of a plain endpoint, which runs it as one call of the worker threads."""

    @wraps(endpoint)
    async def run(**values: Any) -> Any:
        state: AppState = values.pop(_STATE)
        return await state.threads.run(partial(_in_transaction, endpoint, values))

    signature = inspect.signature(endpoint)
    own = Parameter(_STATE, Parameter.KEYWORD_ONLY, annotation=StateDep)
    run.__signature__ = signature.replace(parameters=[*signature.parameters.values(), own])  # type: ignore[attr-defined]
    return run


def _in_transaction(endpoint: Callable[..., Any], values: dict[str, Any]) -> Any:
    """Call the endpoint; commit its session at the end, roll back on any error."""
    session = next((value for value in values.values() if isinstance(value, Session)), None)
    if session is None:
        return endpoint(**values)
    with session, session.begin():
        return endpoint(**values)
