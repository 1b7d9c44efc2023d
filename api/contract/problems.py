"""Problems that only HTTP knows: how a request comes in. Everything else is raised by the domains.

Each class is one stable code, with its status and its sentence; see `core.errors` for the kinds.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from pydantic import BaseModel, Field

from core.errors import AutomartError, InvalidInputError, NotFoundError, PermanentError, RetryableError

_KIB = 1024
CLOSE: Mapping[str, str] = {"Connection": "close"}
"""The rest of the request is not read, so the connection cannot be used again."""


class ProblemError(BaseModel):
    """One thing that is wrong with a request."""

    where: str = Field(description="Which input, as `query.price_min` or `body.model_year`.")
    code: str = Field(description="Stable kind of the mistake.")
    message: str = Field(description="The mistake in words.")


class HttpProblemError(PermanentError):
    """A problem of the request itself, with the headers that its answer needs."""

    headers: ClassVar[Mapping[str, str]] = {}


class PathNotFoundError(NotFoundError):
    """No operation has this path."""

    def __init__(self) -> None:
        super().__init__("There is nothing at this path; /docs lists all paths.")


class MethodNotAllowedError(HttpProblemError):
    """The path has operations, but none with this method."""

    code = "method_not_allowed"
    http_status = 405

    def __init__(self) -> None:
        super().__init__("This path does not take this method; /docs lists its methods.")


class MalformedRequestError(HttpProblemError):
    """The body cannot be parsed, for another reason than a mistake in its JSON."""

    code = "malformed_request"
    http_status = 400

    def __init__(self, detail: str = "There was an error parsing the body") -> None:
        super().__init__(detail)


class BodyTooLargeError(HttpProblemError):
    """The body is longer than the operation allows."""

    code = "body_too_large"
    http_status = 413
    headers = CLOSE

    def __init__(self, max_bytes: int = 64 * _KIB) -> None:
        size = f"{max_bytes // _KIB} KiB" if max_bytes >= _KIB else f"{max_bytes} bytes"
        super().__init__(f"The body is larger than {size}, which is more than this request needs.")


class NotJsonError(HttpProblemError):
    """The operation takes JSON, and the body is not declared as JSON."""

    code = "not_json"
    http_status = 415

    def __init__(self) -> None:
        super().__init__("Send the body as JSON with the header Content-Type: application/json.")


class UnsupportedContentTypeError(HttpProblemError):
    """The body has a content type that the operation does not take."""

    code = "unsupported_content_type"
    http_status = 415

    def __init__(self, accepted: Sequence[str]) -> None:
        super().__init__(f"Send the body with one of these content types: {', '.join(accepted)}.")


class BodyTooSlowError(HttpProblemError):
    """The body took too long to arrive."""

    code = "body_too_slow"
    http_status = 408
    headers = CLOSE

    def __init__(self) -> None:
        super().__init__("The body took too long to arrive: send the request again.")


class UploadTooSlowError(HttpProblemError):
    """The file took too long, or its bytes stopped coming."""

    code = "upload_too_slow"
    http_status = 408
    headers = CLOSE

    def __init__(self) -> None:
        super().__init__("The file took too long: send it again, smaller or over a faster line.")


class UploadCutShortError(HttpProblemError):
    """The sender hung up before the end."""

    code = "upload_cut_short"
    http_status = 400

    def __init__(self) -> None:
        super().__init__("The body ended before it was whole: send it again.")


class HeaderTooSlowError(HttpProblemError):
    """The head of the request took too long to arrive."""

    code = "header_too_slow"
    http_status = 408
    headers = CLOSE

    def __init__(self) -> None:
        super().__init__("The head of the request took too long to arrive: send the request again.")


class HeaderTooLargeError(HttpProblemError):
    """The head of the request is longer than any client needs."""

    code = "header_too_large"
    http_status = 431
    headers = CLOSE

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"The head of the request is larger than {max_bytes // _KIB} KiB.")


class UnknownParameterError(InvalidInputError):
    """A query parameter that the operation does not have."""

    code = "unknown_parameter"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(
            f"There is no query parameter {name[:60]!a} here; known: {', '.join(sorted(known)) or 'none'}."
        )


class RepeatedParameterError(InvalidInputError):
    """A query parameter that takes one value was given twice."""

    code = "repeated_parameter"

    def __init__(self, name: str) -> None:
        super().__init__(f"The query parameter {name} is given twice; give it once.")


class InvalidRequestError(InvalidInputError):
    """Parameters or body do not fit their schema; `errors` lists the mistakes."""

    code = "invalid_request"

    def __init__(self, errors: Sequence[ProblemError]) -> None:
        super().__init__("; ".join(f"{one.where}: {one.message}" for one in errors[:3]) or "The request is not valid.")
        self.errors = errors


class InvalidTextError(InvalidRequestError):
    """A text holds characters that no text of ours may hold."""

    code = "invalid_text"


class UnknownFieldError(InvalidRequestError):
    """The body has a field that its schema does not have."""

    code = "unknown_field"


class InvalidJsonError(InvalidRequestError):
    """The body is no JSON."""

    code = "invalid_json"
    http_status = 400


class NotReadyError(RetryableError):
    """A part that the platform needs does not answer; `errors` names each one."""

    code = "not_ready"

    def __init__(self, errors: Sequence[ProblemError]) -> None:
        super().__init__(f"Not ready: {', '.join(one.where for one in errors)}.")
        self.errors = errors


class InternalError(AutomartError):
    """A defect of ours; the log has it."""

    code = "internal_error"

    def __init__(self) -> None:
        super().__init__("Something broke on our side. It is logged; trying again may not help.")
