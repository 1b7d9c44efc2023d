"""One shape for every error: RFC 9457 problem+json with a stable `code`, whatever went wrong and wherever.

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
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from core.errors import AutomartError, ConflictError, InvalidInputError, NotFoundError, RetryableError
from serving.outages import DATABASE_OUTAGES

_log = logging.getLogger(__name__)

_STATUS: tuple[tuple[type[AutomartError], int], ...] = (
    (InvalidInputError, 422),
    (NotFoundError, 404),
    (ConflictError, 409),
    (RetryableError, 503),
)
_HTTP_CODES = {404: "not_found", 405: "method_not_allowed", 400: "malformed_request"}
# What a validation error is called here, where its cause deserves a code of its own.
_CAUSES = {"extra_forbidden": "unknown_field", "json_invalid": "invalid_json", "invalid_text": "invalid_text"}


class HttpProblemError(Exception):
    """A problem that only HTTP knows (who asks, how the body comes in); everything else is in `core.errors`."""

    def __init__(self, status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers


class ProblemError(BaseModel):
    """One thing that is wrong with a request."""

    where: str = Field(description="Which input, as `query.price_min` or `body.model_year`.")
    code: str = Field(description="Stable kind of the mistake.")
    message: str = Field(description="The mistake in words.")


class Problem(BaseModel):
    """An error as RFC 9457 problem details. Programs go by `code`; people read `detail`."""

    type: str = Field(description="`urn:automart:problem:` and the code.")
    title: str = Field(description="The HTTP status in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong and what to do about it.")
    code: str = Field(description="Stable, machine-readable.")
    instance: str = Field(description="The path that was asked for.")
    errors: list[ProblemError] = Field(description="Each mistake in the input; empty for other problems.")


def problem_response(
    scope: Scope,
    status: int,
    code: str,
    detail: str,
    errors: Sequence[ProblemError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem as a response. A 503 asks to come back in a few seconds."""
    problem = Problem(
        type=f"urn:automart:problem:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        instance=quote(scope.get("path", ""), errors="replace"),
        errors=list(errors),
    )
    extra = {"Retry-After": "5"} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    content = json.dumps(problem.model_dump(), ensure_ascii=True).encode()
    return Response(content, status, {**extra, **(headers or {})}, media_type="application/problem+json")


def install_error_handlers(app: FastAPI) -> None:
    """Answer every error with a problem."""
    app.add_exception_handler(AutomartError, _platform_error)
    app.add_exception_handler(HttpProblemError, _http_problem)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _bug)
    for outage in DATABASE_OUTAGES:
        app.add_exception_handler(outage, _database_outage)


def _platform_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, AutomartError):
        return _bug(request, error)
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), None)
    if status is None:
        return _bug(request, error)
    return problem_response(request.scope, status, error.code, error.detail)


def _http_problem(request: Request, error: Exception) -> Response:
    if not isinstance(error, HttpProblemError):
        return _bug(request, error)
    return problem_response(request.scope, error.status, error.code, error.detail, headers=error.headers)


def _invalid_request(request: Request, error: Exception) -> Response:
    found: Sequence[Mapping[str, Any]] = error.errors() if isinstance(error, RequestValidationError) else ()
    code, detail, errors = mistakes(found)
    status = HTTPStatus.BAD_REQUEST if code == "invalid_json" else HTTPStatus.UNPROCESSABLE_ENTITY
    return problem_response(request.scope, status, code, detail, errors)


def mistakes(found: Sequence[Mapping[str, Any]]) -> tuple[str, str, list[ProblemError]]:
    """Code, detail and list of what a validation found (its first 20 mistakes)."""
    errors = [
        ProblemError(
            where=".".join(str(step) for step in one["loc"]),
            code=_CAUSES.get(one["type"], one["type"]),
            message=one["msg"],
        )
        for one in found[:20]
    ]
    causes = [one.code for one in errors if one.code in _CAUSES.values()]
    detail = "; ".join(f"{one.where}: {one.message}" for one in errors[:3]) or "The request is not valid."
    return causes[0] if causes else "invalid_request", detail, errors


def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return _bug(request, error)
    code = _HTTP_CODES.get(error.status_code, f"http_{error.status_code}")
    details = {
        404: "There is nothing at this path; /docs lists what there is.",
        405: "This path does not take this method; /docs lists what it takes.",
    }
    detail = details.get(error.status_code, str(error.detail))
    return problem_response(request.scope, error.status_code, code, detail, headers=error.headers)


def _database_outage(request: Request, error: Exception) -> Response:
    _log.error("database does not answer", exc_info=error)
    return problem_response(
        request.scope, 503, "database_unavailable", "The database does not answer now; try again in a few seconds."
    )


def _bug(request: Request, error: Exception) -> Response:
    _log.error("unhandled error", exc_info=error)
    return problem_response(
        request.scope, 500, "internal_error", "Something broke on our side. It is logged; trying again may not help."
    )
