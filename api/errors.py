"""Answer every error in one shape: RFC 9457 problem+json with a stable `code`.

Nothing of a request is echoed except its path (quoted), and the JSON is plain ASCII, so no input can make an error
message that cannot be sent.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from api.contract.problems import (
    HttpProblemError,
    InternalError,
    InvalidJsonError,
    InvalidRequestError,
    InvalidTextError,
    MalformedRequestError,
    MethodNotAllowedError,
    PathNotFoundError,
    ProblemError,
    UnknownFieldError,
)
from core.audit.origin import current_origin
from core.errors import AutomartError, RetryableError, UnauthenticatedError
from serving.outages import DATABASE_OUTAGES, DatabaseUnavailableError

_log = logging.getLogger(__name__)
_MOST_ERRORS = 20
_CAUSES: dict[str, type[InvalidRequestError]] = {
    "extra_forbidden": UnknownFieldError,
    "json_invalid": InvalidJsonError,
    "invalid_text": InvalidTextError,
}
"""Kinds of validation error that have a code of their own."""


class Problem(BaseModel):
    """An error as RFC 9457 problem details. Programs go by `code`; people read `detail`."""

    type: str = Field(description="`urn:automart:problem:` and the code.")
    title: str = Field(description="The HTTP status in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="The mistake, and how to mend it.")
    code: str = Field(description="Stable, machine-readable.")
    instance: str = Field(description="The path of the request.")
    errors: list[ProblemError] = Field(description="Each mistake in the input; empty for other problems.")


def problem_of(error: AutomartError, path: str) -> Problem:
    """Describe an error as a problem of the request for `path`."""
    return Problem(
        type=f"urn:automart:problem:{error.code}",
        title=HTTPStatus(error.http_status).phrase,
        status=error.http_status,
        detail=error.detail,
        code=error.code,
        instance=quote(path, errors="replace"),
        errors=list(getattr(error, "errors", ())),
    )


def problem_content(error: AutomartError, path: str) -> bytes:
    """Return the problem as JSON."""
    return json.dumps(problem_of(error, path).model_dump(), ensure_ascii=True).encode()


def problem_response(request: Request, error: AutomartError, headers: Mapping[str, str] | None = None) -> Response:
    """Answer a request with an error; the audit trail names its code."""
    origin = current_origin()
    if origin is not None:
        origin.refusal = error.code
    content = problem_content(error, request.scope.get("path", ""))
    return Response(
        content, error.http_status, {**_headers(error), **(headers or {})}, media_type="application/problem+json"
    )


def _headers(error: AutomartError) -> Mapping[str, str]:
    if isinstance(error, RetryableError):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, UnauthenticatedError):
        return {"WWW-Authenticate": error.challenge}
    return error.headers if isinstance(error, HttpProblemError) else {}


def install_error_handlers(app: FastAPI) -> None:
    """Answer every error with a problem."""
    app.add_exception_handler(AutomartError, _platform_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _defect)
    for outage in DATABASE_OUTAGES:
        app.add_exception_handler(outage, _database_outage)


def _platform_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, AutomartError) or error.http_status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return _defect(request, error)
    if error.http_status == HTTPStatus.SERVICE_UNAVAILABLE and error.__cause__ is not None:
        _log.warning("%s: %s", error.code, error.detail, exc_info=error.__cause__)
    return problem_response(request, error)


def _invalid_request(request: Request, error: Exception) -> Response:
    mistakes: Sequence[Mapping[str, Any]] = error.errors() if isinstance(error, RequestValidationError) else ()
    return problem_response(request, invalid_request(mistakes))


def invalid_request(mistakes: Sequence[Mapping[str, Any]]) -> InvalidRequestError:
    """Make one error of a validation's mistakes; the first 20 are listed."""
    first = mistakes[:_MOST_ERRORS]
    errors = [ProblemError(where=_where(one), code=_code(one["type"]), message=one["msg"]) for one in first]
    kind = next((_CAUSES[one["type"]] for one in first if one["type"] in _CAUSES), InvalidRequestError)
    return kind(errors)


def _where(mistake: Mapping[str, Any]) -> str:
    return ".".join(str(step) for step in mistake["loc"])


def _code(kind: str) -> str:
    return _CAUSES[kind].code if kind in _CAUSES else kind


def _http_error(request: Request, error: Exception) -> Response:
    """Translate errors that FastAPI and Starlette raise by themselves."""
    if not isinstance(error, HTTPException):
        return _defect(request, error)
    known: dict[int, AutomartError] = {
        400: MalformedRequestError(str(error.detail)),
        404: PathNotFoundError(),
        405: MethodNotAllowedError(),
    }
    if error.status_code not in known:
        return _defect(request, error)
    headers = error.headers
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers = {"Allow": ", ".join(sorted(_methods_of_path(request)))}
    return problem_response(request, known[error.status_code], headers)


def _methods_of_path(request: Request) -> set[str]:
    """Return the methods of a path's routes: the router names those of the first one alone.

    Of paths that fit, as `photos/order` and `photos/{photo_id}`, the one with the fewest parameters is meant.
    """
    routes = [
        route
        for route in request.app.routes
        if isinstance(route, APIRoute) and route.matches(request.scope)[0] is not Match.NONE
    ]
    meant = min(routes, key=lambda route: len(route.param_convertors)).path
    return {method for route in routes if route.path == meant for method in route.methods or ()}


def _database_outage(request: Request, error: Exception) -> Response:
    _log.error("database does not answer", exc_info=error)
    return problem_response(request, DatabaseUnavailableError())


def _defect(request: Request, error: Exception) -> Response:
    _log.error("unhandled error", exc_info=error)
    return problem_response(request, InternalError())
