"""Answer a repeated request with the first answer, for operations that take an Idempotency-Key."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from inspect import Parameter
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel, Field

from api.deps import AppState, PrincipalDep, SessionDep, opened
from api.parameters import OptionalParam
from api.rules import RequestRules
from core.access.permissions import Permission
from core.access.principal import Principal
from core.db.session import Session
from core.idempotency.errors import KeyNeededError
from core.idempotency.once import KEPT_FOR, Answer, RequestKey, answer_once
from serving.identity.orgs.orgs import find_org

REPLAYED_HEADER: Final = "Idempotency-Replayed"
_HOURS: Final = int(KEPT_FOR.total_seconds() // 3600)


@dataclass(frozen=True)
class Repeatable:
    """A request as it was sent, and the key under which it may be sent again.

    `sent` is its path, query and body; `operation` says for which organisation, where the query names one; `status` is
    that of the operation's success.
    """

    state: AppState
    key: str | None
    sent: bytes
    operation: str
    status: int


async def repeatable(
    request: Request,
    key: Annotated[
        OptionalParam[Annotated[str, Field(pattern=r"^[!-~]{1,200}$")]],
        Header(
            alias="Idempotency-Key",
            description="A new UUID for each thing that is to be made. The same request with the same key, within"
            f" {_HOURS} hours, is not done again: it gets the first answer, with `{REPLAYED_HEADER}: true`.",
            examples=["5b0c9a52-6c1f-4f3e-9c39-0c8c1a1f7d11"],
        ),
    ] = None,
) -> Repeatable:
    """Return what tells the request from others."""
    route = request.scope["route"]
    sent = b"" if key is None else f"{request.url.path}?{request.url.query}\n".encode() + await request.body()
    operation, org = f"{request.method} {route.path}", request.query_params.get("org")
    return Repeatable(
        opened(request), key, sent, operation if org is None else f"{operation} of {org}", route.status_code or 200
    )


RepeatableDep = Annotated[Repeatable, Depends(repeatable)]
_OWN: Final = {
    "asked_": RepeatableDep,
    "response_": Response,
    "session_": SessionDep,
    "principal_": PrincipalDep,
}
"""The wrapper's own dependencies beside the endpoint's; both get the same session and caller."""


def answered_once(endpoint: Callable[..., Any], rules: RequestRules) -> Callable[..., Any]:
    """Wrap a plain endpoint, so that a request with a known key gets the kept answer.

    The permission is asked for again with each repetition, in the organisation of the path or as the rules say.
    """

    @wraps(endpoint)
    def run(
        *, asked_: Repeatable, response_: Response, session_: Session, principal_: Principal, **values: Any
    ) -> object:
        if asked_.key is None:
            if rules.needs_key:
                raise KeyNeededError
            return endpoint(**values)
        org_id = None
        if isinstance(rules.access, Permission) and "code" in values:
            org_id = find_org(session_, principal_, str(values["code"]), rules.access).id
        if rules.may_repeat is not None:
            rules.may_repeat(session_, principal_, values)
        request = RequestKey(principal_.acting_id, org_id, asked_.operation, asked_.key)

        def act() -> Answer:
            made: BaseModel = endpoint(**values)
            return Answer(asked_.status, made.model_dump(mode="json"))

        answer = answer_once(session_, asked_.state.identity.keys.sealing, request, asked_.sent, act)
        if answer.replayed:
            response_.headers[REPLAYED_HEADER] = "true"
            if "etag" in answer.body:  # as the endpoint told it in the first answer
                response_.headers["ETag"] = answer.body["etag"]
        return answer.body

    signature = inspect.signature(endpoint)
    own = [Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind) for name, kind in _OWN.items()]
    run.__signature__ = signature.replace(parameters=[*signature.parameters.values(), *own])  # type: ignore[attr-defined]
    return run
