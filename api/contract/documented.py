"""The problems of an operation, as its OpenAPI `responses`: made of errors as they are raised.

Status, sentence and example come from the error's class and constructor, so the contract cannot say anything else than
the answer does.
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.contract.problems import (
    BodyTooLargeError,
    BodyTooSlowError,
    InternalError,
    InvalidJsonError,
    InvalidRequestError,
    InvalidTextError,
    MalformedRequestError,
    NotJsonError,
    ProblemError,
    RepeatedParameterError,
    UnknownFieldError,
    UnknownParameterError,
    UnsupportedContentTypeError,
)
from api.deps import audience, caller
from api.errors import problem_of
from api.rules import JSON_TYPE, PUBLIC, RequestRules
from api.threads import ServerBusyError
from core.access.acting import DealersOnlyError, NotAMemberError, OrgRequiredError
from core.access.permissions import Permission
from core.errors import AutomartError, ForbiddenError
from core.idempotency.errors import AnswerLostError, KeyReusedError, RequestInProgressError
from core.identity.tokens.errors import (
    InvalidTokenError,
    IssuerUnavailableError,
    TokenExpiredError,
    WrongAudienceError,
    WrongTokenTypeError,
)
from serving.identity.errors import BlockedError, LoginNeededError
from serving.identity.logins.authentication import SessionEndedError, UnknownSecretError
from serving.outages import DatabaseUnavailableError

_EXAMPLE_PATH = "/v1/listings"
_MEDIA_TYPE = "application/problem+json"
Responses = dict[int | str, dict[str, Any]]

INVALID_PATH = InvalidRequestError(
    [ProblemError(where="path.id", code="uuid_parsing", message="Input should be a valid UUID")]
)
INVALID_TEXT = InvalidTextError(
    [ProblemError(where="body.make", code="invalid_text", message="NUL characters are not allowed in text")]
)
UNKNOWN_FIELD = UnknownFieldError(
    [ProblemError(where="body.colour", code="unknown_field", message="Extra inputs are not permitted")]
)
INVALID_JSON = InvalidJsonError([ProblemError(where="body.12", code="invalid_json", message="JSON decode error")])
OUTAGES: tuple[AutomartError, ...] = (ServerBusyError(), DatabaseUnavailableError())
"""Problems of every operation that does blocking work."""


def problems(*errors: AutomartError) -> Responses:
    """Document these errors: one response a status, one example a code."""
    responses: Responses = {}
    for error in errors:
        response = responses.setdefault(
            error.http_status,
            {
                "description": HTTPStatus(error.http_status).phrase,
                "content": {_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}},
            },
        )
        example = {"value": problem_of(error, _EXAMPLE_PATH).model_dump()}
        response["content"][_MEDIA_TYPE]["examples"][error.code] = example
    return responses


def merged(first: Responses, second: Responses) -> Responses:
    """Join the problems of two `responses`; where both have a code, the second one's example stands."""
    joined = {**second, **first}
    for status in first.keys() & second.keys():
        examples = {**_examples(first[status]), **_examples(second[status])}
        content = {**first[status]["content"][_MEDIA_TYPE], "examples": examples}
        joined[status] = {**first[status], "content": {_MEDIA_TYPE: content}}
    return dict(sorted(joined.items(), key=lambda item: str(item[0])))


def _examples(response: dict[str, Any]) -> dict[str, Any]:
    examples: dict[str, Any] = response["content"][_MEDIA_TYPE]["examples"]
    return examples


_TOKEN_PROBLEMS: tuple[AutomartError, ...] = (
    InvalidTokenError(),
    TokenExpiredError(),
    WrongTokenTypeError(),
    WrongAudienceError(),
    SessionEndedError(),
    UnknownSecretError(),
    BlockedError(),
    IssuerUnavailableError(),
)


def _caller_problems(route: APIRoute, rules: RequestRules) -> list[AutomartError]:
    """List the problems of an operation that looks at its caller."""
    calls = {dependency.call for dependency in all_dependencies(route.dependant)}
    errors: list[AutomartError] = []
    if caller in calls:
        errors += [*_TOKEN_PROBLEMS, *OUTAGES]
        if rules.access != PUBLIC:
            errors.append(LoginNeededError())
        if isinstance(rules.access, Permission):
            errors.append(ForbiddenError(f"This needs the permission {rules.access.name!r}."))
    if audience in calls:
        errors += [
            OrgRequiredError(),
            NotAMemberError(),
            DealersOnlyError(),
            RepeatedParameterError("org"),
            INVALID_PATH,
        ]
    return errors


def all_dependencies(dependant: Dependant) -> Iterator[Dependant]:
    """Return an operation's dependant and everything that it depends on."""
    yield dependant
    for below in dependant.dependencies:
        yield from all_dependencies(below)


def usual_problems(route: APIRoute, rules: RequestRules, *, blocking: bool) -> list[AutomartError]:
    """List the problems that follow from an operation's shape: its parameters, its body, its blocking work."""
    errors: list[AutomartError] = [InternalError()]
    if not rules.foreign_parameters:
        errors.append(UnknownParameterError("colour", ["city", "color", "cursor"]))
    taken = list(all_dependencies(route.dependant))
    in_query = any(each.query_params for each in taken)
    if in_query:
        errors.append(RepeatedParameterError("limit"))
    if in_query or any(each.path_params for each in taken) or route.body_field is not None:
        errors += [INVALID_PATH, INVALID_TEXT]
    if route.body_field is not None and not rules.streamed:
        errors += [BodyTooLargeError(rules.max_body_bytes), BodyTooSlowError()]
        if rules.content_types == (JSON_TYPE,):
            errors += [NotJsonError(), INVALID_JSON, MalformedRequestError(), UNKNOWN_FIELD]
        elif rules.content_types:
            errors.append(UnsupportedContentTypeError(rules.content_types))
    if rules.idempotent:
        errors += [RequestInProgressError(), KeyReusedError(), AnswerLostError()]
    if blocking:
        errors += OUTAGES
    return errors + _caller_problems(route, rules)
