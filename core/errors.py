"""The platform's error tree. Every error carries a stable `code` and one sentence that says what to do.

AutomartError
├── PermanentError            a rerun cannot help; a person or a changed input can
│   ├── InvalidInputError     the caller's input is wrong        (HTTP 422, exit 2)
│   │   └── RefusedFileError  a whole feed file is refused       (exit 2)
│   ├── UnauthenticatedError  the caller has not said who asks   (HTTP 401, exit 2)
│   ├── ForbiddenError        the caller may not do this         (HTTP 403, exit 2)
│   ├── NotFoundError         the thing asked for does not exist (HTTP 404, exit 2)
│   └── ConflictError         it is against the present state    (HTTP 409, exit 2)
└── RetryableError            the same call may succeed later    (HTTP 503, exit 75)
    └── RateLimitedError      the caller asks too often          (HTTP 429, exit 75)

These are the kinds. A domain derives one class for each stable code from the kind that it belongs to, in its own
`errors.py`; the class carries code and HTTP status, its constructor makes the sentence, and the API's contract is
generated from both.
"""

from typing import ClassVar


class AutomartError(Exception):
    """Base of every error that the platform raises on purpose.

    `code` is stable and machine-readable (snake_case); `str(error)` is the sentence for people; `http_status` is how
    the API answers it.
    """

    code = "internal_error"
    http_status: ClassVar[int] = 500

    def __init__(self, detail: str, *, code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        if code is not None:
            self.code = code


class PermanentError(AutomartError):
    """A rerun cannot help."""


class InvalidInputError(PermanentError):
    """The caller's input is wrong; the detail says what would be right."""

    code = "invalid_input"
    http_status = 422


class RefusedFileError(InvalidInputError):
    """A feed file is refused as a whole: nothing of it was or will be applied."""

    code = "file_refused"


class UnauthenticatedError(PermanentError):
    """The caller has not said who asks, or not in a way that can be believed.

    `challenge` is the value of the WWW-Authenticate header, which HTTP asks for.
    """

    code = "unauthenticated"
    http_status = 401
    challenge: ClassVar[str] = "Bearer"


class ForbiddenError(PermanentError):
    """The caller is known and may not do this."""

    code = "forbidden"
    http_status = 403


class NotFoundError(PermanentError):
    """The thing asked for does not exist, or the caller may not know that it does."""

    code = "not_found"
    http_status = 404


class ConflictError(PermanentError):
    """The request is against the present state."""

    code = "conflict"
    http_status = 409


class RetryableError(AutomartError):
    """The same call may succeed later; `retry_after` says after how many seconds it is worth another try."""

    code = "temporarily_unavailable"
    http_status = 503
    retry_after: int = 5


class RateLimitedError(RetryableError):
    """The caller asks too often."""

    code = "rate_limited"
    http_status = 429

    def __init__(self, detail: str, *, code: str | None = None, retry_after: int = 60) -> None:
        super().__init__(detail, code=code)
        self.retry_after = retry_after
